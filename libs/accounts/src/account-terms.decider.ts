import { canonicalJson, refuse, refuseField } from '#kernel';
import { isStaff } from '#policy';
import { holdsSlots, statusOf, type Account } from './account.js';
import { sameEmail, sameUsername } from './account-life.decider.js';
import type { AccountCommand, AccountDecision, AccountFacts, Places } from './account.commands.js';
import type { AccountEvent, EditableField, FieldChange, Quotas } from './account.events.js';

type Command<Type extends AccountCommand['type']> = Extract<AccountCommand, { type: Type }>;

/** Seconds for which the link that confirms another email is good. */
export const EMAIL_LINK_SECONDS = 3_600;

export function setRole(account: Account, command: Command<'SetRole'>): AccountDecision {
  const { role: from, quotas } = account;
  const { role: to } = command;
  if (from === to) return { events: [] };
  if (account.test && isStaff(to)) throw refuseField('/role', 'invalid-value', 'a test account is never staff');
  const botSlots = isStaff(to) || account.test ? 0 : Math.max(quotas.botSlots, 1);
  return {
    events: [{ type: 'RoleChanged', data: { from, to, botSlots } }],
    ...slotsMoved(quotas.botSlots, botSlots),
    ...(from === 'owner' && statusOf(account) === 'active' ? { ownerLess: true } : {}),
    ...(to === 'owner' ? { ownerMore: true } : {}),
  };
}

export function assignPlan(account: Account, command: Command<'AssignPlan'>, facts: AccountFacts): AccountDecision {
  const { plan: to, reason } = command;
  if (!facts.plans.includes(to))
    throw refuse('unknown-plan', { errors: [{ pointer: '/plan', code: 'unknown-plan', message: 'no such plan' }] });
  return { events: account.plan === to ? [] : [{ type: 'PlanAssigned', data: { from: account.plan, to, reason } }] };
}

export function setQuotas(account: Account, command: Command<'SetQuotas'>): AccountDecision {
  const from = account.quotas;
  const to: Quotas = { ...from, ...command.quotas };
  if (!holdsSlots(account) && to.botSlots > 0)
    throw refuseField('/botSlots', 'invalid-value', 'test and staff accounts hold no bot slots');
  const same = to.botSlots === from.botSlots && to.conversations === from.conversations && to.teamMembers === from.teamMembers;
  if (same) return { events: [] };
  return { events: [{ type: 'QuotasChanged', data: { from, to } }], ...slotsMoved(from.botSlots, to.botSlots) };
}

/** More slots are a new claim for the difference; fewer keep the rest of the old ones. */
function slotsMoved(from: number, to: number): { takes?: Places; gives?: Places } {
  if (to > from) return { takes: { botSlots: to - from } };
  return to < from ? { gives: { botSlots: to } } : {};
}

/** Only what really differs is recorded, field by field with before and after. */
export function edit(account: Account, { changes: wanted, email }: Command<'Edit'>): AccountDecision {
  const profile = editProfile(account, wanted);
  if (email === undefined) return profile;
  const moved = email.confirmed ? emailMoved(account, email.to, 'set') : emailAsked(account, email.to);
  return {
    events: [...profile.events, ...moved.events],
    takes: { ...profile.takes, ...moved.takes },
    gives: { ...profile.gives, ...moved.gives },
  };
}

function editProfile(account: Account, wanted: Command<'Edit'>['changes']): AccountDecision {
  const changes: Partial<Record<EditableField, FieldChange>> = {};
  for (const [name, to] of Object.entries(wanted)) {
    const field = name as EditableField;
    const from = account.profile[field];
    if (to !== undefined && canonicalJson(from) !== canonicalJson(to)) changes[field] = { from, to };
  }
  const fields = Object.keys(changes) as EditableField[];
  if (fields.length === 0) return { events: [] };
  return { events: [{ type: 'ProfileChanged', data: { fields, changes } }], ...usernameMoved(changes.username) };
}

function usernameMoved(change: FieldChange | undefined): { takes?: Places; gives?: Places } {
  if (!change) return {};
  const from = typeof change.from === 'string' ? sameUsername(change.from) : null;
  const to = typeof change.to === 'string' ? sameUsername(change.to) : null;
  if (from === to) return {};
  return { ...(to === null ? {} : { takes: { username: to } }), ...(from === null ? {} : { gives: { username: from } }) };
}

/** The owner of the address confirms it by a link; until then nothing but the wish is recorded. */
function emailAsked(account: Account, email: string): AccountDecision {
  if (account.phase === 'pending') throw refuse('account-pending');
  if (email === account.profile.email) return { events: [] };
  const data = { generation: account.emailGeneration + 1, lifetimeSeconds: EMAIL_LINK_SECONDS, email };
  return { events: [{ type: 'EmailChangeRequested', data }] };
}

export function confirmEmail(account: Account, command: Command<'ConfirmEmail'>, facts: AccountFacts): AccountDecision {
  if (account.phase !== 'member') throw refuse('not-found');
  const { emailChange } = account;
  if (!emailChange || emailChange.generation !== command.generation) throw refuse('link-used');
  if (facts.now >= emailChange.expiresAt) throw refuse('link-expired');
  return emailMoved(account, emailChange.email, 'confirmed');
}

function emailMoved(account: Account, to: string, how: 'set' | 'confirmed'): AccountDecision {
  const from = account.profile.email;
  if (from === to) return { events: [] };
  const events: AccountEvent[] = [{ type: 'EmailChanged', data: { from, to, how } }];
  if (sameEmail(from) === sameEmail(to)) return { events };
  return { events, takes: { email: sameEmail(to) }, gives: { email: sameEmail(from) } };
}
