import { accountStream, poolStream, type Resources } from '#commands';
import type { DomainEvent } from '#event-store';
import { answer, type Answer } from '#http';
import { poolOf } from '#workspaces';
import { mayEnter, type Account } from './account.js';
import { writtenView } from './account.view.js';
import type { AccountOutcome } from './change-account.js';
import { invitationOf } from './invitations.projection.js';
import type { InvitationView } from './invitations.dto.js';

/** The answer to a write: the account as the deciding event left it, or what a dry run found. */
export class AccountAnswers {
  constructor(private readonly resources: Resources) {}

  async account(workspace: string, id: string, outcome: AccountOutcome, status: 200 | 201 = 200): Promise<Answer> {
    if (outcome.kind === 'dry-run') return this.rehearsal(workspace, id, outcome);
    const location = status === 201 ? { location: `/v1/accounts/${id}` } : {};
    return answer(status, writtenView(id, outcome.state), {
      etag: outcome.state.version,
      position: outcome.position,
      ...location,
    });
  }

  async invitation(workspace: string, account: string, outcome: AccountOutcome, status: 200 | 201): Promise<Answer> {
    if (outcome.kind === 'dry-run') return this.rehearsal(workspace, account, outcome);
    const view = invitationView(account, outcome.state);
    const location = status === 201 ? { location: `/v1/invitations/${view.id}` } : {};
    return answer(status, view, { etag: outcome.state.version, position: outcome.position, ...location });
  }

  async nothing(workspace: string, id: string, outcome: AccountOutcome): Promise<Answer> {
    return outcome.kind === 'dry-run'
      ? this.rehearsal(workspace, id, outcome)
      : answer(204, undefined, { position: outcome.position });
  }

  /** The events that would be recorded, and what they would do to the pool and to who may enter. */
  private async rehearsal(workspace: string, id: string, { events, before, state, decision }: AccountOutcome): Promise<Answer> {
    const pool = poolStream(workspace);
    const stream = accountStream(workspace, id);
    const taken = (decision?.needs ?? []).reduce(
      (sum, need) => (need.kind === 'place' && need.resource === pool ? sum + need.amount : sum),
      0,
    );
    const kept = decision?.gives?.find(({ resource }) => resource === pool);
    const given = kept ? (before?.quotas.botSlots ?? 0) - kept.keep : 0;
    const { capacity, used } = await this.resources.load(pool);
    const after = used + taken - given;
    const enters = (account: Account | null): boolean => account !== null && mayEnter(account, '');
    return answer(200, {
      dryRun: true,
      events: eventsShown(stream, events),
      ...(taken === given
        ? {}
        : { pool: { before: poolOf({ capacity, used }).botSlots, after: poolOf({ capacity, used: after }).botSlots } }),
      ...(enters(before) === enters(state) ? {} : { access: { before: enters(before), after: enters(state) } }),
    });
  }
}

/** Ids of credentials and sessions mean nothing to a caller. */
const INTERNAL: readonly string[] = ['credential', 'session'];

/** Events of a dry run as its answer shows them. */
export const eventsShown = (stream: string, events: readonly DomainEvent[]): object[] =>
  events.map(({ type, data }) => ({
    type,
    stream,
    data: Object.fromEntries(Object.entries(data).filter(([name]) => !INTERNAL.includes(name))),
  }));

/** A pending invitation as its account's fold tells it: the answer to a write. */
export function invitationView(
  account: string,
  { invitation, profile, role, plan, quotas, test, testSeconds }: Account,
): InvitationView {
  if (!invitation) throw new Error('an account without an invitation has none to show');
  return {
    id: invitationOf(account),
    accountId: account,
    email: profile.email,
    fullName: profile.fullName,
    role,
    plan,
    botSlots: quotas.botSlots,
    test,
    testDays: testSeconds === null ? null : testSeconds / 86_400,
    state: invitation.state,
    invitedBy: { id: invitation.invitedBy },
    invitedAt: invitation.invitedAt,
    expiresAt: invitation.expiresAt,
    sentCount: invitation.generation,
    sentAt: invitation.sentAt,
    delivery: { state: 'queued', via: invitation.via },
  };
}
