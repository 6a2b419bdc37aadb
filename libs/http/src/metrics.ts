import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How far a read model is behind the log, and how many subjects it passes over. */
export interface ReadModelLag {
  readonly projection: string;
  readonly events: number;
  readonly parked: readonly unknown[];
}

/** Metrics of this process. Labels are route templates, never ids. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [this.registry],
  });

  /** By method, status and route: there are no more than the series that are kept anyway. */
  private readonly observers = new Map<string, Histogram.Internal<'method' | 'route' | 'status'>>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    const name = `${method} ${status} ${route}`;
    const known = this.observers.get(name) ?? this.durations.labels({ method, route, status: String(status) });
    this.observers.set(name, known);
    known.observe(seconds);
  }

  /** Asked at each look at the metrics; where it rejects, the figures are left out. */
  watchLag(lag: () => Promise<readonly ReadModelLag[]>): void {
    const watch = (name: string, help: string, figure: (each: ReadModelLag) => number): void => {
      const registers = [this.registry];
      new Gauge({
        name,
        help,
        labelNames: ['projection'],
        registers,
        async collect() {
          const now = await lag().catch(() => []);
          this.reset();
          for (const each of now) this.set({ projection: each.projection }, figure(each));
        },
      });
    };
    watch('read_model_lag', 'Distance of the read model to the head of the log, in positions', ({ events }) => events);
    watch('read_model_parked_subjects', 'Subjects whose events the read model passes over', ({ parked }) => parked.length);
  }
}
