import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { normalizePassword } from './password-policy.js';
import type { PasswordHasher } from './password.port.js';
import { HashQueue } from './hash-queue.js';

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** More would wait longer than a client does. */
const MOST_WAITING = 1000;
/** Of a random password that nobody knows: verified where there is no account. */
const NOBODY = '$argon2id$v=19$m=19456,t=2,p=1$xei4tG4M6OOhY7fj4twAUg$UQbNI4T+GfgEUyHUXz/6vqNuCq4oWF9iTXz/Xm2qk3c';

/** Hashes on the thread pool, one password per core at a time. Rejects with refusal `busy` when 1,000 wait already. */
export function argon2Hasher({ concurrency = availableParallelism(), mostWaiting = MOST_WAITING } = {}): PasswordHasher {
  const queue = new HashQueue(concurrency, mostWaiting);
  return {
    hash: (password) => queue.runInLots(() => hash(normalizePassword(password), COST)),
    verify: (hashed, password) =>
      queue.run(async () => {
        const right = await verify(hashed ?? NOBODY, normalizePassword(password));
        return right && hashed !== null;
      }),
  };
}
