/** argon2id (m = 19 MiB, t = 2, p = 1), off the event loop, at bounded concurrency. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** False for another password; for `null` the work is done all the same, so that time tells nothing. */
  verify(hash: string | null, password: string): Promise<boolean>;
}
