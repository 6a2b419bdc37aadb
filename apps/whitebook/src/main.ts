import 'reflect-metadata';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AddressInfo } from 'node:net';
import { createApplication, createLogger, drainOnSignal, Readiness } from '#http';
import { Background, openEmbedded } from '#profile';
import { BadSetting, readSettings, type Settings } from '#settings';
import { makeDemo, type Demo } from './demo.js';
import { checkOperator, makeOperator } from './first-start.js';
import { greetingOf } from './greeting.js';
import { Program } from './program.js';

/** Folder of the compiled files: this one lies at `apps/whitebook/src` below it. */
const dist = resolve(import.meta.dirname, '../../..');

async function main(settings: Settings): Promise<void> {
  checkOperator(settings);
  const logger = createLogger({ level: settings.logLevel });
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new BadSetting(`WHITEBOOK_DATA_DIR: cannot be made or used (${codeOf(error)})`);
  });
  const parts = await openEmbedded(settings, {
    dist,
    onError: (error, what, fatal) => {
      logger[fatal ? 'fatal' : 'error']({ err: error }, what);
      if (fatal) process.exit(1);
    },
  });
  let port = settings.port;
  const app = await createApplication(
    Program.over(parts, () => port),
    { logger, trustedProxies: settings.trustedProxies },
  );
  const background = app.get(Background, { strict: false });
  await background.start();
  await app.listen(settings.port, settings.host).catch((error: unknown) => {
    throw new BadSetting(`HOST, PORT: cannot listen there (${codeOf(error)})`);
  });
  port = (app.getHttpServer().address() as AddressInfo).port;
  const operator = await makeOperator(app, parts);
  drainOnSignal(app, { logger });
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  const base = `http://${host}:${port}`;
  process.stdout.write(`Whitebook listening on ${base}\n`);
  if (operator) process.stdout.write(greetingOf({ base, operator, demo: settings.demo ? await demoOf() : null }));

  /** Null where it could not be made whole: the operator's password is shown all the same. */
  async function demoOf(): Promise<Demo | null> {
    try {
      return await makeDemo(app, {
        email: operator?.email ?? '',
        password: operator?.password ?? settings.operatorPassword ?? '',
      });
    } catch (error) {
      if (!app.get(Readiness, { strict: false }).draining) logger.error({ err: error }, 'the demo could not be made');
      return null;
    }
  }
}

/** Node's name of an error of the system, `EADDRINUSE`. */
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'failed');

function fail(error: unknown): void {
  const known = error instanceof BadSetting || (error instanceof Error && error.name === 'FolderInUse');
  process.stderr.write(`${known || !(error instanceof Error) ? String(error) : (error.stack ?? error.message)}\n`);
  process.exit(1);
}

try {
  main(readSettings(process.env)).catch(fail);
} catch (error) {
  fail(error);
}
