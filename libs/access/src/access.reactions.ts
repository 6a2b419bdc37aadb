import type { EmailChangeRequested } from '#accounts';
import { accountOf, type Effect, type Reaction } from '#commands';
import type { Recorded } from '#event-store';
import { addSeconds } from '#kernel';
import type { WorkspaceResumed, WorkspaceSuspended } from '#workspaces';
import type { ApiKeyRevoked, PasswordResetRequested, UserImpersonated } from './access.events.js';

/** Jobs of this library. Their data are ids and generations; whoever is woken looks again. */
export const MAIL_RESET = 'mail.reset';
export const MAIL_EMAIL_CHANGE = 'mail.email-change';
export const END_IMPERSONATION = 'access.impersonation-end';
export const END_API_KEY = 'access.api-key-end';

type Known =
  PasswordResetRequested | EmailChangeRequested | UserImpersonated | ApiKeyRevoked | WorkspaceSuspended | WorkspaceResumed;

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
    case 'PasswordResetRequested':
      return [wake(recorded, MAIL_RESET, event.data.generation, created, { generation: event.data.generation })];
    case 'EmailChangeRequested':
      return [wake(recorded, MAIL_EMAIL_CHANGE, event.data.generation, created, { generation: event.data.generation })];
    case 'UserImpersonated': {
      const { session, staff, lifetimeSeconds } = event.data;
      return [wake(recorded, END_IMPERSONATION, session, addSeconds(created, lifetimeSeconds), { session, staff })];
    }
    case 'ApiKeyRevoked':
      return [wake(recorded, END_API_KEY, event.data.key, created, { key: event.data.key })];
  }
  return [];
};

function wake(
  { stream }: Recorded,
  type: string,
  what: string | number,
  at: string,
  data: Readonly<Record<string, string | number>>,
): Effect {
  const place = accountOf(stream) ?? { workspace: '', account: '' };
  return { kind: 'wake', key: `${type}/${place.account}/${what}`, at, job: { type, data: { ...place, ...data } } };
}
