import { textAt, type Api, type Reply } from './api.js';
import { OPERATOR, type Whitebook } from './whitebook.js';

export const PASSWORD = 'tidy-lantern-77';

export type StaffRole = 'owner' | 'admin' | 'manager' | 'auditor';

/** A workspace with a verified domain and one person of each staff role, logged in. */
export interface Place {
  readonly id: string;
  readonly slug: string;
  readonly domain: string;
  readonly operator: Api;
  readonly owner: Api;
  readonly admin: Api;
  readonly manager: Api;
  readonly auditor: Api;
  /** Ids and emails of the staff. */
  readonly staff: Readonly<Record<StaffRole, { id: string; email: string }>>;
}

let made = 0;

/** Makes a workspace through the API; each has another slug. */
export async function makePlace(
  whitebook: Pick<Whitebook, 'signIn'>,
  { botSlots = 50, verified = true }: { botSlots?: number; verified?: boolean } = {},
): Promise<Place> {
  const slug = `brand-${++made}`;
  const domain = `${slug}.localhost`;
  const operator = await whitebook.signIn(OPERATOR);
  const email = (role: StaffRole): string => `${role}@${slug}.example`;
  const workspace = expectStatus(
    await operator.post('/v1/workspaces', {
      name: `Brand ${made}`,
      slug,
      pool: { botSlots },
      owner: { email: email('owner'), fullName: 'Olivia Owner', password: PASSWORD },
    }),
    201,
  );
  const owner = await whitebook.signIn({ workspace: slug, email: email('owner'), password: PASSWORD });
  const me = expectStatus(await owner.get('/v1/sessions/current'), 200);
  const staff = { owner: { id: textAt(me, 'account.id'), email: email('owner') } } as Record<
    StaffRole,
    { id: string; email: string }
  >;
  const calls = { owner } as Record<StaffRole, Api>;
  if (verified) {
    expectStatus(await owner.put('/v1/workspace/domain', { domain }), 200);
    expectStatus(await owner.post('/v1/workspace/domain/verify'), 200);
    for (const role of ['admin', 'manager', 'auditor'] as const) {
      const reply = expectStatus(
        await owner.post('/v1/accounts', { email: email(role), password: PASSWORD, role, fullName: `Person ${role}` }),
        201,
      );
      staff[role] = { id: String(reply.body['id']), email: email(role) };
      calls[role] = await whitebook.signIn({ workspace: slug, email: email(role), password: PASSWORD });
    }
  }
  return { id: String(workspace.body['id']), slug, domain, operator, ...calls, staff };
}

let customers = 0;

/** Creates a customer with an email of its own; resolves with the answer's body. */
export async function makeCustomer(by: Api, fields: object = {}): Promise<{ id: string; email: string }> {
  const email = `customer-${++customers}@customers.example`;
  const reply = expectStatus(
    await by.post('/v1/accounts', { email, password: PASSWORD, fullName: `Customer ${customers}`, ...fields }),
    201,
  );
  return { id: String(reply.body['id']), email: String(reply.body['email']) };
}

/** The reply, if it has that status; else an error that shows what came instead. */
export function expectStatus(reply: Reply, status: number): Reply {
  if (reply.status !== status) throw new Error(`expected ${status}, was answered ${reply.status}: ${reply.text.slice(0, 500)}`);
  return reply;
}
