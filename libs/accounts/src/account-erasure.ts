import { accountStream } from '#commands';
import type { Snapshots } from '#event-store';
import type { Jobs } from '#jobs';
import { addSeconds, type Clock, type Instant } from '#kernel';
import type { Mailer } from '#mail';
import type { Vault } from '#vault';
import type { ErasureLedger } from './erasure-ledger.port.js';

/** Job that removes what deleted rows and keys have left in files. */
export const SCRUB = 'scrub';
/** Within 5 s of the answer no file holds the person's data any more: begun after one second, for all that were deleted meanwhile. */
const SCRUB_AFTER_SECONDS = 1;

/** Makes a person unreadable: key, credentials, API keys, snapshots and mails, and in what is restored later. Again: nothing new happens. */
export class AccountErasure {
  private scrubAt: Instant = '';

  constructor(
    private readonly vault: Vault,
    private readonly snapshots: Snapshots,
    private readonly mailer: Mailer,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly ledger: ErasureLedger,
  ) {}

  async erase(workspace: string, account: string): Promise<void> {
    await this.ledger.note(workspace, account);
    await this.vault.keys.destroy(account);
    await this.vault.apiKeys.removeOf(account);
    await this.vault.credentials.removeOf(account);
    await this.snapshots.forget(accountStream(workspace, account));
    await this.mailer.forget(account);
  }

  /**
   * For the one process that does what follows from events: no request asks the queue for anything. A scrub that was asked for is not put off:
   * under deletes without a pause it would never come. One that may have begun is asked for again.
   */
  async scrubSoon(): Promise<void> {
    const now = this.clock();
    if (this.scrubAt > now) return;
    const at = addSeconds(now, SCRUB_AFTER_SECONDS);
    await this.jobs.at(SCRUB, at, { type: SCRUB, data: {} });
    this.scrubAt = at;
  }
}
