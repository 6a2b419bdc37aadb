import { eventsShown, writtenView, type Account } from '#accounts';
import { answer, type Answer } from '#http';
import type { DomainEvent, Position } from '#event-store';
import type { Judgement } from './entitlement.js';
import type { SessionView } from './sessions.dto.js';
import type { Minted } from './session-desk.js';
import { nameOf } from './who-am-i.js';

interface Shown {
  readonly kind: 'done' | 'already' | 'nothing' | 'dry-run';
  readonly position: Position;
  readonly events: readonly DomainEvent[];
}

/** What a dry run found: the events that would be recorded. */
export const rehearsal = (stream: string, events: readonly DomainEvent[]): Answer =>
  answer(200, { dryRun: true, events: eventsShown(stream, events) });

/** The answer to an action on an account: the account, or what a dry run found. */
export function accountAnswer(id: string, state: Account, stream: string, { kind, events, position }: Shown): Answer {
  if (kind === 'dry-run') return rehearsal(stream, events);
  return answer(200, writtenView(id, state), { etag: state.version, position });
}

/** The answer to whoever has just got a session, or the next tokens of one. */
export function sessionAnswer(
  { token, refreshToken, session }: Minted,
  { account, state, facts }: Judgement,
  position?: Position,
): Answer {
  const view: SessionView = {
    token,
    refreshToken,
    expiresAt: session.expiresAt,
    account: writtenView(account, state),
    workspace: nameOf(facts),
    passwordChangeRequired: session.kind === 'password-change',
    totpRequired: false,
  };
  const written = position === undefined ? {} : { position, credential: session.id };
  return answer(201, view, { ...written, headers: { 'Cache-Control': 'no-store' } });
}
