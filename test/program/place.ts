import type { Api, Reply } from '../support/api.js';
import type { Program } from './program.js';
import { OPERATOR } from './program.js';

export const OWNER = { workspace: 'acme', email: 'owner@acme.example', password: 'quiet-harbour-42' };
export const PASSWORD = 'quiet-harbour-43';

export function expectStatus(reply: Reply, status: number): Reply {
  if (reply.status !== status) throw new Error(`answered ${reply.status} instead of ${status}: ${reply.text}`);
  return reply;
}

/** A workspace with a verified domain; gives its owner. */
export async function makePlace(program: Pick<Program, 'signIn'>): Promise<Api> {
  const operator = await program.signIn(OPERATOR);
  const { email, password, workspace: slug } = OWNER;
  const body = { name: 'Acme', slug, pool: { botSlots: 10_000 }, owner: { email, fullName: 'Olivia Owner', password } };
  expectStatus(await operator.post('/v1/workspaces', body), 201);
  const owner = await program.signIn(OWNER);
  expectStatus(await owner.put('/v1/workspace/domain', { domain: 'acme.localhost' }), 200);
  expectStatus(await owner.post('/v1/workspace/domain/verify'), 200);
  return owner;
}

export const customer = (name: string): object => ({
  email: `${name}@customers.example`,
  password: PASSWORD,
  fullName: `Name ${name}`,
});
