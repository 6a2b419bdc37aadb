import { Client, missing } from './load.js';
import { makePlace, OWNER } from './place.js';
import { Program, removeFolder, tempFolder, until, whitebook } from './program.js';

let folder: string;
beforeAll(async () => {
  folder = await tempFolder();
});
afterAll(() => removeFolder(folder));

it('RUN-4: on SIGTERM under load what is in flight is answered, and the process ends within 10 s with 0', async () => {
  const program = await Program.start(folder);
  const owner = await makePlace(program);
  const clients = Array.from({ length: 16 }, (_, n) => new Client(owner, `c${n}`));
  const done = Promise.all(clients.map((client) => client.run()));
  await until('a load', async () => clients.every(({ acknowledged }) => acknowledged >= 5), 60);

  const signalled = performance.now();
  const ended = await program.end('SIGTERM');
  expect(performance.now() - signalled).toBeLessThan(10_000);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  await done;

  const inFlight = clients.flatMap(({ asked }) => asked.filter(({ sentAt }) => sentAt < signalled - 5));
  const answers = new Set(inFlight.map(({ status }) => status));
  expect([...answers].filter((status) => status === null || (status >= 300 && status !== 503))).toEqual([]);

  const again = await Program.start(folder);
  const reader = await again.signIn(OWNER);
  for (const client of clients) expect(await missing(reader, client)).toEqual([]);
  await again.end();
  expect((await whitebook(folder, 'recount')).code).toBe(0);
}, 180_000);
