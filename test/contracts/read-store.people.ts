import type { JsonObject } from '#kernel';
import type { Change, Collection, Filter, Find, ProjectionShape, Row } from '#read-store';

/** The read model that the suites of the read store write and read. */
export type Person = Row & {
  workspace: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  state: string;
  score: number | null;
  vip: boolean;
};

const list: Collection<Person> = {
  name: 'list',
  fields: { workspace: 'key', name: 'text', state: 'key', score: 'number', vip: 'flag' },
  indexes: [['workspace'], ['workspace', 'name'], ['workspace', 'score'], ['workspace', 'state', 'score']],
  search: { tenant: 'workspace', texts: ['name', 'email'], digits: ['phone'] },
  buckets: ({ workspace, state, vip }) => [
    `${workspace}/all`,
    `${workspace}/state:${state}`,
    ...(vip ? [`${workspace}/vip`] : []),
  ],
};

export const people = (version = 1, generation = 0): ProjectionShape => ({
  name: 'people',
  version,
  generation,
  collections: [list],
});

export const person = (id: string, fields: Partial<Person> = {}): Person => ({
  id,
  workspace: 'w',
  name: `Name ${id}`,
  email: null,
  phone: null,
  state: 'active',
  score: null,
  vip: false,
  ...fields,
});

export const put = (row: Person): Change => ({ op: 'put', collection: 'list', id: row.id, row });
export const set = (id: string, fields: JsonObject): Change => ({ op: 'set', collection: 'list', id, fields });
export const remove = (id: string): Change => ({ op: 'remove', collection: 'list', id });

export const inWorkspace: Filter = { field: 'workspace', op: 'eq', value: 'w' };

export const listOf = (query: Partial<Omit<Find, 'filters'>> & { filters?: readonly Filter[] } = {}): Find => ({
  collection: 'people/list',
  sort: { field: 'name', descending: false },
  limit: 50,
  ...query,
  filters: [inWorkspace, ...(query.filters ?? [])],
});
