import { textAt, type Api, type Reply } from '../support/api.js';
import { linkIn, mailTo } from '../support/mailbox.js';
import { expectStatus } from '../program/place.js';
import type { Program } from '../program/program.js';

/** Stands in every text that is planted; what cannot hold letters has digits of its own. */
export const MARK = 'qzcanary';
export const DIGITS = '699424242';
export const ADDRESS = '203.0.113.77';
export const AGENT = { 'user-agent': `${MARK}-agent/1`, 'x-forwarded-for': ADDRESS };

const HOST = { host: 'acme.localhost' };
const mail = (name: string): string => `${MARK}.${name}@customers.example`;
const password = (n: number): string => `${MARK}-harbour-${n}`;
/** COR-1: the key of a request is stored nowhere either. */
let keys = 0;
const keyed = () => ({ headers: { 'idempotency-key': `${MARK}-key-${++keys}` } });

const person = (name: string): object => ({
  email: mail(name),
  username: `${MARK}.${name}.user`,
  fullName: `${MARK} Ñame ${name}`,
  company: `${MARK} & "Company"`,
  phone: `+34 ${DIGITS}`,
  comment: `${MARK} comment\nof two lines`,
  utm: { source: `${MARK}-source`, medium: `${MARK}-medium`, campaign: `${MARK}-campaign` },
  attributes: { [`${MARK}Key`]: `${MARK} value`, address: `${MARK} Street 5, ${MARK} City` },
});

/** Who is planted, as it comes to be there. */
export class Garden {
  /** Ids of accounts by name. */
  readonly accounts: Record<string, string> = {};
  readonly invitations: Record<string, string> = {};
  /** The customer `ann` itself. */
  ann!: Api;

  constructor(
    readonly program: Program,
    readonly owner: Api,
    readonly dataDir: string,
  ) {}

  /** Without a credential, from the canary's address. */
  get visitor(): Api {
    return this.program.api.with({ ...HOST, ...AGENT });
  }

  async logIn(email: string, secret: string): Promise<Reply> {
    const reply = expectStatus(await this.visitor.post('/v1/sessions', { email, password: secret }), 201);
    this.ann = this.visitor.as(textAt(reply, 'token'));
    return reply;
  }

  async secretTo(address: string, number = 1): Promise<string> {
    return linkIn(await mailTo({ dataDir: this.dataDir }, address, number)).token;
  }

  async invite(name: string): Promise<void> {
    const reply = expectStatus(await this.owner.post('/v1/invitations', person(name), keyed()), 201);
    this.accounts[name] = textAt(reply, 'accountId');
    this.invitations[name] = textAt(reply, 'id');
  }

  path(name: string, action = ''): string {
    return `/v1/accounts/${this.accounts[name] ?? 'nobody'}${action}`;
  }
}

/** What every route that takes free text is given about people who are deleted afterwards, in this order. */
export const PLANTS: Readonly<Record<string, (garden: Garden) => Promise<unknown>>> = {
  'POST /v1/accounts': async (garden) => {
    const body = { ...person('ann'), password: password(1) };
    garden.accounts['ann'] = textAt(expectStatus(await garden.owner.post('/v1/accounts', body, keyed()), 201), 'id');
  },
  'POST /v1/sessions': async (garden) => {
    const login = `${MARK}.ann.user`;
    expectStatus(await garden.visitor.post('/v1/sessions', { login, password: `${MARK}-wrong-password` }), 401);
    expectStatus(await garden.visitor.post('/v1/sessions', { login: mail('nobody'), password: password(1) }), 401);
    expectStatus(await garden.visitor.post('/v1/sessions', { login, password: password(1) }), 201);
    await garden.logIn(mail('ann'), password(1));
  },
  'POST /v1/sessions/refresh': async (garden) => {
    const { body } = await garden.logIn(mail('ann'), password(1));
    const reply = await garden.visitor.post('/v1/sessions/refresh', { refreshToken: body['refreshToken'] });
    garden.ann = garden.visitor.as(textAt(expectStatus(reply, 200), 'token'));
  },
  'PATCH /v1/accounts/{id}': async (garden) => {
    const changes = { fullName: `${MARK} Other`, company: `${MARK} Other Ltd`, attributes: { note: `${MARK} other` } };
    expectStatus(await garden.owner.patch(garden.path('ann'), changes, keyed()), 200);
    expectStatus(await garden.ann.patch(garden.path('ann'), { phone: `+44 ${DIGITS}` }, keyed()), 200);
    expectStatus(await garden.ann.patch(garden.path('ann'), { email: mail('wish') }, keyed()), 200);
  },
  'POST /v1/email-changes/accept': async (garden) => {
    const token = await garden.secretTo(mail('wish'));
    expectStatus(await garden.visitor.post('/v1/email-changes/accept', { token }), 204);
  },
  'PUT /v1/accounts/{id}/password': async (garden) => {
    const body = { currentPassword: password(1), password: password(2) };
    expectStatus(await garden.ann.put(garden.path('ann', '/password'), body, keyed()), 200);
  },
  'PUT /v1/accounts/{id}/plan': async (garden) => {
    const body = { plan: 'standard', reason: `${MARK} plan` };
    await garden.owner.put(garden.path('ann', '/plan'), body, keyed());
  },
  'POST /v1/api-keys': async (garden) => {
    expectStatus(await garden.ann.post('/v1/api-keys', { name: `${MARK} key`, scopes: ['sessions:current'] }, keyed()), 201);
  },
  'POST /v1/accounts/{id}/impersonations': async (garden) => {
    const reply = await garden.owner.post(garden.path('ann', '/impersonations'), { reason: `${MARK} ticket` }, keyed());
    const impersonation = garden.visitor.as(textAt(expectStatus(reply, 201), 'token'));
    expectStatus(await impersonation.patch(garden.path('ann'), { fullName: `${MARK} Third` }), 200);
  },
  'POST /v1/password-resets': async (garden) => {
    expectStatus(await garden.visitor.post('/v1/password-resets', { email: mail('wish'), workspace: 'acme' }), 202);
    expectStatus(await garden.visitor.post('/v1/password-resets', { email: mail('nobody') }), 202);
  },
  'POST /v1/password-resets/accept': async (garden) => {
    const token = await garden.secretTo(mail('wish'), 2);
    const reply = await garden.visitor.post('/v1/password-resets/accept', { token, password: password(3) });
    if (reply.status >= 300) throw new Error(`the reset was answered ${reply.text}`);
  },
  'POST /v1/accounts/{id}/disable': async (garden) => {
    const body = { kind: 'blocked', reason: 'other', note: `${MARK} note` };
    expectStatus(await garden.owner.post(garden.path('ann', '/disable'), body, keyed()), 200);
  },
  'PUT /v1/accounts/{id}/status': async (garden) => {
    const body = { status: 'inactive', reason: 'other', note: `${MARK} note of a status` };
    expectStatus(await garden.owner.put(garden.path('ann', '/status'), body, keyed()), 200);
  },
  'POST /v1/invitations': async (garden) => {
    for (const name of ['bea', 'cleo', 'dora']) await garden.invite(name);
  },
  'POST /v1/invitations/inspect': async (garden) => {
    expectStatus(await garden.visitor.post('/v1/invitations/inspect', { token: await garden.secretTo(mail('bea')) }), 200);
  },
  'POST /v1/invitations/accept': async (garden) => {
    const token = await garden.secretTo(mail('bea'));
    const body = { token, password: password(4), fullName: `${MARK} Bea herself`, utm: { source: `${MARK}-accepted` } };
    expectStatus(await garden.visitor.post('/v1/invitations/accept', body), 201);
  },
  'POST /v1/invitations/{id}/resend': async (garden) => {
    const path = `/v1/invitations/${garden.invitations['cleo'] ?? ''}`;
    expectStatus(await garden.owner.delete(path), 204);
    const reply = expectStatus(await garden.owner.post(`${path}/resend`, person('cleo'), keyed()), 201);
    garden.accounts['again'] = textAt(reply, 'accountId');
    garden.invitations['again'] = textAt(reply, 'id');
  },
  'POST /v1/accounts/{id}/activate': async (garden) => {
    expectStatus(await garden.owner.post(garden.path('dora', '/activate'), { password: password(5) }, keyed()), 200);
  },
  'POST /v1/registrations': async (garden) => {
    expectStatus(await garden.visitor.post('/v1/registrations', person('nobody')), 403);
  },
  'POST /v1/accounts/{id}/delete': async (garden) => {
    for (const [name, confirm] of [
      ['ann', mail('wish')],
      ['dora', mail('dora')],
    ] as const)
      expectStatus(await garden.owner.post(garden.path(name, '/delete'), { confirm }, keyed()), 204);
  },
  'DELETE /v1/accounts/{id}': async (garden) => {
    expectStatus(await garden.owner.delete(garden.path('bea'), { confirm: mail('bea') }, keyed()), 204);
    expectStatus(await garden.owner.delete(garden.path('again'), { confirm: mail('cleo') }, keyed()), 204);
  },
};

/** Routes whose texts are about a brand, or about whoever runs it. */
export const OF_THE_BRAND: readonly string[] = [
  'PATCH /v1/workspace',
  'PUT /v1/workspace/branding',
  'PUT /v1/workspace/domain',
  'PUT /v1/workspace/smtp',
  'POST /v1/workspace/smtp/test',
  'POST /v1/workspaces',
  'PATCH /v1/workspaces/{id}',
];

/** The addresses and user names that are free afterwards. */
export const FREED: readonly object[] = ['ann', 'wish', 'bea', 'cleo', 'dora'].map((name) => person(name));
