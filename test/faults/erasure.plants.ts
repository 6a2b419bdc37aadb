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

/** The reply, if it was done. */
function done(reply: Reply): Reply {
  if (reply.status >= 300) throw new Error(`answered ${reply.status}: ${reply.text}`);
  return reply;
}

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
    const reply = done(await this.visitor.post('/v1/sessions', { email, password: secret }));
    this.ann = this.visitor.as(textAt(reply, 'token'));
    return reply;
  }

  async secretTo(address: string, number = 1): Promise<string> {
    return linkIn(await mailTo({ dataDir: this.dataDir }, address, number)).token;
  }

  async invite(name: string): Promise<void> {
    const reply = done(await this.owner.post('/v1/invitations', person(name), keyed()));
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
    garden.accounts['ann'] = textAt(done(await garden.owner.post('/v1/accounts', body, keyed())), 'id');
  },
  'POST /v1/sessions': async (garden) => {
    const login = `${MARK}.ann.user`;
    expectStatus(await garden.visitor.post('/v1/sessions', { login, password: `${MARK}-wrong-password` }), 401);
    expectStatus(await garden.visitor.post('/v1/sessions', { login: mail('nobody'), password: password(1) }), 401);
    done(await garden.visitor.post('/v1/sessions', { login, password: password(1) }));
    await garden.logIn(mail('ann'), password(1));
  },
  'POST /v1/sessions/refresh': async (garden) => {
    const { body } = await garden.logIn(mail('ann'), password(1));
    const reply = await garden.visitor.post('/v1/sessions/refresh', { refreshToken: body['refreshToken'] });
    garden.ann = garden.visitor.as(textAt(done(reply), 'token'));
  },
  'PATCH /v1/accounts/{id}': async (garden) => {
    const changes = { fullName: `${MARK} Other`, company: `${MARK} Other Ltd`, attributes: { note: `${MARK} other` } };
    done(await garden.owner.patch(garden.path('ann'), changes, keyed()));
    done(await garden.ann.patch(garden.path('ann'), { phone: `+44 ${DIGITS}` }, keyed()));
    done(await garden.ann.patch(garden.path('ann'), { email: mail('wish') }, keyed()));
  },
  'POST /v1/email-changes/accept': async (garden) => {
    const token = await garden.secretTo(mail('wish'));
    done(await garden.visitor.post('/v1/email-changes/accept', { token }));
  },
  'PUT /v1/accounts/{id}/password': async (garden) => {
    const body = { currentPassword: password(1), password: password(2) };
    done(await garden.ann.put(garden.path('ann', '/password'), body, keyed()));
  },
  'PUT /v1/accounts/{id}/plan': async (garden) => {
    const body = { plan: 'standard', reason: `${MARK} plan` };
    done(await garden.owner.put(garden.path('ann', '/plan'), body, keyed()));
  },
  'POST /v1/api-keys': async (garden) => {
    done(await garden.ann.post('/v1/api-keys', { name: `${MARK} key`, scopes: ['sessions:current'] }, keyed()));
  },
  'POST /v1/accounts/{id}/impersonations': async (garden) => {
    const reply = await garden.owner.post(garden.path('ann', '/impersonations'), { reason: `${MARK} ticket` }, keyed());
    // From the owner's own address: that is the owner's, and stays.
    const impersonation = garden.program.api.as(textAt(done(reply), 'token'));
    done(await impersonation.patch(garden.path('ann'), { fullName: `${MARK} Third` }));
  },
  'POST /v1/password-resets': async (garden) => {
    done(await garden.visitor.post('/v1/password-resets', { email: mail('wish'), workspace: 'acme' }));
    done(await garden.visitor.post('/v1/password-resets', { email: mail('nobody') }));
  },
  'POST /v1/password-resets/accept': async (garden) => {
    const token = await garden.secretTo(mail('wish'), 2);
    done(await garden.visitor.post('/v1/password-resets/accept', { token, password: password(3) }));
  },
  'POST /v1/accounts/{id}/disable': async (garden) => {
    const body = { kind: 'blocked', reason: 'other', note: `${MARK} note` };
    done(await garden.owner.post(garden.path('ann', '/disable'), body, keyed()));
  },
  'PUT /v1/accounts/{id}/status': async (garden) => {
    const body = { status: 'inactive', reason: 'other', note: `${MARK} note of a status` };
    done(await garden.owner.put(garden.path('ann', '/status'), body, keyed()));
  },
  'POST /v1/invitations': async (garden) => {
    for (const name of ['bea', 'cleo', 'dora']) await garden.invite(name);
  },
  'POST /v1/invitations/inspect': async (garden) => {
    done(await garden.visitor.post('/v1/invitations/inspect', { token: await garden.secretTo(mail('bea')) }));
  },
  'POST /v1/invitations/accept': async (garden) => {
    const token = await garden.secretTo(mail('bea'));
    const body = { token, password: password(4), fullName: `${MARK} Bea herself`, utm: { source: `${MARK}-accepted` } };
    done(await garden.visitor.post('/v1/invitations/accept', body));
  },
  'POST /v1/invitations/{id}/resend': async (garden) => {
    const path = `/v1/invitations/${garden.invitations['cleo'] ?? ''}`;
    done(await garden.owner.delete(path));
    const reply = done(await garden.owner.post(`${path}/resend`, person('cleo'), keyed()));
    garden.accounts['again'] = textAt(reply, 'accountId');
    garden.invitations['again'] = textAt(reply, 'id');
  },
  'POST /v1/accounts/{id}/activate': async (garden) => {
    done(await garden.owner.post(garden.path('dora', '/activate'), { password: password(5) }, keyed()));
  },
  'POST /v1/registrations': async (garden) => {
    expectStatus(await garden.visitor.post('/v1/registrations', person('nobody')), 403);
  },
  'POST /v1/accounts/{id}/delete': async (garden) => {
    for (const [name, confirm] of [
      ['ann', mail('wish')],
      ['dora', mail('dora')],
    ] as const)
      done(await garden.owner.post(garden.path(name, '/delete'), { confirm }, keyed()));
  },
  'DELETE /v1/accounts/{id}': async (garden) => {
    done(await garden.owner.delete(garden.path('bea'), { confirm: mail('bea') }, keyed()));
    done(await garden.owner.delete(garden.path('again'), { confirm: mail('cleo') }, keyed()));
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
