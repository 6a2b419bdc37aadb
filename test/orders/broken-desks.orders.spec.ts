import { careless, hasty, hintless, unfenced } from './broken-desks.js';
import { explore } from './orders.js';
import { claims, create, owners, type Scenario } from './scenarios.js';
import { SEED } from './settings.js';
import type { MakeDesk } from './world.js';

jest.setTimeout(600_000);

const ORDERS = 2_000;

const lastSlot: Scenario = {
  name: 'two creates for the last slot',
  slots: 1,
  given: [],
  processes: [
    { name: 'p', sends: [create('k', 'x', 1)] },
    { name: 'q', sends: [create('l', 'y', 1)] },
  ],
};
const named = (part: string): Scenario => [...claims, ...owners].find(({ name }) => name.includes(part))!;

interface Mutant {
  readonly rule: string;
  readonly desk: MakeDesk;
  readonly scenario: Scenario;
  readonly found: RegExp;
}

const mutants: readonly Mutant[] = [
  {
    rule: 'an old claim is taken over without being voided',
    desk: unfenced,
    scenario: lastSlot,
    found: /2 of 1 bot slots|of which 0 is counted/,
  },
  { rule: 'what was given up is never released by the sweep', desk: careless, scenario: lastSlot, found: /leaked/ },
  {
    rule: 'other owners are asked before the claim stands',
    desk: hasty,
    scenario: named('each demoted by the other'),
    found: /no active owner/,
  },
];

describe('the orders find a desk that leaves a rule out', () => {
  it.each(mutants)('COR-4 $rule', async ({ desk, scenario, found }) => {
    const { broken } = await explore(scenario, { orders: ORDERS, seed: SEED, desk });
    expect(broken?.what).toMatch(found);
  });

  it('and nothing wrong with one that leaves hints out', async () => {
    expect((await explore(lastSlot, { orders: 100, seed: SEED, desk: hintless })).broken).toBeNull();
  });
});
