import { itemsOf } from '../support/api.js';
import { canLogIn, Client, missing } from './load.js';
import { customer, expectStatus, makePlace, OWNER } from './place.js';
import { Program, removeFolder, tempFolder, until, whitebook } from './program.js';

const CLIENTS = 16;
const ROUNDS = 3;

let folder: string;
beforeAll(async () => {
  folder = await tempFolder();
});
afterAll(() => removeFolder(folder));

/** The whole of a list, page by page. */
async function all(list: (cursor: string) => Promise<ReturnType<typeof expectStatus>>): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const reply = expectStatus(await list(cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`), 200);
    items.push(...itemsOf(reply));
    cursor = reply.body['next'] as string | null;
  }
  return items;
}

it('RUN-2, RUN-3: after kill -9 under load all that was acknowledged is there, once; lists agree with the log; timers go on', async () => {
  const clients: Client[] = [];
  let blocked: { id: string; until: string } | null = null;
  for (let round = 1; round <= ROUNDS; round++) {
    const program = await Program.start(folder);
    const owner = round === 1 ? await makePlace(program) : await program.signIn(OWNER);
    for (const client of clients) expect(await missing(owner, client)).toEqual([]);
    if (blocked) {
      const { id, until: end } = blocked;
      await until(
        `the block that ended at ${end}`,
        async () => (await owner.get(`/v1/accounts/${id}`)).body['status'] === 'active',
      );
    }
    const made = expectStatus(await owner.post('/v1/accounts', customer(`blocked.${round}`)), 201);
    const end = new Date(Date.now() + 1500).toISOString();
    const id = String(made.body['id']);
    expectStatus(await owner.post(`/v1/accounts/${id}/disable`, { kind: 'blocked', reason: 'under-review', until: end }), 200);
    blocked = { id, until: end };

    const fresh = Array.from({ length: CLIENTS }, (_, n) => new Client(owner, `r${round}.c${n}`));
    const done = Promise.all(fresh.map((client) => client.run()));
    const enough = 150 * round;
    await until('a load', async () => fresh.reduce((sum, client) => sum + client.acknowledged, 0) >= enough, 60);
    expect((await program.end('SIGKILL')).signal).toBe('SIGKILL');
    await done;
    clients.push(...fresh);
  }

  const program = await Program.start(folder);
  await until('ready', async () => (await program.api.get('/ready')).status === 200);
  const owner = await program.signIn(OWNER);
  for (const client of clients) expect(await missing(owner, client)).toEqual([]);
  const one = clients.find(({ accounts }) => accounts.length > 1)?.accounts.at(-1);
  expect(await canLogIn(program.api, one?.email ?? '', 'acme.localhost')).toBe(true);

  const known = clients.flatMap(({ accounts, invitations }) => [...accounts, ...invitations].map(({ email }) => email));
  expect(new Set(known).size).toBe(known.length);
  const listed = await all((cursor) => owner.get(`/v1/accounts?limit=200&fields=id,email,number${cursor}`));
  const invited = await all((cursor) => owner.get(`/v1/invitations?limit=200&state=pending${cursor}`));
  const emails = [...listed, ...invited].map(({ email }) => email as string);
  expect(new Set(emails).size).toBe(emails.length);
  expect(listed.map(({ number }) => Number(number)).sort((a, b) => a - b)).toEqual(listed.map((_, index) => index + 1));
  const summary = expectStatus(await owner.get('/v1/accounts/summary'), 200).body;
  expect([summary['total'], summary['pending']]).toEqual([listed.length, invited.length]);
  const timers = await all((cursor) => owner.get(`/v1/timers?limit=200${cursor}`));
  expect(timers.length).toBeGreaterThanOrEqual(invited.length);

  expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
  expect(await whitebook(folder, 'recount')).toMatchObject({ code: 0 });
  expect(await whitebook(folder, 'verify')).toMatchObject({ code: 0 });
}, 300_000);
