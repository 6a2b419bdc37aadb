import { Program, removeFolder, tempFolder } from '../program/program.js';
import { expectSound } from './brand.js';
import { races } from './races.js';
import type { Racecourse } from './races.course.js';

describe('a hundred requests at once, to the one process', () => races({ usual: 20, seconds: 10, atOnce: 100, open: embedded }));

async function embedded(): Promise<Racecourse> {
  const folder = await tempFolder();
  const program = await Program.start(folder);
  return {
    folder,
    get api() {
      return program.api;
    },
    signIn: (credentials) => program.signIn(credentials),
    async expectSound() {
      expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
      await expectSound(folder);
    },
    async close() {
      await program.end();
      await removeFolder(folder);
    },
  };
}
