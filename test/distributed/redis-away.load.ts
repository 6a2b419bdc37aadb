import { performance } from 'node:perf_hooks';
import { customer, expectStatus } from '../program/place.js';
import { textAt, type Api, type Reply } from '../support/api.js';
import { told } from '../support/people.js';

/** One command: which, how long it took, and what it was refused with. */
export interface Took {
  readonly what: Turn;
  readonly ms: number;
  readonly refused: string | null;
}

type Turn = 'invite' | 'revoke' | 'change' | 'wish';
const TURNS: readonly Turn[] = ['invite', 'change', 'invite', 'revoke', 'wish'];

/** Clients that give commands, one after the other each: all that something is ordered of the queue for, in the request or after it. */
export class Load {
  /** Accounts that were invited, and not revoked since. */
  readonly invited: string[] = [];
  /** Accounts of those who asked for a link to set a password. */
  readonly wished: string[] = [];
  private names = 0;

  constructor(
    private readonly owner: Api,
    private readonly workspace: string,
    private readonly customers: readonly { readonly id: string; readonly email: string }[],
  ) {}

  /** Customers for a load to work on. */
  static async customers(owner: Api, name: string, count: number): Promise<{ id: string; email: string }[]> {
    const made = Array.from({ length: count }, (_, n) => owner.post('/v1/accounts', customer(`${name}-${n}`)));
    return (await Promise.all(made)).map((reply) => {
      expectStatus(reply, 201);
      return { id: textAt(reply, 'id'), email: textAt(reply, 'email') };
    });
  }

  async run(clients: number, seconds: number): Promise<Took[]> {
    const end = performance.now() + seconds * 1000;
    const took: Took[] = [];
    const client = async (from: number): Promise<void> => {
      for (let turn = from; performance.now() < end; turn++) {
        const what = TURNS[turn % TURNS.length] as Turn;
        const began = performance.now();
        const reply = await this.send(what);
        took.push({ what, ms: performance.now() - began, refused: reply.status < 300 ? null : told(reply) });
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
    return took;
  }

  private readonly open: { id: string; account: string }[] = [];

  private async send(what: Turn): Promise<Reply> {
    const n = this.names++;
    const one = this.customers[n % this.customers.length] as { id: string; email: string };
    switch (what) {
      case 'change':
        return this.owner.patch(`/v1/accounts/${one.id}`, { company: `Company ${n}` });
      case 'wish':
        if (!this.wished.includes(one.id)) this.wished.push(one.id);
        return this.owner.post('/v1/password-resets', { email: one.email, workspace: this.workspace });
      case 'revoke': {
        const last = this.open.shift();
        if (!last) return this.send('change');
        this.invited.splice(this.invited.indexOf(last.account), 1);
        return this.owner.delete(`/v1/invitations/${last.id}`);
      }
      case 'invite': {
        const reply = await this.owner.post('/v1/invitations', { email: `load-${this.customers[0]?.id}-${n}@customers.example` });
        if (reply.status !== 201) return reply;
        const account = textAt(reply, 'accountId');
        this.invited.push(account);
        this.open.push({ id: textAt(reply, 'id'), account });
        return reply;
      }
    }
  }
}

/** The number below which that share of all is; 0 for none. */
export function quantile(took: readonly Took[], share: number): number {
  const sorted = took.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
