import 'reflect-metadata';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AddressInfo } from 'node:net';
import { createApplication, createLogger, drainOnSignal } from '#http';
import { Background, openEmbedded } from '#profile';
import { BadSetting, readSettings, type Settings } from '#settings';
import { makeDemo } from './demo.js';
import { makeOperator } from './first-start.js';
import { greetingOf } from './greeting.js';
import { Program } from './program.js';

/** Folder of the compiled files: this one lies at `apps/whitebook/src` below it. */
const dist = resolve(import.meta.dirname, '../../..');

async function main(settings: Settings): Promise<void> {
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
  const operator = await makeOperator(app, parts);
  await app.listen(settings.port, settings.host).catch((error: unknown) => {
    throw new BadSetting(`HOST, PORT: cannot listen there (${codeOf(error)})`);
  });
  port = (app.getHttpServer().address() as AddressInfo).port;
  drainOnSignal(app, { logger });
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  process.stdout.write(`Whitebook listening on http://${host}:${port}\n`);
  if (!operator) return;
  const password = operator.password ?? settings.operatorPassword ?? '';
  const demo = settings.demo ? await makeDemo(app, { email: operator.email, password }) : null;
  process.stdout.write(greetingOf({ base: `http://${host}:${port}`, operator, demo }));
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
