import { accountOf, accountStream, type Effect, type Reaction } from '#commands';
import type { Recorded } from '#event-store';
import { addSeconds, type Instant } from '#kernel';
import { accountEvents, TERMINAL, type AccountEvent } from './account.events.js';
import type { TimerKind } from './timers.projection.js';

/** Jobs of accounts. Their data are ids and generations; whoever is woken looks at the account again. */
export const DEADLINE = 'account.deadline';
export const SEND_INVITATION = 'mail.invitation';

const deadlineKey = (kind: TimerKind, account: string): string => `${kind}/${account}`;

/** What follows from an event of an account: wake-ups for its deadlines, mails, and once more the end of what it ended. */
export const accountReaction: Reaction = (recorded) => {
  const place = accountOf(recorded.stream);
  if (!place || recorded.stream !== accountStream(place.workspace, place.account) || !TYPES.has(recorded.event.type)) return [];
  const known = recorded as Recorded<AccountEvent>;
  return [...deadlines(known, place), ...mails(known, place), ...endings(known, place), ...releases(known, place)];
};

const TYPES = new Set<string>(accountEvents.map(({ type }) => type));

interface Place {
  readonly workspace: string;
  readonly account: string;
}

function deadlines({ event, created }: Recorded<AccountEvent>, { workspace, account }: Place): Effect[] {
  const wake = (kind: TimerKind, at: Instant, generation = 0): Effect => ({
    kind: 'wake',
    key: deadlineKey(kind, account),
    at,
    job: { type: DEADLINE, data: { workspace, account, kind, at, generation } },
  });
  const sleep = (kind: TimerKind): Effect => ({ kind: 'sleep', key: deadlineKey(kind, account) });
  const testEnds = (seconds: number | null): Effect[] =>
    seconds === null ? [] : [wake('test-expires', addSeconds(created, seconds))];
  switch (event.type) {
    case 'UserCreated':
    case 'TestExtended':
      return testEnds(event.data.testSeconds);
    case 'UserInvited':
    case 'InvitationResent':
      return [wake('invitation-expires', addSeconds(created, event.data.lifetimeSeconds), event.data.generation)];
    case 'InvitationAccepted':
    case 'UserActivated':
      return [sleep('invitation-expires'), ...testEnds(event.data.testSeconds)];
    case 'UserConverted':
      return [sleep('test-expires')];
    case 'UserDisabled':
      return event.data.until === null ? [sleep('block-ends')] : [wake('block-ends', event.data.until)];
    case 'UserEnabled':
      return [sleep('block-ends')];
    case 'UserDeleted':
    case 'InvitationRevoked':
    case 'InvitationExpired':
      return [sleep('invitation-expires'), sleep('test-expires'), sleep('block-ends')];
    case 'TestExpired':
    case 'RoleChanged':
    case 'PasswordChanged':
    case 'PasswordChangeRequired':
    case 'ProfileChanged':
    case 'EmailChanged':
    case 'EmailChangeRequested':
    case 'PlanAssigned':
    case 'QuotasChanged':
      return [];
  }
}

function mails({ event, created }: Recorded<AccountEvent>, { workspace, account }: Place): Effect[] {
  if (event.type !== 'UserInvited' && event.type !== 'InvitationResent') return [];
  const job = { type: SEND_INVITATION, data: { workspace, account, generation: event.data.generation } };
  return [{ kind: 'wake', key: invitationMailKey(account), at: created, job }];
}

export const invitationMailKey = (account: string): string => `${SEND_INVITATION}/${account}`;

/** What an account that goes on has given up is released once more: the process may have died before its follow-ups. */
function releases({ event, stream, metadata }: Recorded<AccountEvent>, { workspace }: Place): Effect[] {
  const ended = TERMINAL.some((type) => type === event.type);
  const given = Object.keys(metadata.claims?.kept ?? {}).length > 0;
  return given && !ended ? [{ kind: 'settle-claims', workspace, stream }] : [];
}

/** COR-7: the process that appended may have died before it ended what the event ends. */
function endings({ event, stream, revision }: Recorded<AccountEvent>, { workspace, account }: Place): Effect[] {
  const end = (except: string | null = null): Effect => ({ kind: 'end-sessions', stream, before: revision, except });
  const bar = (barred: boolean): Effect => ({ kind: 'bar-keys', stream, revision, barred });
  const gone: Effect[] = [
    { kind: 'erase', workspace, account },
    { kind: 'settle-claims', workspace, stream },
  ];
  switch (event.type) {
    case 'PasswordChanged':
      return [end(event.data.session)];
    case 'RoleChanged':
    case 'PasswordChangeRequired':
      return [end()];
    case 'UserDisabled':
    case 'TestExpired':
      return [end(), bar(true)];
    case 'UserEnabled':
      return event.data.to === 'active' ? [bar(false)] : [];
    case 'TestExtended':
    case 'UserConverted':
      return event.data.status === 'active' ? [bar(false)] : [];
    case 'UserDeleted':
      return [end(), bar(true), ...gone];
    case 'InvitationRevoked':
    case 'InvitationExpired':
      return [end(), ...gone];
    case 'UserCreated':
    case 'UserInvited':
    case 'InvitationResent':
    case 'InvitationAccepted':
    case 'UserActivated':
    case 'ProfileChanged':
    case 'EmailChanged':
    case 'EmailChangeRequested':
    case 'PlanAssigned':
    case 'QuotasChanged':
      return [];
  }
}
