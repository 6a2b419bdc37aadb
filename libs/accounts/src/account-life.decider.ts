import { refuse, refuseField, SECONDS_PER_DAY } from '#kernel';
import { isStaff } from '#policy';
import { holdsSlots, INVITATION_DAYS, statusOf, type Account, type Invitation } from './account.js';
import type { AccountCommand, AccountDecision, AccountFacts, NewAccount, Places } from './account.commands.js';
import type { MailVia, UserInvited, Utm } from './account.events.js';

/**
 * One email is one account: compared trimmed, after NFC, without case, and after NFC again: of J̌ only the small letter is one character, and what is
 * compared once must be what is compared twice. Frozen: addresses are claimed under it.
 */
export const sameEmail = (email: string): string => email.trim().normalize('NFC').toLowerCase().normalize('NFC');
export const sameUsername = sameEmail;

const LIFETIME = INVITATION_DAYS * SECONDS_PER_DAY;
type Command<Type extends AccountCommand['type']> = Extract<AccountCommand, { type: Type }>;

export function create(account: Account, command: Command<'Create'>, facts: AccountFacts): AccountDecision {
  if (account.phase !== 'absent') throw refuse('busy');
  const { credential, passwordChangeRequired } = command;
  const terms = termsOf(command.account, facts, command.first === true);
  return {
    events: [{ type: 'UserCreated', data: { ...command.account.profile, ...terms, credential, passwordChangeRequired } }],
    takes: placesOf(command.account, terms.quotas.botSlots),
    ...(terms.role === 'owner' ? { ownerMore: true } : {}),
  };
}

export function invite(account: Account, command: Command<'Invite'>, facts: AccountFacts): AccountDecision {
  if (account.phase !== 'absent') throw refuse('busy');
  const terms = termsOf(command.account, facts, false);
  const data: UserInvited['data'] = {
    ...command.account.profile,
    ...terms,
    invitation: command.invitation,
    generation: 1,
    lifetimeSeconds: LIFETIME,
    via: transport(command.via),
  };
  return {
    events: [{ type: 'UserInvited', data }],
    takes: placesOf(command.account, terms.quotas.botSlots),
    ...(terms.role === 'owner' ? { ownerMore: true } : {}),
  };
}

/** Another link with another seven days; what is expired or revoked is invited anew, as another account. */
export function resend(account: Account, { via }: Command<'Resend'>, facts: AccountFacts): AccountDecision {
  const invitation = pendingInvitation(account);
  if (facts.now >= invitation.expiresAt) throw refuse('invitation-expired');
  if (facts.domainMissing) throw facts.domainMissing;
  const data = { generation: invitation.generation + 1, lifetimeSeconds: LIFETIME, via: transport(via) };
  return { events: [{ type: 'InvitationResent', data }] };
}

/** Asked for last: without a domain a mail server alone is of no use. */
function transport(via: MailVia | null): MailVia {
  if (via) return via;
  throw refuse('smtp-not-configured', { detail: 'Set up a mail server for the workspace first.', href: '/v1/workspace/smtp' });
}

export function revoke(account: Account): AccountDecision {
  if (account.phase === 'released') return { events: [] };
  const { generation } = pendingInvitation(account);
  return { events: [{ type: 'InvitationRevoked', data: { generation } }], gives: everything(account) };
}

/** A due deadline: checked again, since the invitation may have been resent or accepted meanwhile. */
export function expireInvitation(account: Account, command: Command<'ExpireInvitation'>, facts: AccountFacts): AccountDecision {
  const { invitation } = account;
  const due = account.phase === 'pending' && invitation?.generation === command.generation && facts.now >= invitation.expiresAt;
  if (!due) return { events: [] };
  return { events: [{ type: 'InvitationExpired', data: { generation: command.generation } }], gives: everything(account) };
}

export function accept(account: Account, command: Command<'Accept'>, facts: AccountFacts): AccountDecision {
  const verdict = linkVerdict(account, command.generation, facts);
  if (verdict) throw verdict;
  const { generation, credential, fullName, utm } = command;
  return {
    events: [
      {
        type: 'InvitationAccepted',
        data: { generation, credential, fullName, utm: completed(account.profile.utm, utm), testSeconds: account.testSeconds },
      },
    ],
  };
}

/** Acceptance fills what the invitation left out, and changes nothing of what it had. Null: there is nothing new. */
function completed(known: Utm | null, given: Utm | null): Utm | null {
  const fresh = Object.keys(given ?? {}).some((name) => known?.[name as keyof Utm] === undefined);
  return fresh ? { ...given, ...known } : null;
}

/** Why a link of an invitation cannot be used; null while it can. */
export function linkVerdict(account: Account, generation: number, facts: Pick<AccountFacts, 'now'>) {
  const { invitation } = account;
  if (!invitation || generation > invitation.generation) return refuse('not-found');
  if (invitation.state === 'accepted') return refuse('invitation-used');
  if (invitation.state === 'expired') return refuse('invitation-expired');
  if (invitation.state === 'revoked' || generation < invitation.generation) return refuse('invitation-revoked');
  return facts.now >= invitation.expiresAt ? refuse('invitation-expired') : null;
}

export function activate(account: Account, command: Command<'Activate'>): AccountDecision {
  pendingInvitation(account);
  const { credential, passwordChangeRequired } = command;
  return { events: [{ type: 'UserActivated', data: { credential, passwordChangeRequired, testSeconds: account.testSeconds } }] };
}

/** For ever. What is pending is revoked. */
export function remove(account: Account, command: Command<'Delete'>): AccountDecision {
  const { confirm, reason, again = false } = command;
  if (!again && sameEmail(confirm) !== sameEmail(account.profile.email)) throw refuse('confirmation-mismatch');
  if (account.phase === 'pending') return revoke(account);
  const status = statusOf(account);
  return {
    events: [{ type: 'UserDeleted', data: { reason, status } }],
    gives: everything(account),
    ...(!again && account.role === 'owner' && status === 'active' ? { ownerLess: true } : {}),
  };
}

function pendingInvitation(account: Account): Invitation {
  const { invitation } = account;
  if (!invitation) throw refuse('not-found');
  if (account.phase === 'member' || account.phase === 'deleted') throw refuse('invitation-used');
  if (invitation.state === 'expired') throw refuse('invitation-expired');
  if (invitation.state === 'revoked') throw refuse('invitation-revoked');
  return invitation;
}

/** Everything that an account holds and gives back when it ends. */
const everything = (account: Account): Places => ({
  email: sameEmail(account.profile.email),
  ...(account.profile.username === null ? {} : { username: sameUsername(account.profile.username) }),
  botSlots: 0,
});

function termsOf(wanted: NewAccount, facts: AccountFacts, first: boolean) {
  if (!facts.plans.includes(wanted.plan))
    throw refuse('unknown-plan', { errors: [{ pointer: '/plan', code: 'unknown-plan', message: 'no such plan' }] });
  const { role, plan, test, conversations, teamMembers } = wanted;
  if (test && isStaff(role)) throw refuseField('/test', 'invalid-value', 'a test account is never staff');
  const slots = holdsSlots(wanted) ? (wanted.botSlots ?? 1) : 0;
  if (!holdsSlots(wanted) && (wanted.botSlots ?? 0) > 0)
    throw refuseField('/botSlots', 'invalid-value', 'test and staff accounts hold no bot slots');
  if (!first && facts.domainMissing) throw facts.domainMissing;
  const testSeconds = test ? (wanted.testDays as number) * SECONDS_PER_DAY : null;
  return { role, plan, test, testSeconds, quotas: { botSlots: slots, conversations, teamMembers } };
}

const placesOf = ({ profile }: NewAccount, botSlots: number): Places => ({
  email: sameEmail(profile.email),
  ...(profile.username === null ? {} : { username: sameUsername(profile.username) }),
  ...(botSlots > 0 ? { botSlots } : {}),
});
