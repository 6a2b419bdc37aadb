import { once } from 'node:events';

/** What one process at a time holds to do what follows from events, and the name of their checkpoint in the vault. */
export const REACTIONS = 'reactions';

/** Something that one process at a time does. */
export interface Leases {
  /**
   * Runs `work` while this process holds `name`, again and again until `signal` aborts; resolves then. `held` aborts when the name is lost or `signal`
   * aborts. `standsBy` is called whenever another process is seen to live with the name. A hint that saves work, no lock: for a moment two may hold a
   * name, and what they do must stand that. Rejects with what `work` rejects with.
   */
  hold(name: string, signal: AbortSignal, work: (held: AbortSignal) => Promise<void>, standsBy?: () => void): Promise<void>;
}

/** Resolves once the name is lost, or given back. */
export async function untilLost(held: AbortSignal): Promise<void> {
  if (!held.aborted) await once(held, 'abort');
}

/** For a process that nobody shares its stores with. */
export const soleProcess: Leases = { hold: (_name, signal, work) => work(signal) };
