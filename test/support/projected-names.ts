import type { Metadata, Recorded, StoredEvent } from '#event-store';
import type { Projection } from '#read-store';

export type Fact = { readonly type: string; readonly account: string; readonly name?: string };

export const created = (account: string, name = account): Fact => ({ type: 'Created', account, name });
export const renamed = (account: string, name: string): Fact => ({ type: 'Renamed', account, name });
export const deleted = (account: string): Fact => ({ type: 'Deleted', account });
export const ignored: Fact = { type: 'Ignored', account: 'nobody' };

/** A log in memory, and how it is decoded; single events can be made unreadable. */
export class TestLog {
  events: StoredEvent[] = [];
  readonly unreadable = new Map<number, Error>();
  decoded = 0;

  constructor(...facts: Fact[]) {
    this.append(...facts);
  }

  append(...facts: Fact[]): void {
    for (const { type, account, name } of facts) {
      const position = this.events.length + 1;
      const metadata = JSON.stringify({ workspace: 'w', subject: account === 'nobody' ? null : account });
      const place = {
        stream: `account-${account}`,
        revision: 0,
        position,
        created: '2026-01-01T00:00:00.000Z',
        workspace: 'w',
        number: position,
      };
      this.events.push({
        ...place,
        id: `${account}-${position}`,
        type,
        data: JSON.stringify({ name }),
        metadata,
        leaf: '',
        chain: '',
      });
    }
  }

  async at(position: number): Promise<StoredEvent | null> {
    return this.events.find((event) => event.position === position) ?? null;
  }

  async readAll(after: number, limit: number): Promise<StoredEvent[]> {
    return this.events.filter(({ position }) => position > after).slice(0, limit);
  }

  async head(): Promise<number> {
    return this.events.length;
  }

  readonly decode = async (stored: readonly StoredEvent[]): Promise<Recorded[]> => {
    this.decoded += stored.length;
    return stored.map((event) => {
      const error = this.unreadable.get(event.position);
      if (error) throw error;
      const { leaf: _leaf, chain: _chain, type, data, metadata, ...place } = event;
      const clear = JSON.parse(data) as { name: string };
      return {
        ...place,
        event: { type, data: clear },
        metadata: JSON.parse(metadata) as Metadata,
        clear,
        sealed: null,
        erased: false,
      };
    });
  };
}

/** Names of accounts, with their numbers in the list. `poison` says which event cannot be handled. */
export const names = (poison: (name: string) => boolean = () => false, name = 'names'): Projection => ({
  name,
  version: 1,
  collections: [{ name: 'list', fields: { number: 'number' }, indexes: [] }],
  unparkable: ['Deleted'],
  numbered: ({ type, workspace }) => (type === 'Created' ? workspace : null),
  project({ event, metadata }, { number }) {
    const id = metadata.subject ?? '';
    const data = event.data as { name: string };
    if (event.type !== 'Deleted' && poison(data.name)) throw new TypeError(`cannot handle ${data.name}`);
    if (event.type === 'Created') return [{ op: 'put', collection: 'list', id, row: { name: data.name, number } }];
    if (event.type === 'Renamed') return [{ op: 'set', collection: 'list', id, fields: { name: data.name } }];
    return event.type === 'Deleted' ? [{ op: 'remove', collection: 'list', id }] : [];
  },
});
