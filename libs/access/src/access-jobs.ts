import type { ErrandDesk } from '#commands';
import type { Job, Jobs } from '#jobs';
import type { Clock } from '#kernel';
import type { Vault } from '#vault';
import type { AccessLog } from './access-log.js';
import { END_API_KEY, END_IMPERSONATION, MAIL_EMAIL_CHANGE, MAIL_RESET } from './access.reactions.js';
import type { LinkMails } from './link-mails.js';
import { RESET_REQUEST, type PasswordResets } from './password-resets.js';

/** Seconds between two looks for sessions whose time is over. */
const SWEEP_SECONDS = 5;

/** What the library does by itself: mails with links, and ends that are due. */
export class AccessJobs {
  constructor(
    private readonly vault: Pick<Vault, 'sessions' | 'apiKeys'>,
    private readonly jobs: Jobs,
    private readonly errands: ErrandDesk,
    private readonly log: AccessLog,
    private readonly mails: LinkMails,
    private readonly resets: PasswordResets,
    private readonly clock: Clock,
  ) {}

  /** Before the jobs start. */
  register(): void {
    this.errands.handle(MAIL_RESET, (job) => this.mails.sendReset(job));
    this.errands.handle(MAIL_EMAIL_CHANGE, (job) => this.mails.sendEmailChange(job));
    this.errands.handle(RESET_REQUEST, (job) => this.resets.grant(job));
    this.jobs.handle(END_IMPERSONATION, (job) => this.endImpersonation(job));
    this.errands.handle(END_API_KEY, (job) => this.endApiKey(job));
    this.jobs.every('access.expired-sessions', SWEEP_SECONDS, () => this.sweep());
  }

  /** Removes sessions that nobody can use any more; the end of an impersonation is recorded by the watch on the vault. */
  async sweep(): Promise<void> {
    await this.vault.sessions.expire(this.clock());
  }

  /** An impersonation's time is over; one that has ended before keeps the cause that was recorded. */
  private async endImpersonation({ data }: Job): Promise<void> {
    const { workspace, account, session, staff } = data as Record<'workspace' | 'account' | 'session' | 'staff', string>;
    await this.log.impersonationEnded({ workspace, account, session, staff }, 'expired');
    await this.vault.sessions.endOne(session);
  }

  private async endApiKey({ data }: Job): Promise<void> {
    const { key } = data as Record<'key', string>;
    await this.vault.apiKeys.remove(key);
    await this.vault.sessions.endOne(key);
  }
}
