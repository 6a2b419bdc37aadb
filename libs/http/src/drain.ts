import type { Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { Readiness } from './readiness.js';

/** Milliseconds from the signal to the end of the process, at most. */
export const DRAIN_MS = 9_500;
const IDLE_LOOK_MS = 100;
/** Milliseconds without a request after which whoever shares them out is taken to know; and for which it may not know, at most. */
const QUIET_MS = 500;
const LONGEST_NOTICE_MS = 4_000;
const NOTICE_LOOK_MS = 20;

export interface DrainOptions {
  readonly logger: Logger;
  readonly deadlineMs?: number;
  readonly exit?: (code: number) => void;
}

/**
 * RUN-4: not ready any more, and every answer closes its connection; once nobody sends requests, or after some seconds, none is taken any more, what is
 * in flight is answered, and everything closes. Exits with 0; with 1 where that took too long or failed.
 */
export async function drain(
  app: NestFastifyApplication,
  { logger, deadlineMs = DRAIN_MS, exit = (code) => process.exit(code) }: DrainOptions,
): Promise<void> {
  const readiness = app.get(Readiness, { strict: false });
  readiness.drain();
  const deadline = setTimeout(() => {
    logger.error('closing took too long');
    exit(1);
  }, deadlineMs);
  await unsent(readiness);
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

/** Resolves when requests are sent elsewhere: one that meets a connection on its end would be lost. */
async function unsent(readiness: Readiness): Promise<void> {
  const began = performance.now();
  const told = (): number => performance.now() - began;
  while (Math.min(readiness.quietMs, told()) < QUIET_MS && told() < LONGEST_NOTICE_MS) await wait(NOTICE_LOOK_MS);
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
