import { Registry } from 'prom-client';
import type { Lag } from '#read-store';
import { watchProjections } from './projection-metrics.js';

const lag = (changes: Partial<Lag>): Lag => ({
  projection: 'accounts',
  version: 1,
  generation: 0,
  serving: true,
  position: 10,
  events: 0,
  parked: [],
  stopped: false,
  ...changes,
});

it('RUN-4, COR-20: the metrics tell how far read models are and how many subjects are parked, by what serves', async () => {
  const registry = new Registry();
  const parked = [{ subject: 'a1', position: 3, reason: 'TypeError at UserCreated' }];
  watchProjections(registry, async () => [
    lag({ events: 7, parked }),
    lag({ generation: 1, serving: false, events: 99 }),
    lag({ projection: 'history', stopped: true }),
  ]);
  const told = await registry.metrics();
  expect(told).toContain('whitebook_projection_lag_events{projection="accounts"} 7\n');
  expect(told).toContain('whitebook_parked_subjects{projection="accounts"} 1\n');
  expect(told).toContain('whitebook_projection_stopped{projection="history"} 1\n');
  expect(told).not.toContain('a1');
});

it('answers without them where the projector does not', async () => {
  const registry = new Registry();
  watchProjections(registry, () => Promise.reject(new Error('the projector has ended')));
  expect(await registry.metrics()).toContain('# TYPE whitebook_parked_subjects gauge');
});
