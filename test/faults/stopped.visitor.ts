import { textAt, type Api, type Reply } from '../support/api.js';
import type { Brand } from './brand.js';
import type { Program } from '../program/program.js';
import type { Credential, Kind, Watch } from './stopped.watch.js';

/** What visitors know of the account that they use. */
export interface Visited {
  readonly watch: Watch;
  readonly program: Program;
  readonly brand: Brand;
  readonly id: string;
  readonly email: string;
  readonly customer: string;
  readonly passwords: readonly string[];
  readonly role: 'admin' | 'user';
}

/** Each visitor does one of these, over and over. */
const WORKS = ['sessions', 'renewals', 'keys', 'new keys', 'impersonations'] as const;
const NOBODY = { credential: null, password: null };
type Got = Reply & { readonly at: { readonly sentAt: number; readonly answeredAt: number } };

/** One client of an account that is stopped again and again; it goes on with what it has, and gets itself something new where that is refused. */
export class Visitor {
  private session: Credential | null = null;
  private visit: Credential | null = null;
  private key: Credential | null = null;
  private readonly refused = new Set<Credential>();

  constructor(
    private readonly at: Visited,
    private readonly number: number,
  ) {}

  async run(over: () => boolean): Promise<void> {
    for (let turn = this.number; !over(); turn++) await this.turn(turn);
  }

  private turn(turn: number): Promise<unknown> {
    switch (WORKS[this.number % WORKS.length] as (typeof WORKS)[number]) {
      case 'renewals':
        return this.withSession(turn, (session) => (turn % 2 ? this.see(session) : this.renew(session)));
      case 'keys':
        return this.key ? this.see(this.key) : this.withSession(turn, (session) => this.makeKey(session));
      case 'new keys':
        return this.withSession(turn, async (session) => {
          await this.makeKey(session);
          if (this.key) await this.see(this.key);
        });
      case 'impersonations':
        return this.works(this.visit, turn) ? this.see(this.visit) : this.impersonate(turn);
      case 'sessions':
        return this.withSession(turn, (session) => this.see(session));
    }
  }

  /** What was refused is tried again now and then: it must be refused again. */
  private works(credential: Credential | null, turn: number): credential is Credential {
    return credential !== null && (!this.refused.has(credential) || turn % 3 === 0);
  }

  private async withSession(turn: number, work: (session: Credential) => Promise<unknown>): Promise<void> {
    if (!this.works(this.session, turn)) this.session = (await this.logIn(turn)) ?? this.session;
    if (this.session) await work(this.session);
  }

  /** Every eighth time with a password that is not in force any more. */
  private async logIn(turn: number): Promise<Credential | null> {
    const { watch, program, passwords, email, brand } = this.at;
    const last = passwords.length;
    const password = turn % 8 === 7 && last > 1 ? last - 1 : last;
    const body = { email, password: passwords[password - 1] };
    const send = () => program.api.post('/v1/sessions', body, { headers: { host: brand.domain } });
    return this.got('session', await watch.use('a log-in', { credential: null, password }, send), 'token');
  }

  private async renew(session: Credential): Promise<void> {
    const { refreshToken } = session;
    const send = () => this.at.program.api.post('/v1/sessions/refresh', { refreshToken });
    const reply = await this.use('a refresh', session, send);
    // the family goes on: what it was opened with stays the same
    if (reply.status === 201) this.session = { ...session, ...this.tokens(reply), gotAt: session.gotAt };
  }

  private async makeKey(session: Credential): Promise<void> {
    const wish = { name: 'sync', scopes: ['sessions:current'] };
    const reply = await this.use('a new key', session, () => session.api.post('/v1/api-keys', wish));
    this.key = this.got('key', reply, 'key') ?? this.key;
  }

  /** By the account while it is staff, of it while it is a customer. */
  private async impersonate(turn: number): Promise<void> {
    const { role, customer, id, brand, watch } = this.at;
    const path = `/v1/accounts/${role === 'admin' ? customer : id}/impersonations`;
    const enter = (by: Api) => () => by.post(path, { reason: 'ticket 7' });
    if (role === 'user') this.entered(await watch.use('a visit', NOBODY, enter(brand.owner)));
    else await this.withSession(turn, async (session) => this.entered(await this.use('a visit', session, enter(session.api))));
  }

  private entered(reply: Got): void {
    this.visit = this.got('impersonation', reply, 'token') ?? this.visit;
  }

  private see(credential: Credential): Promise<Got> {
    return this.use(`a request with a ${credential.kind}`, credential, () => credential.api.get('/v1/sessions/current'));
  }

  private async use(what: string, credential: Credential, send: () => Promise<Reply>): Promise<Got> {
    const reply = await this.at.watch.use(what, { credential, password: null }, send);
    if (reply.status >= 300) this.refused.add(credential);
    return reply;
  }

  private got(kind: Kind, reply: Got, path: string): Credential | null {
    if (reply.status !== 201) return null;
    const { sentAt: askedAt, answeredAt: gotAt } = reply.at;
    if (kind === 'session') return { kind, askedAt, gotAt, ...this.tokens(reply) };
    return { kind, askedAt, gotAt, refreshToken: '', api: this.at.program.api.as(textAt(reply, path)) };
  }

  private tokens(reply: Reply): Pick<Credential, 'api' | 'refreshToken'> {
    return { api: this.at.program.api.as(textAt(reply, 'token')), refreshToken: textAt(reply, 'refreshToken') };
  }
}
