import { z } from 'zod';
import { moment } from '#http';
import { secondsBetween, type Instant } from '#kernel';
import { ROLES } from '#policy';
import { statusOf, statusReasonOf, type Account } from './account.js';
import type { AccountRow } from './accounts.projection.js';

const quota = z.object({ allocated: z.number().nullable(), used: z.number() });

export const actionSchema = z
  .object({ name: z.string(), allowed: z.boolean(), code: z.string().optional() })
  .meta({ id: 'Action' });

/** An account as it is answered. Fields of parts that are not built yet are 0, `[]` or null. */
export const accountSchema = z
  .object({
    id: z.string(),
    number: z.number().nullable(),
    email: z.string(),
    username: z.string().nullable(),
    fullName: z.string().nullable(),
    company: z.string().nullable(),
    phone: z.string().nullable(),
    role: z.enum(ROLES),
    status: z.enum(['pending', 'active', 'inactive', 'blocked']),
    statusReason: z.string().nullable(),
    statusNote: z.string().nullable(),
    disabledUntil: moment.nullable(),
    test: z.boolean(),
    testExpiresAt: moment.nullable(),
    testSecondsLeft: z.number().nullable().optional(),
    plan: z.string(),
    addOns: z.array(z.string()),
    hasActiveSubscription: z.boolean(),
    quotas: z.object({ botSlots: quota, conversations: quota, teamMembers: quota }),
    overQuota: z.boolean(),
    channels: z.object({ whatsapp: z.number(), webchat: z.number(), instagram: z.number(), total: z.number() }),
    usage: z.null(),
    devices: z.number(),
    balance: z.object({ amount: z.number(), currency: z.string().nullable() }),
    utm: z.record(z.string(), z.string()).nullable(),
    attributes: z.record(z.string(), z.unknown()),
    comments: z.array(z.object({ text: z.string(), at: moment, author: z.object({ id: z.string().nullable() }) })).optional(),
    joinedAt: moment.nullable(),
    createdBy: z.object({ id: z.string().nullable(), fullName: z.string().nullable().optional() }),
    lastLoginAt: moment.nullable(),
    revision: z.number(),
    actions: z.array(actionSchema).optional(),
  })
  .meta({ id: 'Account' });
export type AccountView = z.input<typeof accountSchema>;

/** What a view is made of, whether it comes from the fold or from a row. */
type Source = Omit<AccountRow, 'listed' | 'companyKey' | 'utmSource' | 'utmMedium' | 'utmCampaign' | 'workspace'> & {
  readonly id: string;
};

function viewOf(source: Source): AccountView {
  const { id, number, username, fullName, company, phone, plan, test, testExpiresAt, joinedAt, lastLoginAt, revision, status } =
    source;
  const { statusReason, statusNote, disabledUntil, attributes, botSlots, conversations, teamMembers, utm } = source;
  return {
    id,
    number,
    email: source.email ?? '',
    username,
    fullName,
    company,
    phone,
    role: source.role as AccountView['role'],
    status,
    statusReason,
    statusNote,
    disabledUntil,
    test,
    testExpiresAt,
    plan,
    addOns: [],
    hasActiveSubscription: false,
    quotas: {
      botSlots: { allocated: botSlots, used: 0 },
      conversations: { allocated: conversations, used: 0 },
      teamMembers: { allocated: teamMembers, used: 0 },
    },
    overQuota: false,
    channels: { whatsapp: 0, webchat: 0, instagram: 0, total: 0 },
    usage: null,
    devices: 0,
    balance: { amount: 0, currency: null },
    utm: utm as Record<string, string> | null,
    attributes,
    joinedAt,
    createdBy: { id: source.createdBy },
    lastLoginAt,
    revision,
  };
}

/** The answer to a write: the fold of the account's own stream at that revision, and nothing that time or others would change in a repeat. */
export function writtenView(id: string, account: Account): AccountView {
  const { profile, quotas, role, plan, test, testExpiresAt, joinedAt, createdBy, createdAt, version } = account;
  const { email, username, fullName, company, phone, utm, comment } = profile;
  return viewOf({
    id,
    number: null,
    email,
    username,
    fullName,
    company,
    phone,
    utm: utm ? { ...utm } : null,
    comment,
    attributes: { ...profile.attributes },
    role,
    plan,
    ...quotas,
    test,
    testExpiresAt,
    status: statusOf(account),
    statusReason: statusReasonOf(account),
    statusNote: account.disabled?.note ?? null,
    disabledUntil: account.disabled?.until ?? null,
    joinedAt,
    createdBy,
    createdAt,
    lastLoginAt: null,
    revision: version,
  });
}

/** The account as a row of the list tells it, with what only reads have. */
export function readView(row: AccountRow & { id: string }, now: Instant, createdBy: string | null | undefined): AccountView {
  const left = row.testExpiresAt === null ? null : Math.max(0, secondsBetween(now, row.testExpiresAt));
  return { ...viewOf(row), testSecondsLeft: left, createdBy: { id: row.createdBy, fullName: createdBy ?? null } };
}

/** Comments are for staff only; the one given at creation is the first. */
export const commentsOf = (row: AccountRow): NonNullable<AccountView['comments']> =>
  row.comment === null ? [] : [{ text: row.comment, at: row.createdAt, author: { id: row.createdBy } }];
