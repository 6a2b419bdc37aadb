import { EventCodec, EventLog, MemoryEventStore, type ActorRole, type DomainEvent, type MetadataInput } from '#event-store';
import { Reads } from '#http';
import { PLATFORM, type JsonObject } from '#kernel';
import type { Filter, Find, Page, ReadStore, Row } from '#read-store';
import { memoryVault } from '#vault';
import { HistoryEntries, type Entry } from './history.entries.js';
import { historyProjection } from './history.projection.js';
import { ReadHistory, ReadHistoryHandler, type HistoryRequest } from './history.queries.js';
import { HistorySearch } from './history.search.js';
import { historyEvents } from './history.words.js';

const W = 'w1';
const [ADMIN, SARA, OMAR, OPERATOR] = ['a', 'c', 'd', 'e'].map((digit) => digit.repeat(32)) as [string, string, string, string];
const person = (id: string, workspace: string, fullName: string, role: string): Row => {
  const email = `${fullName.split(' ')[0]?.toLowerCase()}@northwind.test`;
  return { id, workspace, fullName, email, role, company: 'Acme' };
};
const PEOPLE = [
  person(ADMIN, W, 'Ada Admin', 'admin'),
  person(SARA, W, 'Sara North', 'user'),
  person(OMAR, W, 'Omar East', 'user'),
  person(OPERATOR, PLATFORM, 'Olga Above', 'operator'),
];

/** Rows in memory; finds as much as the history asks for. */
class Rows implements Pick<ReadStore, 'find' | 'getMany' | 'checkpoint' | 'reached'> {
  readonly collections = new Map<string, Map<string, Row>>();
  readonly calls: string[] = [];
  position = 0;
  behind = false;

  of(collection: string): Map<string, Row> {
    if (!this.collections.has(collection)) this.collections.set(collection, new Map<string, Row>());
    return this.collections.get(collection) as Map<string, Row>;
  }

  async getMany(collection: string, ids: readonly string[]): Promise<Map<string, Row>> {
    return new Map(ids.flatMap((id) => this.of(collection).get(id) ?? []).map((row) => [row.id, row]));
  }

  async find({ collection, filters, search = '', sort, limit }: Find): Promise<Page> {
    this.calls.push(`find ${collection}`);
    const passing = [...this.of(collection).values()]
      .filter((row) => filters.every((filter) => passes(row, filter)))
      .filter((row) => JSON.stringify(row).toLowerCase().includes(search.toLowerCase()))
      .sort((a, b) => Number(b[sort.field] ?? 0) - Number(a[sort.field] ?? 0));
    return { rows: passing.slice(0, limit), next: passing.length > limit ? 'more' : null };
  }

  async checkpoint() {
    this.calls.push('checkpoint');
    return { position: this.position, eventId: null };
  }

  async reached(): Promise<boolean> {
    this.calls.push('reached');
    return !this.behind;
  }
}

function passes(row: Row, filter: Filter): boolean {
  const value = (row[filter.field] ?? null) as string | number | null;
  if (filter.op === 'eq') return value === filter.value;
  if (filter.op === 'in') return filter.values.includes(value);
  if (value === null) return false;
  return value >= (filter.from ?? value) && (filter.to === undefined || value < (filter.to ?? value));
}

async function scene() {
  let minute = 0;
  const clock = (): string => new Date(Date.UTC(2026, 0, 31, 12, minute)).toISOString();
  const vault = memoryVault({ clock });
  const log = new EventLog(new MemoryEventStore({ clock, atomic: true }), new EventCodec(historyEvents, vault.keys));
  const rows = new Rows();
  for (const each of PEOPLE) {
    rows.of('accounts/list').set(each.id, each);
    await vault.keys.insert(each.id);
  }

  /** Records an event, a minute after the one before. */
  async function happens(event: DomainEvent, about: Partial<MetadataInput> = {}): Promise<number> {
    minute += 1;
    const { subject = SARA, workspace = W } = about;
    const stream = `account-${workspace}-${subject}`;
    const metadata: MetadataInput = {
      workspace,
      subject,
      actor: { id: ADMIN, role: 'admin', workspace },
      commandId: `command-${minute}`,
      correlationId: 'work-1',
      requestId: `request-${minute}`,
      origin: { address: '192.0.2.7', agent: 'Firefox' },
      at: clock(),
      ...about,
    };
    const expected = (await log.read(stream)).length - 1;
    const { position } = await log.append([{ stream, expected, workspace, events: [event], metadata }]);
    const [recorded] = await log.readAll(position - 1, 1);
    for (const change of recorded ? historyProjection.project(recorded, { number: null }) : []) {
      if (change.op === 'put') rows.of(`history/${change.collection}`).set(change.id, { ...change.row, id: change.id });
    }
    rows.position = position;
    return position;
  }

  const store = rows as Partial<ReadStore> as ReadStore;
  const handler = new ReadHistoryHandler(new Reads(store, vault), new HistorySearch(store), new HistoryEntries(store, vault));
  const usual = { workspace: W, account: null, filter: {}, limit: 50, reader: { account: ADMIN, staff: true }, minPosition: 0 };
  const read = (request: Partial<HistoryRequest> = {}) => handler.execute(new ReadHistory({ ...usual, ...request }));
  const find = async (filter: HistoryRequest['filter']) => (await read({ filter })).items.map(({ position }) => position);
  return { vault, rows, happens, read, find };
}

const by = (id: string | null, role: ActorRole) => ({ actor: { id, role, workspace: W } });
const disabled = (reason = 'overdue'): DomainEvent => ({
  type: 'UserDisabled',
  data: { from: 'active', kind: 'inactive', reason, note: 'pays late', until: null },
});
const enabled: DomainEvent = { type: 'UserEnabled', data: { from: 'inactive', to: 'active', cause: 'staff' } };
const changes = { fullName: { from: 'Sara North', to: 'Sara West' } };
const renamed: DomainEvent = { type: 'ProfileChanged', data: { fields: ['fullName'], changes } };
const impersonated: DomainEvent = {
  type: 'UserImpersonated',
  data: { session: 's1', staff: ADMIN, lifetimeSeconds: 1800, reason: 'asked for help' },
};
const positions = (items: readonly Entry[]): number[] => items.map(({ position }) => position);

describe('the history', () => {
  it('HIST-1 COR-16 tells who, with names as they are now, what, when, from where and in which request', async () => {
    const { happens, read, rows } = await scene();
    const position = await happens(disabled());
    rows.of('accounts/list').set(SARA, person(SARA, W, 'Sara West', 'user'));
    const { items } = await read();
    expect(items).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        at: '2026-01-31T12:01:00.000Z',
        kind: 'UserDisabled',
        summary: 'Disabled: payment overdue',
        actor: { id: ADMIN, fullName: 'Ada Admin', email: 'ada@northwind.test', role: 'admin' },
        subject: { id: SARA, fullName: 'Sara West', email: 'sara@northwind.test', role: 'user' },
        changes: [
          { field: 'status', from: 'active', to: 'inactive' },
          { field: 'note', from: null, to: 'pays late' },
        ],
        reason: 'overdue',
        address: '192.0.2.7',
        agent: 'Firefox',
        requestId: 'request-1',
        commandId: 'command-1',
        position,
      },
    ]);
  });

  it('HIST-1 names actors that are no accounts: nobody proven, and the system', async () => {
    const { happens, read } = await scene();
    await happens(
      { type: 'LoginFailed', data: { cause: 'invalid-credentials', address: '192.0.2.9', agent: 'curl' } },
      by(null, 'anonymous'),
    );
    await happens(enabled, { ...by(null, 'system'), origin: undefined });
    const [system, anonymous] = (await read()).items;
    expect(anonymous?.actor).toEqual({ id: null, fullName: null, email: null, role: 'anonymous' });
    expect(anonymous).toMatchObject({ address: '192.0.2.9', agent: 'curl', reason: 'invalid-credentials' });
    expect(system?.actor).toEqual({ id: null, fullName: null, email: null, role: 'system' });
    expect(system).not.toHaveProperty('address');
  });

  it('COR-16 shows the facts of a deleted account without anything personal', async () => {
    const { happens, read, rows, vault } = await scene();
    await happens(renamed, by(SARA, 'user'));
    await happens({ type: 'UserDeleted', data: { reason: 'left', status: 'active' } });
    await vault.keys.destroy(SARA);
    rows.of('accounts/list').delete(SARA);
    const { items } = await read({ account: SARA });
    const gone = { id: SARA, fullName: null, email: null, deleted: true };
    expect(items[1]).toMatchObject({
      summary: 'Changed full name',
      actor: { ...gone, role: 'user' },
      subject: { ...gone, role: null },
      changes: [{ field: 'fullName', from: null, to: null }],
    });
    expect(items.map(({ kind }) => kind)).toEqual(['UserDeleted', 'ProfileChanged']);
    expect(JSON.stringify(items[1])).not.toMatch(/Sara|192\.0|Firefox/);
  });

  it('COR-15 seals the address under the key of the actor: it goes with the actor, and stays when the subject goes', async () => {
    const { happens, read, vault } = await scene();
    await happens(disabled());
    await vault.keys.destroy(SARA);
    expect((await read()).items[0]).toMatchObject({ address: '192.0.2.7', reason: 'overdue' });
    await vault.keys.destroy(ADMIN);
    expect((await read()).items[0]).not.toHaveProperty('address');
  });

  it('AUTH-3 shows start, actions and end of an impersonation in the histories of customer and staff', async () => {
    const { happens, read } = await scene();
    const all = [
      await happens(impersonated),
      await happens(renamed, { onBehalfOf: SARA }),
      await happens({ type: 'ImpersonationEnded', data: { session: 's1', staff: ADMIN, cause: 'expired' } }, by(null, 'system')),
    ];
    await happens(disabled(), { subject: OMAR });
    const newestFirst = [...all].reverse();
    expect(positions((await read({ account: SARA })).items)).toEqual(newestFirst);
    const ofStaff = await read({ account: ADMIN });
    expect(positions(ofStaff.items)).toEqual(newestFirst);
    expect(ofStaff.items[1]).toMatchObject({
      actor: { id: ADMIN, role: 'admin' },
      onBehalfOf: { id: SARA, fullName: 'Sara North' },
    });
  });

  it('AUTH-3 finds in the history of staff what is filtered, and what it is the subject of itself', async () => {
    const { happens, read } = await scene();
    await happens(impersonated);
    const change = await happens(renamed, { onBehalfOf: SARA });
    const own = await happens(enabled, { subject: ADMIN });
    const find = async (filter: HistoryRequest['filter']) => positions((await read({ account: ADMIN, filter })).items);
    expect(await find({ kinds: ['ProfileChanged', 'UserEnabled'] })).toEqual([own, change]);
    expect(await find({ subject: SARA, kinds: ['ProfileChanged'] })).toEqual([change]);
    expect(await find({ search: 'ada', subject: ADMIN })).toEqual([own]);
  });

  it('shows an entry once that a release before linked to its subject as well', async () => {
    const { happens, read, rows } = await scene();
    const all = [await happens(disabled()), await happens(enabled)];
    for (const [id, row] of rows.of('history/entries')) rows.of('history/links').set(`${id}-${SARA}`, { ...row, account: SARA });
    expect(positions((await read({ account: SARA })).items)).toEqual([...all].reverse());
    const first = await read({ account: SARA, limit: 1 });
    expect(positions(first.items)).toEqual([all[1]]);
    expect(positions((await read({ account: SARA, limit: 1, before: first.next ?? 0 })).items)).toEqual([all[0]]);
  });

  it('AUTH-1 shows customers their history without notes of staff and without where staff sat', async () => {
    const { happens, read } = await scene();
    for (const event of [disabled(), impersonated]) await happens(event);
    await happens({ type: 'UserLoggedIn', data: { session: 's2', method: 'password' } }, by(SARA, 'user'));
    const { items } = await read({ account: SARA, reader: { account: SARA, staff: false } });
    const [login, entered, stopped] = items;
    expect(login).toMatchObject({ address: '192.0.2.7' });
    expect(entered).toMatchObject({ actor: { fullName: 'Ada Admin' }, reason: 'asked for help' });
    expect(entered).not.toHaveProperty('address');
    expect(stopped?.changes.map(({ field }) => field)).toEqual(['status']);
  });

  it('HIST-1 filters by actor, subject, kind and time', async () => {
    const { happens, find } = await scene();
    const first = await happens(disabled());
    const second = await happens(enabled, by(OPERATOR, 'operator'));
    const third = await happens(disabled(), { subject: OMAR });
    expect(await find({ actor: OPERATOR })).toEqual([second]);
    expect(await find({ subject: OMAR })).toEqual([third]);
    expect(await find({ kinds: ['UserEnabled'] })).toEqual([second]);
    expect(await find({ kinds: ['UserEnabled', 'UserDisabled'] })).toEqual([third, second, first]);
    expect(await find({ from: '2026-01-31T12:02:00.000Z', to: '2026-01-31T12:03:00.000Z' })).toEqual([second]);
  });

  it('HIST-1 searches kinds, codes, and people by present name or email, not sealed values', async () => {
    const { happens, find } = await scene();
    const first = await happens(disabled('abuse'));
    const second = await happens(enabled, { subject: OMAR, ...by(OPERATOR, 'operator') });
    const third = await happens({ type: 'RoleChanged', data: { from: 'user', to: 'manager', botSlots: 0 } }, { subject: OMAR });
    const fourth = await happens(enabled, by(OMAR, 'user'));
    const fifth = await happens(enabled, { subject: OMAR });
    expect(await find({ search: 'Role ch' })).toEqual([third]);
    expect(await find({ search: 'abuse' })).toEqual([first]);
    expect(await find({ search: 'MANAGER' })).toEqual([third]);
    expect(await find({ search: 'omar@' })).toEqual([fifth, fourth, third, second]);
    expect(await find({ search: 'acme' })).toEqual([]);
    expect(await find({ search: 'olga' })).toEqual([second]);
    expect(await find({ search: 'ada', subject: SARA })).toEqual([first]);
    expect(await find({ search: 'pays late' })).toEqual([]);
    expect(await find({ search: '  ' })).toEqual([fifth, fourth, third, second, first]);
  });

  it.each([{}, { search: 'north' }])(
    'HIST-1 goes through all pages, newest first, while entries are added (%j)',
    async (filter) => {
      const { happens, read } = await scene();
      const all: number[] = [];
      for (let i = 0; i < 5; i++) all.push(await happens(i % 2 ? disabled() : enabled));
      const seen: number[] = [];
      for (let before: number | null | undefined; before !== null;) {
        const page = await read({ account: SARA, limit: 2, filter, ...(before === undefined ? {} : { before }) });
        expect(page.items.length).toBeLessThanOrEqual(2);
        seen.push(...positions(page.items));
        before = page.next;
        await happens(disabled('other'));
      }
      expect(seen).toEqual([...all].reverse());
    },
  );

  it('shows nothing of another workspace', async () => {
    const { happens, read } = await scene();
    await happens(disabled(), { workspace: 'w2' });
    expect((await read()).items).toEqual([]);
    expect((await read({ account: SARA })).items).toEqual([]);
  });

  it('COR-21 reads how fresh the rows are before it reads them, and refuses to answer with less than was asked for', async () => {
    const { happens, read, rows } = await scene();
    const position = await happens(disabled());
    expect((await read({ minPosition: position })).position).toBe(position);
    expect(rows.calls).toEqual(['checkpoint', 'checkpoint', 'find history/entries']);
    await happens(enabled);
    rows.position = position;
    expect(positions((await read()).items)).toEqual([position]);
    rows.behind = true;
    await expect(read({ minPosition: 9 })).rejects.toMatchObject({ code: 'read-model-behind' });
  });

  it('stops where the vault knows neither key nor tombstone', async () => {
    const { happens, read, rows } = await scene();
    await happens(disabled());
    for (const row of rows.of('history/entries').values()) (row as JsonObject)['subject'] = 'f'.repeat(32);
    await expect(read()).rejects.toMatchObject({ name: 'MissingKey' });
  });

  it.each(['sealed', 'origin'])(
    'COR-20: stops where what is sealed is damaged (%s), and answers with no part of it',
    async (field) => {
      const { happens, read, rows } = await scene();
      await happens(disabled());
      for (const row of rows.of('history/entries').values()) (row as JsonObject)[field] = 'AAAA';
      await expect(read()).rejects.toMatchObject({ name: 'Unreadable' });
    },
  );
});
