import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { createApplication, createLogger, drainOnSignal } from '#http';
import { BadSetting, readSettings, unknownSettings, type Settings } from '#settings';
import { Background } from './background.js';
import { openDistributed } from './distributed.js';
import { openEmbedded } from './embedded.js';
import { checkOperator, makeOperator, type Operator } from './first-start.js';
import type { OpenOptions, Parts } from './parts.js';
import { Program } from './program.module.js';
import { ALL_ROLES, type Role } from './roles.js';

/** A process that listens. */
export interface Started {
  readonly app: NestFastifyApplication;
  readonly settings: Settings;
  readonly logger: Logger;
  /** Where it listens. */
  readonly base: string;
  /** Null where there was one already. */
  readonly operator: Operator | null;
}

export interface ProcessOptions {
  /** Folder of the compiled files. */
  readonly dist: string;
  /** Default: all. */
  readonly roles?: ReadonlySet<Role>;
  /** Once, after the line that says where it listens. */
  readonly started?: (process: Started) => Promise<void>;
}

/** The whole life of a process, by the settings of its environment. Says on stderr why it cannot start, and ends with 1 then. */
export function runProcess(options: ProcessOptions): void {
  try {
    run(readSettings(process.env), options).catch(fail);
  } catch (error) {
    fail(error);
  }
}

async function run(settings: Settings, { dist, roles = ALL_ROLES, started }: ProcessOptions): Promise<void> {
  checkOperator(settings);
  const logger = createLogger({ level: settings.logLevel });
  for (const name of unknownSettings(process.env)) logger.warn(`${name}: there is no such setting, it is passed over`);
  const parts = await openProfile(settings, {
    dist,
    roles,
    onError: (error, what, fatal) => {
      logger[fatal ? 'fatal' : 'error']({ err: error }, what);
      if (fatal) process.exit(1);
    },
  });
  let port = settings.port;
  const app = await createApplication(
    Program.over(parts, () => port),
    { logger, trustedProxies: settings.trustedProxies, healthOnly: !roles.has('api') },
  );
  await app.get(Background, { strict: false }).start();
  await app.listen(settings.port, settings.host).catch((error: unknown) => {
    throw new BadSetting(`HOST, PORT: cannot listen there (${codeOf(error)})`);
  });
  port = (app.getHttpServer().address() as AddressInfo).port;
  const operator = roles.has('api') ? await makeOperator(app, parts) : null;
  drainOnSignal(app, { logger });
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  const base = `http://${host}:${port}`;
  process.stdout.write(`Whitebook listening on ${base}\n`);
  await started?.({ app, settings, logger, base, operator });
}

/** Opens the profile that the settings name. Rejects with `BadSetting` where a setting cannot be used. */
export async function openProfile(settings: Settings, options: OpenOptions): Promise<Parts> {
  switch (settings.profile) {
    case 'embedded':
      if (options.roles !== undefined && options.roles.size < ALL_ROLES.size)
        throw new BadSetting('WHITEBOOK_PROFILE: only the distributed profile has processes for each role');
      await makeDataFolder(settings.dataDir);
      return openEmbedded(settings, options);
    case 'distributed':
      return openDistributed(settings, options);
  }
}

/** For its owner's eyes only. Rejects with `BadSetting` where it cannot be. */
export async function makeDataFolder(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new BadSetting(`WHITEBOOK_DATA_DIR: cannot be made or used (${codeOf(error)})`);
  });
}

/** Node's name of an error of the system, `EADDRINUSE`. */
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'failed');

/** What is wrong outside of the program, told without a stack. */
const TOLD = ['BadSetting', 'FolderInUse', 'BadMasterKey', 'WrongMasterKey'];

function fail(error: unknown): void {
  const known = error instanceof Error && TOLD.includes(error.name);
  process.stderr.write(`${known || !(error instanceof Error) ? String(error) : (error.stack ?? error.message)}\n`);
  process.exit(1);
}
