import type { ActorRole, Metadata, Recorded } from '#event-store';
import type { JsonObject } from '#kernel';
import { historyProjection } from './history.projection.js';
import { historyEvents } from './history.words.js';

const WORKSPACE = 'w1';
const STAFF = 'a'.repeat(32);
const CUSTOMER = 'c'.repeat(32);
const NOON = '2026-01-31T12:00:00.000Z';

const by = (id: string | null, role: ActorRole, workspace = WORKSPACE) => ({ id, role, workspace });

function recorded(
  type: string,
  clear: JsonObject,
  about: Partial<Metadata> = {},
  stream = `account-${WORKSPACE}-${CUSTOMER}`,
): Recorded {
  const metadata: Metadata = {
    workspace: WORKSPACE,
    subject: CUSTOMER,
    actor: by(STAFF, 'admin'),
    commandId: 'command-1',
    correlationId: 'request-1',
    requestId: 'request-1',
    at: NOON,
    schemaVersion: 1,
    origin: 'sealed-origin',
    ...about,
  };
  return {
    event: { type, data: { ...clear, note: 'pays late' } },
    id: 'event-7',
    stream,
    revision: 3,
    position: 7,
    created: NOON,
    workspace: WORKSPACE,
    number: 5,
    metadata,
    clear,
    sealed: 'sealed-data',
    erased: false,
  };
}

const project = (event: Recorded) => historyProjection.project(event, { number: null });
/** In whose histories it stands: its subject's without a link. */
const toldOf = (event: Recorded) =>
  project(event).flatMap((change) =>
    change.op === 'put' ? [change.row[change.collection === 'links' ? 'account' : 'subject']] : [],
  );

const disabled = { from: 'active', kind: 'blocked', reason: 'overdue', until: null };

describe('the history projection', () => {
  it('HIST-1 COR-16 keeps an entry as ids, codes and sealed bytes, and nothing personal in the clear', () => {
    const shared = {
      workspace: WORKSPACE,
      position: 7,
      at: NOON,
      kind: 'UserDisabled',
      subject: CUSTOMER,
      actor: STAFF,
      reason: 'overdue',
      result: 'blocked',
    };
    const id = '0000000000000007';
    expect(project(recorded('UserDisabled', disabled))).toEqual([
      {
        op: 'put',
        collection: 'entries',
        id,
        row: {
          ...shared,
          eventId: 'event-7',
          actorRole: 'admin',
          onBehalfOf: null,
          data: disabled,
          sealed: 'sealed-data',
          origin: 'sealed-origin',
          schemaVersion: 1,
          requestId: 'request-1',
          commandId: 'command-1',
        },
      },
    ]);
  });

  it('AUTH-3 keeps of a link what a history is filtered by', () => {
    const [, link] = project(recorded('UserImpersonated', { staff: STAFF, reason: 'asked for help' }));
    const id = `0000000000000007-${STAFF}`;
    const shared = { workspace: WORKSPACE, position: 7, at: NOON, kind: 'UserImpersonated', subject: CUSTOMER, actor: STAFF };
    const row = { ...shared, reason: 'asked for help', result: null, account: STAFF };
    expect(link).toEqual({ op: 'put', collection: 'links', id, row });
  });

  it('COR-16 never holds what an event says of a person', () => {
    expect(JSON.stringify(project(recorded('UserDisabled', disabled)))).not.toContain('pays late');
  });

  it('HIST-1 COR-20 keeps a delete as a fact beside all others, and removes nothing', () => {
    const changes = project(recorded('UserDeleted', { reason: 'left', status: 'active' }));
    expect(changes.map(({ op, collection }) => [op, collection])).toEqual([['put', 'entries']]);
  });

  it('AUTH-3 puts what happens under impersonation into the histories of both', () => {
    const change = recorded('ProfileChanged', { fields: ['phone'] }, { onBehalfOf: CUSTOMER });
    expect(toldOf(change)).toEqual([CUSTOMER, STAFF]);
  });

  it.each([
    ['start', recorded('UserImpersonated', { staff: STAFF })],
    ['end by staff', recorded('ImpersonationEnded', { staff: STAFF, cause: 'exit' })],
    ['end by time', recorded('ImpersonationEnded', { staff: STAFF, cause: 'expired' }, { actor: by(null, 'system') })],
  ])('AUTH-3 puts the %s of an impersonation into the histories of both', (_, event) =>
    expect(toldOf(event)).toEqual([CUSTOMER, STAFF]),
  );

  it('AUTH-3 keeps what staff does without impersonation in the history of its subject alone', () => {
    expect(toldOf(recorded('UserDisabled', disabled))).toEqual([CUSTOMER]);
  });

  it('links an event of the workspace to no account', () => {
    const event = recorded('PoolChanged', { from: 1, to: 2 }, { subject: WORKSPACE }, `workspace-${WORKSPACE}`);
    expect(toldOf(event)).toEqual([WORKSPACE]);
  });

  it('HIST-1 keeps what is about nobody known, such as a failed log-in', () => {
    const event = recorded('LoginFailed', { cause: 'invalid-credentials' }, { subject: null, actor: by(null, 'anonymous') });
    expect(project(event)).toMatchObject([
      { collection: 'entries', row: { subject: null, actor: null, actorRole: 'anonymous', reason: 'invalid-credentials' } },
    ]);
  });

  it.each(['ClaimTaken', 'ClaimSettled', 'ClaimReleased', 'ClaimVoided', 'OwnerListed', 'PoolResized'])(
    'COR-21 leaves out %s, which only keeps the books between streams',
    (type) => expect(project(recorded(type, {}, { subject: null }, `pool-${WORKSPACE}`))).toEqual([]),
  );

  it('COR-21 leaves out the streams of the installation itself', () => {
    expect(project(recorded('Ticked', {}, { subject: null }, 'clock'))).toEqual([]);
  });

  it('COR-20 parks no event that it tells', () => {
    expect(historyProjection.unparkable).toEqual(historyEvents.map(({ type }) => type));
  });

  it('gives rows in the order of positions by their ids', () => {
    const ids = [9, 10, 123456].map((position) => project({ ...recorded('UserEnabled', {}), position })[0]?.id ?? '');
    expect([...ids].sort()).toEqual(ids);
  });
});
