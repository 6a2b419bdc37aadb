import { races } from '../faults/races.js';
import type { Racecourse } from '../faults/races.course.js';
import { Installation } from './installation.js';
import { describeWith } from './servers.js';

/** In a run of continuous integration fewer: all six processes share its machine with everything else. */
const AT_ONCE = process.env['WHITEBOOK_TEST_ROUNDS'] ? 100 : 40;

describeWith('WHITEBOOK_MONGODB_URL')(`${AT_ONCE} requests at once, to two APIs with two projectors and two workers`, () =>
  races({ usual: 1, seconds: 20, atOnce: AT_ONCE, open: two }),
);

async function two(): Promise<Racecourse> {
  const installation = await Installation.open();
  await installation.startAll(['worker', 'projector', 'worker', 'projector', 'api', 'api']).catch(async (error: unknown) => {
    await installation.close();
    throw error;
  });
  return {
    folder: installation.folder,
    get api() {
      return installation.api;
    },
    signIn: (credentials) => installation.signIn(credentials),
    async expectSound() {
      for (const role of ['api', 'worker', 'projector'] as const)
        for (const program of installation.of(role))
          expect(await installation.end(program)).toMatchObject({ code: 0, stderr: '' });
      expect(await installation.command('recount')).toMatchObject({ code: 0, stderr: '' });
      expect(await installation.command('verify')).toMatchObject({ code: 0, stderr: '' });
    },
    close: () => installation.close(),
  };
}
