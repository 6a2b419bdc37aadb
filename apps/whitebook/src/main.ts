import 'reflect-metadata';
import { resolve } from 'node:path';
import { Readiness } from '#http';
import { runProcess, type Started } from '#profile';
import { makeDemo, type Demo } from './demo.js';
import { greetingOf } from './greeting.js';

/** Folder of the compiled files: this one lies at `apps/whitebook/src` below it. */
const dist = resolve(import.meta.dirname, '../../..');

runProcess({
  dist,
  started: async (process_) => {
    const { base, operator, settings } = process_;
    if (!operator) return;
    process.stdout.write(greetingOf({ base, operator, demo: settings.demo ? await demoOf(process_, operator) : null }));
  },
});

/** Null where it could not be made whole: the operator's password is shown all the same. */
async function demoOf({ app, settings, logger }: Started, operator: NonNullable<Started['operator']>): Promise<Demo | null> {
  try {
    return await makeDemo(app, {
      email: operator.email,
      password: operator.password ?? settings.operatorPassword ?? '',
    });
  } catch (error) {
    if (!app.get(Readiness, { strict: false }).draining) logger.error({ err: error }, 'the demo could not be made');
    return null;
  }
}
