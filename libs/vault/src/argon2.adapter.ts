import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { refuse } from '#kernel';
import { normalizePassword } from './password-policy.js';
import type { PasswordHasher } from './password.port.js';

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** More would wait longer than a client does. */
const MOST_WAITING = 1000;
/** Of a random password that nobody knows: verified where there is no account. */
const NOBODY = '$argon2id$v=19$m=19456,t=2,p=1$xei4tG4M6OOhY7fj4twAUg$UQbNI4T+GfgEUyHUXz/6vqNuCq4oWF9iTXz/Xm2qk3c';

/** Lets `concurrency` pieces of work run at a time; refuses with `busy` where too many wait already. */
class Turnstile {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly concurrency: number,
    private readonly mostWaiting: number,
  ) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.concurrency) this.running += 1;
    else await this.queue();
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next(); // takes the place over
    }
  }

  private queue(): Promise<void> {
    if (this.waiting.length >= this.mostWaiting) throw refuse('busy');
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

/** Hashes on the thread pool, one password per core at a time. Rejects with refusal `busy` when 1,000 wait already. */
export function argon2Hasher({ concurrency = availableParallelism(), mostWaiting = MOST_WAITING } = {}): PasswordHasher {
  const turnstile = new Turnstile(concurrency, mostWaiting);
  return {
    hash: (password) => turnstile.run(() => hash(normalizePassword(password), COST)),
    verify: (hashed, password) =>
      turnstile.run(async () => {
        const right = await verify(hashed ?? NOBODY, normalizePassword(password));
        return right && hashed !== null;
      }),
  };
}
