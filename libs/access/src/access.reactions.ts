import type { EmailChangeRequested } from '#accounts';
import { accountOf, type Effect, type Reaction } from '#commands';
import type { Recorded } from '#event-store';
import type { Job } from '#jobs';
import { addSeconds, type Instant } from '#kernel';
import { barsManagers, type WorkspaceResumed, type WorkspaceSettingsChanged, type WorkspaceSuspended } from '#workspaces';
import { managersOf } from './entitlement.js';
import type { ApiKeyRevoked, PasswordResetRequested, UserImpersonated } from './access.events.js';

/** Jobs of this library. Their data are ids and generations; whoever is woken looks again. */
export const MAIL_RESET = 'mail.reset';
export const MAIL_EMAIL_CHANGE = 'mail.email-change';
export const END_IMPERSONATION = 'access.impersonation-end';
export const END_API_KEY = 'access.api-key-end';

type Known =
  | PasswordResetRequested
  | EmailChangeRequested
  | UserImpersonated
  | ApiKeyRevoked
  | WorkspaceSuspended
  | WorkspaceResumed
  | WorkspaceSettingsChanged;

/** What follows from log-ins, links and suspensions: mails, ends, and once more what had to be done before the answer. */
export const accessReaction: Reaction = (recorded) => {
  const { event, stream, revision, created } = recorded as Recorded<Known>;
  switch (event.type) {
    case 'WorkspaceSuspended':
      return [
        { kind: 'bar-keys', stream, revision, barred: true },
        { kind: 'end-sessions', stream, before: revision + 1, except: null },
      ];
    case 'WorkspaceResumed':
      return [{ kind: 'bar-keys', stream, revision, barred: false }];
    // Each request of theirs is refused by then; here they end, and the history tells it.
    case 'WorkspaceSettingsChanged':
      return barsManagers(event) ? [{ kind: 'end-sessions', stream: managersOf(stream), before: revision, except: null }] : [];
    case 'PasswordResetRequested':
      return [errand(recorded, MAIL_RESET, event.data.generation, { generation: event.data.generation })];
    case 'EmailChangeRequested':
      return [errand(recorded, MAIL_EMAIL_CHANGE, event.data.generation, { generation: event.data.generation })];
    case 'UserImpersonated': {
      const { session, staff, lifetimeSeconds } = event.data;
      return [wake(recorded, END_IMPERSONATION, session, addSeconds(created, lifetimeSeconds), { session, staff })];
    }
    case 'ApiKeyRevoked':
      return [errand(recorded, END_API_KEY, event.data.key, { key: event.data.key })];
  }
  return [];
};

type Data = Readonly<Record<string, string | number>>;

function woken({ stream }: Recorded, type: string, what: string | number, data: Data): { key: string; job: Job } {
  const place = accountOf(stream) ?? { workspace: '', account: '' };
  return { key: `${type}/${place.account}/${what}`, job: { type, data: { ...place, ...data } } };
}

const wake = (recorded: Recorded, type: string, what: string | number, at: Instant, data: Data): Effect => ({
  kind: 'wake',
  at,
  ...woken(recorded, type, what, data),
});

/** At once, and whatever becomes of the queue. */
const errand = (recorded: Recorded, type: string, what: string | number, data: Data): Effect => ({
  kind: 'errand',
  at: recorded.created,
  ...woken(recorded, type, what, data),
});
