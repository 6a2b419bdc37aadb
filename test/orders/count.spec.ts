import { explore } from './orders.js';
import * as choices from './choices.js';
import { claims, owners } from './scenarios.js';
jest.setTimeout(3_600_000);
it('counts', async () => {
  const out: string[] = [];
  const real = choices.trials;
  for (const s of [...claims, ...owners]) {
    let one = 0;
    const orders = await explore(s, { orders: 2000, seed: 1, only: (t: any) => { if (t.disturbances === 1) one++; return t.disturbances === 1; } } as any);
    out.push(`${one} ${s.name}`);
  }
  require('node:fs').writeFileSync('/tmp/counts', out.join('\n'));
});
