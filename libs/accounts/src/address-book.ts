import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { accountOf, emailStream, usernameStream, type Resources, type StreamLoader } from '#commands';
import type { EventLog } from '#event-store';
import type { Secrets } from '#vault';
import { accountFold } from './account.fold.js';
import { sameEmail, sameUsername } from './account-life.decider.js';
import { parseEmail } from './email.js';

/** An email in the form in which it is kept, whatever letters its domain was typed in; any other text as it is. */
export function asKept(login: string): string {
  const parsed = parseEmail(login);
  return 'email' in parsed ? parsed.email : login;
}

/** Streams of addresses: named by a keyed hash, under a secret of the workspace that is never rotated. */
export class AddressBook {
  private readonly secrets_ = new LRUCache<string, Buffer>({ max: 1_000 });

  constructor(
    private readonly secrets: Secrets,
    private readonly resources: Resources,
    private readonly log: EventLog,
    private readonly loader: StreamLoader,
  ) {}

  async emailStream(workspace: string, email: string): Promise<string> {
    return emailStream(workspace, await this.hash(workspace, sameEmail(email)));
  }

  async usernameStream(workspace: string, username: string): Promise<string> {
    return usernameStream(workspace, await this.hash(workspace, sameUsername(username)));
  }

  /** Who holds an address by the write side: null where nobody does. `login` is an email or a username, as somebody types it. */
  async holderOf(workspace: string, login: string): Promise<string | null> {
    const streams = login.includes('@')
      ? [await this.emailStream(workspace, asKept(login)), await this.usernameStream(workspace, login)]
      : [await this.usernameStream(workspace, login)];
    for (const stream of streams) {
      const account = await this.confirmed(stream);
      if (account) return account;
    }
    return null;
  }

  /** A keyed hash under the workspace's secret: for keys that must not show an address. */
  async hash(workspace: string, value: string): Promise<string> {
    let secret = this.secrets_.get(workspace);
    if (!secret) {
      secret = await this.secrets.obtain(`addresses/${workspace}`);
      this.secrets_.set(workspace, secret);
    }
    return createHmac('sha256', secret).update(value).digest('hex');
  }

  /** The account whose own stream says that it keeps a claim of this resource. */
  private async confirmed(stream: string): Promise<string | null> {
    const claims = await this.claims(stream);
    if (claims.length > 0) await this.resources.load(stream);
    for (const claim of claims) {
      const entry = await this.resources.entry(stream, claim);
      if (!entry || entry.left === 0) continue;
      const account = accountOf(entry.holder)?.account;
      if (account === undefined) continue;
      const { holder } = await this.loader.load(entry.holder, account, accountFold);
      if ((holder.kept.get(claim) ?? 0) > 0) return account;
    }
    return null;
  }

  private async claims(stream: string): Promise<string[]> {
    const events = await this.log.read<{ type: string; data: { claim?: string } }>(stream);
    return events.flatMap(({ event }) => (event.type === 'ClaimTaken' && event.data.claim ? [event.data.claim] : [])).reverse();
  }
}
