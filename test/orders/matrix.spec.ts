import * as all from './broken-desks.js';
import { trials } from './choices.js';
const desks = { unfenced: all.unfenced, direct: all.direct, hasty: all.hasty };
import { explore } from './orders.js';
import { claims, owners } from './scenarios.js';
jest.setTimeout(3_600_000);
for (const [name, desk] of Object.entries(desks))
  it(name, async () => {
    const out: string[] = [];
    for (const s of (name === 'hasty' ? owners : claims)) {
      const { broken, orders } = await explore(s, { orders: Number(process.env['ORDERS'] ?? 300), seed: 1, desk });
      out.push(`${s.name.slice(0, 60)}: ${broken ? `${orders} ${broken.what.slice(0, 90)}` : 'holds'}`);
    }
    require('node:fs').writeFileSync(`/tmp/matrix-${name}`, out.join('\n'));
  });
