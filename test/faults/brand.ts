import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { itemsOf, textAt, type Api, type Fields, type Reply } from '../support/api.js';
import { poolOf } from '../support/people.js';
import { expectStatus } from '../program/place.js';
import { OPERATOR, until, whitebook, type Program } from '../program/program.js';

export const PASSWORD = 'quiet-harbour-44';

/** A workspace with a verified domain, as its operator and its owner see it. */
export interface Brand {
  readonly id: string;
  readonly slug: string;
  readonly domain: string;
  readonly operator: Api;
  readonly owner: Api;
  readonly ownerId: string;
}

/** What requests are sent to: a process, or several that are one to whoever asks. */
export type Installed = Pick<Program, 'api' | 'signIn'>;

/** A new workspace under its slug. `operator` as it was logged in before. */
export async function makeBrand(program: Installed, slug: string, botSlots: number, operator?: Api): Promise<Brand> {
  const by = operator ?? (await program.signIn(OPERATOR));
  const credentials = { email: `owner@${slug}.example`, password: PASSWORD };
  const made = expectStatus(
    await by.post('/v1/workspaces', {
      name: slug,
      slug,
      pool: { botSlots },
      owner: { ...credentials, fullName: 'Olivia Owner' },
    }),
    201,
  );
  const session = expectStatus(await program.api.post('/v1/sessions', { ...credentials, workspace: slug }), 201);
  const owner = program.api.as(textAt(session, 'token'));
  const domain = `${slug}.localhost`;
  expectStatus(await owner.put('/v1/workspace/domain', { domain }), 200);
  expectStatus(await owner.post('/v1/workspace/domain/verify'), 200);
  const id = textAt(made, 'id');
  return { id, slug, domain, operator: by.with({ workspace: id }), owner, ownerId: textAt(session, 'account.id') };
}

/** The code of a refusal; empty for other answers. */
export const codeOf = ({ body }: Reply): string => (typeof body['code'] === 'string' ? body['code'] : '');

/** All at once: none waits for another. */
export const atOnce = <T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));

/** The whole of a list, page by page. */
export async function all(by: Api, path: string): Promise<Fields[]> {
  const items: Fields[] = [];
  for (let cursor: unknown = ''; typeof cursor === 'string';) {
    const start = `${path}${path.includes('?') ? '&' : '?'}limit=200`;
    const page = expectStatus(await by.get(cursor === '' ? start : `${start}&cursor=${encodeURIComponent(cursor)}`), 200);
    items.push(...itemsOf(page));
    cursor = page.body['next'];
  }
  return items;
}

/** The pool's books agree with themselves, with the allocations by account, and the summary with the list. */
export async function expectBooks(by: Api): Promise<void> {
  const pool = await poolOf(by);
  const rows = await all(by, '/v1/workspace/pool/allocations');
  const held = rows.reduce((sum, row) => sum + Number((row['botSlots'] as Fields)['allocated']), 0);
  expect({ ...pool, held }).toEqual({ total: pool.total, allocated: held, free: pool.total - held, held });
  const summary = expectStatus(await by.get('/v1/accounts/summary'), 200).body;
  const [listed, pending] = [await all(by, '/v1/accounts?fields=id,email'), await all(by, '/v1/invitations?state=pending')];
  expect([summary['total'], summary['pending']]).toEqual([listed.length, pending.length]);
  const emails = [...listed, ...pending].map(({ email }) => String(email).toLowerCase());
  expect(new Set(emails).size).toBe(emails.length);
}

/** With the program stopped: the lists are the fold of the log, and its chain holds. */
export async function expectSound(folder: string): Promise<void> {
  for (const command of ['recount', 'verify']) {
    const { code, stdout, stderr } = await whitebook(folder, command);
    expect({ command, code, said: code === 0 ? '' : stdout + stderr }).toEqual({ command, code: 0, said: '' });
  }
}

/** The secret of a mailed link about an account, of that kind (`invitation`, `reset`) and generation; fails where it does not come in time. */
export async function secretFor(folder: string, account: string, kind: string, generation = 1, seconds = 20): Promise<string> {
  const outbox = join(folder, 'outbox');
  const name = await until(
    `the mail of ${kind} ${generation}`,
    async () => (await readdir(outbox)).find((one) => one.includes(`-${kind}.${account}.${generation}.`)) ?? null,
    seconds,
  );
  const link = /^https?:\/\/\S+#([\w-]+)\r?$/m.exec(await readFile(join(outbox, name), 'utf8'));
  if (!link?.[1]) throw new Error('no link stands alone on a line of the mail');
  return link[1];
}
