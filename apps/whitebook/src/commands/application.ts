import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApplication, createLogger } from '#http';
import { openEmbedded, Program, type Parts } from '#profile';
import type { Settings } from '#settings';
import type { Terminal } from './command.js';

export interface Application {
  readonly app: NestFastifyApplication;
  readonly parts: Parts;
  close(): Promise<void>;
}

/** The whole application without a port and without what it does by itself: for commands that change accounts by the rules. */
export async function openApplication(settings: Settings, { dist, complain }: Terminal): Promise<Application> {
  const parts = await openEmbedded(settings, {
    dist,
    onError: (error, what, fatal) => {
      complain(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      if (fatal) process.exit(3);
    },
  });
  try {
    const logger = createLogger({ level: 'silent' });
    const app = await createApplication(
      Program.over(parts, () => settings.port),
      { logger },
    );
    return { app, parts, close: () => app.close() };
  } catch (error) {
    await parts.close();
    throw error;
  }
}
