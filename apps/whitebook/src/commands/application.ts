import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApplication, createLogger } from '#http';
import { openProfile, Program, type Parts } from '#profile';
import type { Settings } from '#settings';
import type { Terminal } from './command.js';
import { onErrorOf } from './servers.js';

export interface Application {
  readonly app: NestFastifyApplication;
  readonly parts: Parts;
  close(): Promise<void>;
}

/** The whole application without a port and without what it does by itself: for commands that change accounts by the rules. */
export async function openApplication(settings: Settings, terminal: Terminal): Promise<Application> {
  const { dist } = terminal;
  const none = settings.profile === 'distributed' ? { roles: new Set<never>() } : {};
  return applicationOver(await openProfile(settings, { dist, ...none, onError: onErrorOf(terminal) }));
}

/** The same over ports that are open; they close with it. */
export async function applicationOver<Ports extends Parts>(parts: Ports): Promise<Application & { readonly parts: Ports }> {
  try {
    const logger = createLogger({ level: 'silent' });
    const app = await createApplication(
      Program.over(parts, () => parts.settings.port),
      { logger },
    );
    return { app, parts, close: () => app.close() };
  } catch (error) {
    await parts.close();
    throw error;
  }
}
