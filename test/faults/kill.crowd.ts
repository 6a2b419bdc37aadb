import type { Api, Reply } from '../support/api.js';
import type { Program } from '../program/program.js';
import { OPERATOR } from '../program/program.js';
import { all, expectBooks, makeBrand } from './brand.js';
import { Client } from './kill.client.js';
import { living } from './kill.model.js';
import { chance } from './sizes.js';

const SLOTS = 30;

export interface CrowdOptions {
  readonly clients: number;
  /** Of those, who work as the operator: they suspend workspaces and change pools too. */
  readonly operated: number;
  readonly seed: number;
  /** Whether an answer says that nobody knows what became of a command. Default: none does. */
  readonly isAway?: (reply: Reply) => boolean;
}

export interface Crowd {
  readonly clients: readonly Client[];
  /** The operator's token. */
  readonly operator: string;
}

const tokenOf = ({ fixed }: Api): string => (fixed['authorization'] ?? '').slice('Bearer '.length);

/** Clients that have every kind of command done, each in a workspace of its own. */
export async function makeCrowd(program: Program, folder: string, options: CrowdOptions): Promise<Crowd> {
  const by = await program.signIn(OPERATOR);
  const operator = tokenOf(by);
  const random = chance(options.seed);
  const clients: Client[] = [];
  for (let n = 0; n < options.clients; n++) {
    const { id, slug, owner } = await makeBrand(program, `brand-${n}`, SLOTS, by);
    let names = 0;
    const hand = {
      place: {
        ...{ id, slug, people: [], domain: 'verified' as const, suspended: false },
        ...{ timeZone: 'UTC', productName: null, smtpPort: null, slots: SLOTS },
      },
      folder,
      operated: n < options.operated,
      chance: chance(Math.floor(random() * 2 ** 32)),
      fresh: (what: string) => `${what}${n}-${++names}`,
    };
    clients.push(new Client(hand, n < options.operated ? operator : tokenOf(owner), options.isAway));
  }
  return { clients, operator };
}

export const acknowledged = (clients: readonly Client[]): number => sum(clients.flatMap(({ done }) => Object.values(done)));
export const complaintsOf = (clients: readonly Client[]): string[] => clients.flatMap(({ complaints }) => complaints);
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** What became of the commands that had no answer. */
export const cutOf = (clients: readonly Client[]): { before: number; after: number } => ({
  before: sum(clients.map(({ cut }) => cut.before)),
  after: sum(clients.map(({ cut }) => cut.after)),
});

/** The lists of each workspace name those whom its client knows, once each; what will happen by itself is kept. */
export async function expectWhole(root: Api, client: Client): Promise<void> {
  const by = client.by(root);
  await expectBooks(by);
  const people = living(client.place);
  const listed = (await all(by, '/v1/accounts?status=all&fields=id,number')).map(({ id }) => String(id));
  const owner = listed.filter((id) => !people.some((person) => person.id === id));
  expect(owner).toHaveLength(1);
  expect(listed).toHaveLength(people.length + 1);
  const due = people.flatMap(({ id, status, test }) =>
    status === 'pending' ? [`invitation-expires ${id}`] : test ? [`test-expires ${id}`] : [],
  );
  const timers = (await all(by, '/v1/timers')).map(({ kind, subject }) => `${String(kind)} ${String(subject)}`);
  expect(timers.filter((timer) => !timer.startsWith('reset-link-ends')).sort()).toEqual(due.sort());
}
