/** 32 bytes for AES-256-GCM, held for a request or a batch, no longer. */
export type PersonKey = Buffer;

/** The keys under which personal data is sealed: one per person (account) and one per workspace. Destroying one is what erases. */
export interface PersonKeys {
  /** Makes the person's key, only by the command that creates the person. False where key or tombstone is there already. */
  insert(person: string): Promise<boolean>;
  /** The keys of those persons that have one; `destroyed` where a tombstone stands; absent where neither is. */
  getMany(persons: readonly string[]): Promise<Map<string, PersonKey | 'destroyed'>>;
  /** Leaves a tombstone in place of the key. Again: nothing new happens. */
  destroy(person: string): Promise<void>;
}
