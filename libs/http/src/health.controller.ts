import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { refuse } from '#kernel';
import { answer, type Answer } from './answer.js';
import { Endpoint } from './endpoint.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';
import { defineRoute } from './route.js';

const live = defineRoute({
  method: 'GET',
  path: '/live',
  tag: 'Running',
  summary: 'Whether the process answers',
  access: 'public',
  responses: { 200: { description: 'It does', body: z.object({ live: z.literal(true) }) } },
});

const ready = defineRoute({
  method: 'GET',
  path: '/ready',
  tag: 'Running',
  summary: 'Whether requests may be sent here: reads are up to date with the log, and the process is not about to end',
  access: 'public',
  responses: { 200: { description: 'They may', body: z.object({ ready: z.literal(true) }) } },
  problems: ['unavailable'],
});

const metrics = defineRoute({
  method: 'GET',
  path: '/metrics',
  tag: 'Running',
  summary: 'Metrics in the text format of Prometheus',
  access: 'public',
  responses: { 200: { description: 'The metrics', body: z.string(), type: 'text/plain' } },
});

/** RUN-4: for whoever keeps the process running. */
@Controller()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly figures: Metrics,
  ) {}

  @Endpoint(live)
  live(): Answer {
    return answer(200, { live: true });
  }

  @Endpoint(ready)
  async ready(): Promise<Answer> {
    const failing = await this.readiness.failing();
    if (failing.length > 0) throw refuse('unavailable', { failing });
    return answer(200, { ready: true });
  }

  @Endpoint(metrics)
  async metrics(): Promise<Answer> {
    return answer(200, await this.figures.registry.metrics(), { type: this.figures.registry.contentType });
  }
}
