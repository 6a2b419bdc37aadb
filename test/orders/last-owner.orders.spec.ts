import { explore } from './orders.js';
import { owners } from './scenarios.js';
import { ordersOf, SEED } from './settings.js';

jest.setTimeout(3_600_000);

describe('the last owner, between processes that may stop anywhere', () => {
  it.each(owners)('$name', async (scenario) => {
    const { broken, orders } = await explore(scenario, { orders: ordersOf(500), seed: SEED });
    expect(broken && `${broken.what}\n${broken.trial}\n${broken.order}`).toBeNull();
    expect(orders).toBe(ordersOf(500));
  });
});
