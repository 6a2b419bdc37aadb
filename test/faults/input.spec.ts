import * as fc from 'fast-check';
import { at, type Api, type Fields } from '../support/api.js';
import { Ground } from '../support/ground.js';
import { addressed, requestsTo, type MadeUpRequest } from '../support/made-up-requests.js';
import { conformanceTo } from '../support/openapi-conformance.js';
import type { Operation } from '../support/operations.js';
import { makeCustomer, PASSWORD, type StaffRole } from '../support/place.js';
import { OPERATOR, Program, removeFolder, tempFolder, whitebook } from '../program/program.js';

/** How many requests are made up. The whole is 10,000; `WHITEBOOK_TEST_SEED` tells which. */
const REQUESTS = Number(process.env['WHITEBOOK_TEST_REQUESTS'] ?? 4_000);
const SEED = Number(process.env['WHITEBOOK_TEST_SEED'] ?? Date.now() % 1_000_000);
const AT_ONCE = 16;
/** What would take the ground away from all others, done or not: tried without being done. */
const SHAKING = ['POST /v1/workspaces/{id}/suspend', 'PUT /v1/workspace/domain', 'DELETE /v1/workspace/domain'];

describe(`made-up requests, seed ${SEED}`, () => {
  let dataDir: string;
  let program: Program;
  let ground: Ground;
  let document: Fields;
  /** Everybody who can ask, and how to become that one again. */
  const signIns: Record<string, () => Promise<Api>> = {};
  const callers: Record<string, Api> = {};

  beforeAll(async () => {
    dataDir = await tempFolder();
    program = await Program.start(dataDir);
    ground = await Ground.of(program);
    document = (await program.api.get('/openapi.json')).body;
    const { place } = ground;
    const { slug: workspace, domain, staff } = place;
    for (const role of ['owner', 'admin', 'manager', 'auditor'] as StaffRole[])
      signIns[role] = () => program.signIn({ workspace, email: staff[role].email, password: PASSWORD });
    const { email } = await makeCustomer(place.owner);
    signIns['user'] = () => program.signIn({ email, password: PASSWORD }, { host: domain });
    signIns['operator'] = () => program.signIn(OPERATOR);
    signIns['operator there'] = async () => (await program.signIn(OPERATOR)).with({ workspace: place.id });
    const nobody = program.api;
    signIns['nobody'] = async () => nobody;
    for (const [role, signIn] of Object.entries(signIns)) callers[role] = await signIn();
  }, 60_000);
  afterAll(async () => {
    await program.end('SIGKILL');
    await removeFolder(dataDir);
  });

  const nameOf = ({ method, template }: Operation): string => `${method} ${template}`;

  it(`promise 9: ${REQUESTS} of them, as everybody, ${AT_ONCE} at once: no fault of its own, and every answer is as it says`, async () => {
    const check = conformanceTo(document as never);
    const roles = Object.keys(signIns);
    const made: MadeUpRequest[] = fc.sample(fc.oneof(...ground.operations.map(requestsTo)), { numRuns: REQUESTS, seed: SEED });
    const wrong: string[] = [];
    const statuses: Record<string, number> = {};
    const ask = async (request: MadeUpRequest, role: string): Promise<void> => {
      const { operation, body } = request;
      const { path, headers } = addressed(request, (each) => ground.path(each));
      const safe =
        SHAKING.includes(nameOf(operation)) && !path.includes('dryRun=true')
          ? `${path}${path.includes('?') ? '&' : '?'}dryRun=true`
          : path;
      const reply = await (callers[role] as Api).call(operation.method, safe, body, { headers });
      statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
      const answered = { method: operation.method, path: safe, status: reply.status, headers: reply.headers };
      const isJson = (reply.headers['content-type'] ?? '').includes('json');
      const said = reply.text === '' ? undefined : isJson ? reply.body : reply.text;
      const complaints = check({ ...answered, body: said });
      const isProblem = reply.headers['content-type'] === 'application/problem+json' && typeof at(reply, 'code') === 'string';
      if (reply.status >= 500 || complaints.length > 0 || (reply.status >= 400 && !isProblem))
        wrong.push(
          `${role}: ${operation.method} ${safe} ${JSON.stringify(body)} → ${reply.status} ${reply.text.slice(0, 200)} ${complaints.join()}`,
        );
      const over = reply.status === 401 || (operation.template === '/v1/sessions/current' && operation.method === 'DELETE');
      if (over && role !== 'nobody') callers[role] = await (signIns[role] as () => Promise<Api>)();
    };
    const queue = made.map((request, n) => [request, roles[n % roles.length] ?? 'nobody'] as const);
    const work = async (): Promise<void> => {
      for (let next = queue.pop(); next && wrong.length < 20; next = queue.pop()) await ask(...next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(wrong).toEqual([]);
    // most of them got further than the door
    const share = (...codes: number[]): number => codes.reduce((sum, code) => sum + (statuses[code] ?? 0), 0) / REQUESTS;
    expect(share(200, 201, 204)).toBeGreaterThan(0.1);
    expect(share(422)).toBeGreaterThan(0.1);
    expect(share(403)).toBeGreaterThan(0.05);
    expect(share(401)).toBeLessThan(0.25);
  }, 240_000);

  it('after all of it rows agree with the log, and its chains hold', async () => {
    expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
    expect(await whitebook(dataDir, 'recount')).toMatchObject({ code: 0, stderr: '' });
    expect(await whitebook(dataDir, 'verify')).toMatchObject({ code: 0 });
  });
});
