import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { Readiness } from './readiness.js';

/** Milliseconds from the signal to the end of the process, at most. */
export const DRAIN_MS = 9_500;
const IDLE_LOOK_MS = 100;

export interface DrainOptions {
  readonly logger: Logger;
  readonly deadlineMs?: number;
  readonly exit?: (code: number) => void;
}

/** RUN-4: not ready any more, what is in flight is answered, then everything closes. Exits with 0; with 1 where that took too long or failed. */
export async function drain(
  app: NestFastifyApplication,
  { logger, deadlineMs = DRAIN_MS, exit = (code) => process.exit(code) }: DrainOptions,
): Promise<void> {
  app.get(Readiness, { strict: false }).drain();
  const deadline = setTimeout(() => {
    logger.error('closing took too long');
    exit(1);
  }, deadlineMs);
  // a connection whose last request came before the signal was told nothing of the end
  const server: Server = app.getHttpServer();
  const closing = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
  try {
    await app.close();
    exit(0);
  } catch (error) {
    logger.error({ err: error }, 'closing failed');
    exit(1);
  } finally {
    clearTimeout(deadline);
    clearInterval(closing);
  }
}

/** Drains on SIGTERM and SIGINT; a second signal changes nothing. */
export function drainOnSignal(app: NestFastifyApplication, options: DrainOptions): void {
  let draining = false;
  const begin = () => {
    if (draining) return;
    draining = true;
    void drain(app, options);
  };
  process.on('SIGTERM', begin).on('SIGINT', begin);
}
