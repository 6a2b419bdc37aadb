import { Deadlines, InvitationMailer } from '#accounts';
import { projections } from '#profile';
import type { Collection, Filter, Find } from '#read-store';
import { at, type Api } from '../support/api.js';
import { expectStatus, makePlace, type Place } from '../support/place.js';
import { Whitebook } from '../support/whitebook.js';

type Asked = Pick<Find, 'collection' | 'filters' | 'search'> & Partial<Pick<Find, 'sort'>>;

const collections = new Map<string, Collection>(
  projections.flatMap(({ name, collections }) =>
    collections.map((collection) => [`${name}/${collection.name}`, collection as Collection] as const),
  ),
);

/** Fields with one given value each. */
const equal = (filters: readonly Filter[]): string[] => filters.flatMap(({ op, field }) => (op === 'eq' ? [field] : []));

/** A declared index whose fields are given one value each, and the last of which is the order. */
const inOrder = ({ indexes }: Collection, { filters }: Asked, sortField: string): readonly string[] | null => {
  const given = equal(filters);
  return (
    indexes.find((fields) => fields.at(-1) === sortField && fields.slice(0, -1).every((field) => given.includes(field))) ?? null
  );
};
/** Whether an index leads to the rows of one tenant, or of one kind; searches have one of their own, led by the tenant. */
function isLed({ indexes, search }: Collection, { filters, search: text }: Asked): boolean {
  const given = equal(filters);
  return text === undefined ? indexes.some(([first]) => given.includes(first ?? '')) : given.includes(search?.tenant ?? '');
}

describe('every list and search is served by a declared index', () => {
  let whitebook: Whitebook;
  let place: Place;
  let owner: Api;
  const asked: Asked[] = [];

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    place = await makePlace(whitebook);
    owner = place.owner;
    const { readStore } = whitebook.parts;
    for (const method of ['find', 'count', 'tally', 'groups'] as const) {
      const read = readStore[method].bind(readStore) as (query: Asked, ...rest: unknown[]) => Promise<never>;
      jest.spyOn(readStore, method).mockImplementation((query: Asked, ...rest: unknown[]) => {
        asked.push(query);
        return read(query, ...rest);
      });
    }
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await whitebook.stop();
    await whitebook.remove();
  });

  /** What the read store is asked while something is done. */
  async function askedBy(work: () => Promise<unknown>): Promise<readonly Asked[]> {
    asked.length = 0;
    await work();
    expect(asked.length).toBeGreaterThan(0);
    return [...asked];
  }
  const askedFor = (api: Api, path: string): Promise<readonly Asked[]> =>
    askedBy(async () => expectStatus(await api.get(path), 200));

  function expectInOrder(queries: readonly Asked[]): void {
    for (const query of queries) {
      const by = inOrder(collections.get(query.collection) as Collection, query, query.sort?.field ?? '');
      expect({ query, by }).toEqual({ query, by: expect.any(Array) });
    }
  }
  function expectLed(queries: readonly Asked[]): void {
    for (const query of queries)
      expect({ query, isLed: isLed(collections.get(query.collection) as Collection, query) }).toEqual({ query, isLed: true });
  }

  it('accounts, in the order of every column that they can be sorted by', async () => {
    const { parameters } = at(await owner.get('/openapi.json'), 'paths./v1/accounts.get') as {
      parameters: { name: string; schema: { enum: string[] } }[];
    };
    const sorts = parameters.find(({ name }) => name === 'sort')?.schema.enum ?? [];
    expect(sorts.length).toBeGreaterThan(20);
    for (const sort of sorts) expectInOrder(await askedFor(owner, `/v1/accounts?sort=${sort}`));
  });

  it.each(['invitations', 'timers', 'workspace/pool/allocations', 'history'])('%s, in their order', async (path) => {
    expectInOrder(await askedFor(owner, `/v1/${path}`));
  });

  it('workspaces, in their order', async () => {
    expectInOrder(await askedFor(place.operator, '/v1/workspaces'));
  });

  it('what is due, in its order', async () => {
    const [deadlines, mailer] = [Deadlines, InvitationMailer].map((part) =>
      whitebook.app.get<{ sweep(): Promise<unknown> }>(part, { strict: false }),
    );
    expectInOrder(await askedBy(async () => deadlines?.sweep()));
    expectInOrder(await askedBy(async () => mailer?.sweep()));
  });

  it('filters, searches, counts and groups, within the tenant', async () => {
    const filters = [
      'status=all',
      'status=inactive,pending',
      'search=an',
      'test=true',
      'role=user&plan=standard',
      'joinedFrom=2026-01-01T00:00:00Z',
    ];
    for (const filter of filters) {
      expectLed(await askedFor(owner, `/v1/accounts?${filter}`));
      expectLed(await askedFor(owner, `/v1/accounts/summary?${filter.replace(/status=[^&]*/, 'search=b')}`));
    }
    expectLed(await askedFor(owner, '/v1/companies?search=a'));
    expectLed(await askedFor(owner, '/v1/history?search=owner'));
    expectLed(await askedFor(owner, '/v1/invitations?state=pending,accepted'));
  });
});
