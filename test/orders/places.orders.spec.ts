import { Places } from './places.js';
import { ordersOf, SEED } from './settings.js';

jest.setTimeout(3_600_000);

const UNAVAILABLE = 'error: StoreUnavailable: full';

it('WS-8 COR-2 COR-26: places that are planned behind what is under way are never more than there are, and none is lost or refused for nothing, whatever fails or dies', async () => {
  const answers = new Set<string>();
  for (let seed = SEED; seed < SEED + ordersOf(200); seed++) {
    const places = new Places(seed);
    await places.run();
    for (const answer of places.answers.keys()) answers.add(answer);
    expect({ seed, wrong: places.wrong }).toEqual({ seed, wrong: [] });
  }
  const all = [
    'done',
    'already',
    'nothing',
    'no-free-bot-slot',
    'email-taken',
    'pool-below-allocated',
    'last-owner',
    UNAVAILABLE,
  ];
  // few orders need not meet everything
  expect(ordersOf(200) < 200 ? [] : all.filter((answer) => !answers.has(answer))).toEqual([]);
});
