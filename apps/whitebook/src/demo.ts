import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomPassword } from '#profile';

export interface DemoPerson {
  readonly role: string;
  readonly email: string;
  readonly password: string;
}
export interface Demo {
  readonly slug: string;
  readonly domain: string;
  readonly people: readonly DemoPerson[];
  readonly accounts: number;
}

const SLUG = 'northwind';
const DOMAIN = 'northwind.localhost';
const AT_ONCE = 8;
const CUSTOMERS = 300;

const FIRST = [
  'Sara',
  'Tomás',
  'Amélie',
  'Jonas',
  'Priya',
  'Mateo',
  'Ingrid',
  'Kofi',
  'Noor',
  'Luca',
  'Hana',
  'Diego',
  'Freya',
  'Omar',
  'Zoë',
  'Ravi',
];
const LAST = [
  'Ruiz',
  'Lindqvist',
  'Okafor',
  'Moreau',
  'Fischer',
  'Tanaka',
  'Costa',
  'Novák',
  'Haddad',
  'Byrne',
  'Silva',
  'Weber',
  'Iyer',
  'Rossi',
];
const COMPANIES = [
  'Northwind Clinic',
  'Café Aurora',
  'Blue Harbor Logistics',
  'Helios Dental',
  'Prisma Studio',
  'Verde Market',
  'Atlas Tutors',
  'Lumen Yoga',
];
const CAMPAIGNS = ['spring-launch', 'partner-referral', 'webinar-may'];

type Call = (method: 'POST' | 'PUT' | 'PATCH' | 'GET', path: string, body?: object) => Promise<Record<string, never>>;

/** A workspace with staff and customers in every state that commands can bring about, made through the API as its users would. */
export async function makeDemo(app: NestFastifyApplication, operator: { email: string; password: string }): Promise<Demo> {
  const asOperator = await signIn(app, { email: operator.email, password: operator.password });
  const owner = { role: 'owner', email: 'olivia.owner@northwind.example', password: randomPassword() };
  await asOperator('POST', '/v1/workspaces', {
    name: 'Northwind',
    slug: SLUG,
    pool: { botSlots: 500 },
    owner: { email: owner.email, fullName: 'Olivia Owner', password: owner.password },
  });
  const asOwner = await signIn(app, { workspace: SLUG, email: owner.email, password: owner.password });
  await asOwner('PUT', '/v1/workspace/branding', {
    productName: 'Northwind Connect',
    colors: { primary: '#0b6e4f' },
    supportEmail: 'help@northwind.example',
  });
  await asOwner('PUT', '/v1/workspace/domain', { domain: DOMAIN });
  await asOwner('POST', '/v1/workspace/domain/verify');
  const staff = ['admin', 'manager', 'auditor'].map((role) => ({
    role,
    email: `${role}@northwind.example`,
    password: randomPassword(),
  }));
  for (const { role, email, password } of staff) {
    await asOwner('POST', '/v1/accounts', { email, password, role, fullName: `${FIRST[role.length]} ${LAST[role.length]}` });
  }
  const admin = staff[0] as DemoPerson;
  const asAdmin = await signIn(app, { workspace: SLUG, email: admin.email, password: admin.password });
  const customer = { role: 'user', email: customerOf(0).email, password: randomPassword() };
  await inTurns(CUSTOMERS, (index) => live(asAdmin, index, customer.password));
  return { slug: SLUG, domain: DOMAIN, people: [owner, ...staff, customer], accounts: CUSTOMERS + 4 };
}

function customerOf(index: number) {
  const first = FIRST[index % FIRST.length] as string;
  const last = LAST[(index * 5) % LAST.length] as string;
  const plain = `${first}.${last}`.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return {
    email: `${plain}.${index + 1}@customers.example`,
    fullName: `${first} ${last}`,
    company: COMPANIES[(index * 3) % COMPANIES.length] as string,
    phone: `+34 600 ${String(100_000 + index * 37).slice(0, 3)} ${String(100_000 + index * 53).slice(3)}`,
  };
}

/** One customer's story; what happens to it follows from its place, so that every state is there. */
async function live(asAdmin: Call, index: number, password: string): Promise<void> {
  const who = customerOf(index);
  const utm =
    index % 4 === 0 ? { utm: { source: 'newsletter', medium: 'email', campaign: CAMPAIGNS[index % CAMPAIGNS.length] } } : {};
  if (index % 10 === 3) return invited(asAdmin, index, { ...who, ...utm });
  const test = index % 10 === 6;
  const { id } = await asAdmin('POST', '/v1/accounts', {
    ...who,
    ...utm,
    password,
    ...(test ? { test, testDays: 1 + (index % 30) } : { botSlots: index % 7 === 0 ? 2 : 1 }),
  });
  const account = `/v1/accounts/${String(id)}`;
  if (test && index % 40 === 6) await asAdmin('POST', `${account}/convert`, { botSlots: 1 });
  if (test && index % 40 === 16) await asAdmin('POST', `${account}/extend`, { testDays: 60 });
  if (index % 20 === 5) await asAdmin('POST', `${account}/disable`, { reason: 'overdue', note: 'Invoice is two months late.' });
  if (index % 25 === 8)
    await asAdmin('POST', `${account}/disable`, { kind: 'blocked', reason: 'under-review', until: daysFromNow(1 + (index % 9)) });
  if (index % 50 === 12) {
    await asAdmin('POST', `${account}/disable`, { reason: 'left' });
    await asAdmin('POST', `${account}/enable`);
  }
  if (index % 15 === 2) await asAdmin('PATCH', account, { company: `${who.company} (Madrid)` });
  if (index % 60 === 29) await asAdmin('POST', `${account}/delete`, { confirm: who.email, reason: 'duplicate' });
}

async function invited(asAdmin: Call, index: number, who: object): Promise<void> {
  const { id } = await asAdmin('POST', '/v1/invitations', { ...who, ...(index % 20 === 3 ? { test: true } : {}) });
  if (index % 50 === 13) await asAdmin('POST', `/v1/invitations/${String(id)}/resend`, {});
}

const daysFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

async function inTurns(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** A caller of the API with a session of its own. Throws where the API does not do what the story needs. */
async function signIn(app: NestFastifyApplication, credentials: object): Promise<Call> {
  const call = callerOf(app);
  const { token } = await call('POST', '/v1/sessions', credentials);
  return callerOf(app, String(token));
}

function callerOf(app: NestFastifyApplication, token?: string): Call {
  return async (method, url, body) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
    if (answer.statusCode >= 400)
      throw new Error(
        `the demo: ${method} ${url.replace(/[0-9a-f]{32}/, ':id')} was answered ${answer.statusCode}: ${answer.body}`,
      );
    return answer.body === '' ? {} : answer.json();
  };
}
