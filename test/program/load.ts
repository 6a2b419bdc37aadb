import type { Api, Reply } from '../support/api.js';
import { customer, expectStatus, PASSWORD } from './place.js';

/** What a client knows of one account of its own: as the last answer told it. */
export interface Known {
  readonly id: string;
  readonly email: string;
  status: string;
  company: string | null;
}

/** Something that a client asked for; `sentAt` and what came of it. */
export interface Asked {
  readonly sentAt: number;
  readonly status: number | null;
}

/**
 * One client of a load: works on an account of its own, makes new ones and invites, until it is told to stop or cannot reach the program any more.
 * It notes what was acknowledged, and nothing else.
 */
export class Client {
  readonly accounts: Known[] = [];
  readonly invitations: { id: string; email: string }[] = [];
  readonly asked: Asked[] = [];
  /** The change that had no answer: it is there or not, but whole. */
  pending: Partial<Known> | null = null;
  private stopped = false;

  constructor(
    private readonly api: Api,
    private readonly name: string,
  ) {}

  get acknowledged(): number {
    return this.asked.filter(({ status }) => status !== null && status < 300).length;
  }

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    for (let turn = 0; !this.stopped; turn++) {
      try {
        await this.turn(turn);
      } catch {
        return;
      }
    }
  }

  private async turn(turn: number): Promise<void> {
    const account = this.accounts[0];
    if (!account || turn % 12 === 11) return this.create(`${this.name}.${turn}`);
    if (turn % 4 === 3) return this.invite(`${this.name}.${turn}.invited`);
    if (turn % 4 === 2)
      return this.change(account, { company: `Company ${turn}` }, () =>
        this.api.patch(`/v1/accounts/${account.id}`, { company: `Company ${turn}` }),
      );
    const disable = account.status === 'active';
    const status = disable ? 'inactive' : 'active';
    return this.change(account, { status }, () =>
      this.api.post(`/v1/accounts/${account.id}/${disable ? 'disable' : 'enable'}`, disable ? { reason: 'other' } : {}),
    );
  }

  private async create(name: string): Promise<void> {
    const reply = await this.ask(() => this.api.post('/v1/accounts', customer(name)), 201);
    const { id, email } = reply.body as { id: string; email: string };
    this.accounts.push({ id, email, status: 'active', company: null });
  }

  private async invite(name: string): Promise<void> {
    const reply = await this.ask(() => this.api.post('/v1/invitations', { email: `${name}@customers.example` }), 201);
    const { id, email } = reply.body as { id: string; email: string };
    this.invitations.push({ id, email });
  }

  private async change(account: Known, to: Partial<Known>, send: () => Promise<Reply>): Promise<void> {
    this.pending = to;
    await this.ask(send, 200);
    Object.assign(account, to);
    this.pending = null;
  }

  private async ask(send: () => Promise<Reply>, expected: number): Promise<Reply> {
    const sentAt = performance.now();
    try {
      const reply = await send();
      this.asked.push({ sentAt, status: reply.status });
      return expectStatus(reply, expected);
    } catch (error) {
      if (this.asked.at(-1)?.sentAt !== sentAt) this.asked.push({ sentAt, status: null });
      throw error;
    }
  }
}

/** What is not there though it was acknowledged; empty where all is. */
export async function missing(owner: Api, client: Client): Promise<string[]> {
  const lost: string[] = [];
  for (const [at, known] of client.accounts.entries()) {
    const { status, body } = await owner.get(`/v1/accounts/${known.id}`);
    const wanted: Known = known;
    const unanswered = at === 0 ? client.pending : null;
    const same = (field: 'email' | 'status' | 'company'): boolean =>
      body[field] === wanted[field] || (unanswered?.[field] !== undefined && body[field] === unanswered[field]);
    if (status !== 200 || !same('email') || !same('status') || !same('company')) lost.push(`account ${known.id}`);
  }
  for (const { id } of client.invitations) {
    const { status, body } = await owner.get(`/v1/invitations/${id}`);
    if (status !== 200 || body['state'] !== 'pending') lost.push(`invitation ${id}`);
  }
  return lost;
}

/** Whether the account's password came with it. */
export const canLogIn = async (api: Api, email: string, host: string): Promise<boolean> =>
  (await api.post('/v1/sessions', { email, password: PASSWORD }, { headers: { host } })).status === 201;
