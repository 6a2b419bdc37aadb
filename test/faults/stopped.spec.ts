/**
 * Whoever is stopped is stopped: 16 clients use an account in every way while it is disabled, enabled, given other passwords, demoted,
 * blocked and deleted. `WHITEBOOK_TEST_ROUNDS` sets how many accounts live through that (8 by default: more than 10,000 requests).
 */
import { Program, removeFolder, tempFolder } from '../program/program.js';
import { expectSound, makeBrand } from './brand.js';
import { rounds, timeFor } from './sizes.js';
import { Life } from './stopped.life.js';

const ROUNDS = rounds(8);
/** Log-ins with passwords of before are failures: they are not what is counted here. */
const PATIENT = { WHITEBOOK_LOGIN_FAILURES_PER_ADDRESS: '1000000', WHITEBOOK_LOGIN_FAILURES_PER_SOURCE: '1000000' };

let folder: string;
let program: Program;
beforeAll(async () => {
  folder = await tempFolder();
  program = await Program.start(folder, PATIENT);
});
afterAll(async () => {
  await program?.end();
  await removeFolder(folder);
});

it(
  'COR-7, COR-8, COR-9, COR-10, ACC-7, AUTH-4: after each answer nothing goes on that it ended, and nothing ends that was opened since',
  async () => {
    const brand = await makeBrand(program, 'stopped', 1_000_000);
    const complaints: string[] = [];
    const seen = { requests: 0, stopped: 0, opened: 0 };
    for (let round = 0; round < ROUNDS && complaints.length === 0; round++) {
      const life = await Life.begin(program, folder, brand, `life-${round}`);
      await life.live();
      complaints.push(...life.watch.complaints().map((text) => `round ${round}: ${text}`));
      const { stopped, opened } = life.watch.judged();
      seen.requests += life.watch.uses.length;
      seen.stopped += stopped;
      seen.opened += opened;
    }
    console.info(`${seen.requests} requests: ${seen.stopped} had to be refused, ${seen.opened} had to be served`);
    expect(complaints).toEqual([]);
    expect(seen.requests).toBeGreaterThanOrEqual(1_250 * ROUNDS);
    expect(seen.stopped).toBeGreaterThan(seen.requests / 10);
    expect(seen.opened).toBeGreaterThan(seen.requests / 10);
    expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
    await expectSound(folder);
  },
  timeFor(ROUNDS, 15),
);
