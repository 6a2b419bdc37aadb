/** Provides the `ErasureLedger`. */
export const ERASURE_LEDGER = Symbol('ErasureLedger');

/** Who was erased, as ids only: kept outside the backups, so that a restored one brings nobody back. */
export interface ErasureLedger {
  /** Resolves once the account is on record for good; the same again does nothing. */
  note(workspace: string, account: string): Promise<void>;
}

/** For compositions whose data are never restored. */
export const noErasureLedger: ErasureLedger = { note: async () => undefined };
