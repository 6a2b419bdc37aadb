import { addSeconds, PLATFORM, refuse, secondsBetween, type Clock, type Instant, type Json, type Refusal } from '#kernel';
import { asKept, sameEmail, type AddressBook } from '#accounts';
import type { Throttles, Whence } from '#http';
import type { Settings } from '#settings';
import type { Throttle } from '#vault';
import type { FrontDoor } from './front-door.js';

/** Name of the throttle in the routes of log-ins. */
export const LOG_IN = 'log-in';
/** Failures older than this are forgotten. */
const WINDOW_SECONDS = 900;
const LONGEST_DELAY_SECONDS = 900;

/** What failures are counted by: hashes only, no address. */
export interface ThrottleKey {
  readonly by: 'address' | 'source';
  readonly key: string;
  readonly limit: number;
}

/** What a failure has locked, and for how many seconds. */
export interface Lock {
  readonly by: 'address' | 'source';
  readonly failures: number;
  readonly seconds: number;
}

/** AUTH-5: failed log-ins per address and per source. Attempts under way count as failures until they are decided, so that many at once try no more than one after the other. */
export class LoginThrottle implements Throttles {
  private readonly underWay = new Map<string, number>();
  private readonly waiting: (() => void)[] = [];
  /** Attempts decided so far: whoever counted before one of them counts again. */
  private decided = 0;

  constructor(
    private readonly throttle: Throttle,
    private readonly addresses: AddressBook,
    private readonly door: FrontDoor,
    private readonly settings: Pick<Settings, 'loginFailuresPerAddress' | 'loginFailuresPerSource'>,
    private readonly clock: Clock,
  ) {}

  /** The port that the guard asks, before anything of the body is looked at. */
  async check(_throttle: string, body: Json | undefined, whence: Whence): Promise<Refusal | null> {
    const { email, login, workspace } = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
    const name = typeof email === 'string' ? email : typeof login === 'string' ? login : '';
    const { workspace: where } = await this.door.open(whence.host, typeof workspace === 'string' ? workspace : undefined);
    for (const key of await this.keysOf(where, name, whence.address)) {
      const seconds = this.wait(key, await this.failures(key));
      if (seconds > 0) return throttled(seconds);
    }
    return null;
  }

  /** Keys of an attempt; `workspace` is null where the body names none that exists. */
  async keysOf(workspace: string | null, login: string, source: string): Promise<ThrottleKey[]> {
    return [
      {
        by: 'address',
        key: await this.addresses.hash(workspace ?? PLATFORM, `log-in/${workspace ?? ''}/${sameEmail(asKept(login))}`),
        limit: this.settings.loginFailuresPerAddress,
      },
      {
        by: 'source',
        key: await this.addresses.hash(PLATFORM, `source/${source}`),
        limit: this.settings.loginFailuresPerSource,
      },
    ];
  }

  /** Lets the attempt through when there is room for one more failure, and counts it if it failed. Refuses with `throttled`. */
  async attempt<T extends { readonly proved: boolean }>(
    keys: readonly ThrottleKey[],
    work: () => Promise<T>,
  ): Promise<{ result: T; locks: Lock[] }> {
    await this.admit(keys);
    try {
      const result = await work();
      return { result, locks: result.proved ? [] : await this.count(keys) };
    } finally {
      this.leave(keys);
    }
  }

  /** Forgets the failures with these addresses: they were proved to be their holder's, or staff said so. */
  async clear(workspace: string, logins: readonly string[]): Promise<void> {
    for (const login of logins) {
      const [address] = await this.keysOf(workspace, login, '');
      if (address) await this.throttle.clear(address.key);
    }
  }

  private async admit(keys: readonly ThrottleKey[]): Promise<void> {
    for (;;) {
      const { decided } = this;
      const counts = await Promise.all(keys.map((key) => this.failures(key)));
      for (const [index, key] of keys.entries()) {
        const seconds = this.wait(key, counts[index] as Failures);
        if (seconds > 0) throw throttled(seconds);
      }
      if (decided !== this.decided) continue;
      if (keys.every((key, index) => this.hasRoom(key, counts[index] as Failures))) break;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    for (const { key } of keys) this.underWay.set(key, (this.underWay.get(key) ?? 0) + 1);
  }

  private leave(keys: readonly ThrottleKey[]): void {
    this.decided++;
    for (const { key } of keys) {
      const left = (this.underWay.get(key) ?? 1) - 1;
      if (left > 0) this.underWay.set(key, left);
      else this.underWay.delete(key);
    }
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private hasRoom({ key, limit }: ThrottleKey, { failures }: Failures): boolean {
    return (this.underWay.get(key) ?? 0) < Math.max(1, limit - failures);
  }

  private async count(keys: readonly ThrottleKey[]): Promise<Lock[]> {
    const locks: Lock[] = [];
    for (const { by, key, limit } of keys) {
      const now = this.clock();
      const failures = await this.throttle.fail(key, now, addSeconds(now, -WINDOW_SECONDS));
      if (failures >= limit) locks.push({ by, failures, seconds: delay(failures - limit) });
    }
    return locks;
  }

  private failures({ key }: ThrottleKey): Promise<Failures> {
    return this.throttle.get(key, addSeconds(this.clock(), -WINDOW_SECONDS));
  }

  /** Seconds until the next attempt is taken; 0 or less: now. */
  private wait({ limit }: ThrottleKey, { failures, last }: Failures): number {
    if (failures < limit || last === null) return 0;
    return secondsBetween(this.clock(), addSeconds(last, delay(failures - limit)));
  }
}

interface Failures {
  readonly failures: number;
  readonly last: Instant | null;
}

/** 1 s at the limit, doubled with each failure beyond it. */
const delay = (beyond: number): number => Math.min(2 ** beyond, LONGEST_DELAY_SECONDS);

const throttled = (retryAfter: number): Refusal => refuse('throttled', { retryAfter });
