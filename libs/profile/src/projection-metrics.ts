import { Gauge, type Registry } from 'prom-client';
import type { Lag } from '#read-store';

/** RUN-4: what the metrics tell of read models: how far behind the log those are that serve, and how many subjects they pass over. Names nobody. */
export function watchProjections(registry: Registry, lag: () => Promise<readonly Lag[]>): void {
  const gauge = (name: string, help: string, valueOf: (lag: Lag) => number): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: ['projection'],
      registers: [registry],
      async collect() {
        const now = await lag().catch(() => []);
        this.reset();
        for (const each of now) if (each.serving) this.set({ projection: each.projection }, valueOf(each));
      },
    });
  gauge('whitebook_projection_lag_events', 'Events of the log that a read model has not seen yet', ({ events }) => events);
  gauge(
    'whitebook_parked_subjects',
    'Subjects that a read model passes over until they are replayed',
    ({ parked }) => parked.length,
  );
  gauge('whitebook_projection_stopped', '1 where a read model met an event that only a newer release can read', ({ stopped }) =>
    stopped ? 1 : 0,
  );
}
