import { ordersOf, SEED } from './settings.js';
import { explore } from './orders.js';
import { claims } from './scenarios.js';

jest.setTimeout(3_600_000);

describe('claims between processes that may stop anywhere', () => {
  it.each(claims)('$name', async (scenario) => {
    const { broken, orders } = await explore(scenario, { orders: ordersOf(200), seed: SEED });
    expect(broken && `${broken.what}\n${broken.trial}\n${broken.order}`).toBeNull();
    expect(orders).toBe(ordersOf(200));
  });
});
