import { Inject, Injectable } from '@nestjs/common';
import { IDS, JOBS, MAILER, READ_STORE, systemContext, VAULT } from '#commands';
import { Conflict, EventLog, NO_STREAM, StoreUnavailable } from '#event-store';
import type { Job, JobContext, Jobs } from '#jobs';
import { addSeconds, type Ids } from '#kernel';
import { invitationMail, MailFailed, type Mail, type Mailer } from '#mail';
import type { ReadStore } from '#read-store';
import { LinkTokens, type Vault } from '#vault';
import { Workspaces, type WorkspaceFacts, type MailRoute } from '#workspaces';
import { exists, type Account } from './account.js';
import { Accounts } from './accounts.js';
import { invitationMailKey, SEND_INVITATION } from './account.reactions.js';
import { rowsAs } from './account.queries.js';
import type { InvitationRow } from './invitations.projection.js';
import { mailStream, type MailEvent } from './mail.events.js';

/** Times that a mail is tried, with back-off, before it is given up: about a day. */
const MOST_ATTEMPTS = 300;
/** Seconds after which a mail that was asked for and has no job any more is asked for again. */
const LOST_AFTER_SECONDS = 30;
const BATCH = 100;

/** Sends invitations and records what became of them. The secret is derived when the mail is sent; nothing else holds it. */
@Injectable()
export class InvitationMailer {
  private readonly links: LinkTokens;

  constructor(
    private readonly accounts: Accounts,
    private readonly workspaces: Workspaces,
    private readonly log: EventLog,
    @Inject(VAULT) vault: Vault,
    @Inject(MAILER) private readonly mailer: Mailer,
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(READ_STORE) private readonly store: ReadStore,
    @Inject(IDS) private readonly ids: Ids,
  ) {
    this.links = new LinkTokens(vault.secrets);
  }

  /** Before the jobs start. */
  register(): void {
    this.jobs.handle(SEND_INVITATION, async (job, context) => {
      try {
        await this.send(job, context);
      } finally {
        await this.forgetEnded(job);
      }
    });
  }

  /** COR-24: what was asked for and is not recorded as done is due, whatever became of the queue. */
  async sweep(): Promise<void> {
    const before = addSeconds(this.log.store.now(), -LOST_AFTER_SECONDS);
    for (const state of ['queued', 'retrying']) {
      const { rows } = await this.store.find({
        collection: 'accounts/invitations',
        filters: [
          { field: 'state', op: 'eq', value: 'pending' },
          { field: 'deliveryState', op: 'eq', value: state },
          { field: 'sentAt', op: 'range', to: before },
        ],
        sort: { field: 'sentAt', descending: false },
        limit: BATCH,
      });
      for (const { workspace, account, generation } of rowsAs<InvitationRow>(rows))
        await this.rearm(workspace, account, generation);
    }
  }

  private async rearm(workspace: string, account: string, generation: number): Promise<void> {
    const key = invitationMailKey(account);
    if (await this.jobs.state(key)) return;
    await this.jobs.at(key, this.log.store.now(), { type: SEND_INVITATION, data: { workspace, account, generation } });
  }

  private async send({ data }: Job, { attempt }: JobContext): Promise<void> {
    const { workspace, account, generation } = data as { workspace: string; account: string; generation: number };
    const { state } = await this.accounts.load(workspace, account);
    const { invitation } = state;
    if (state.phase !== 'pending' || invitation?.generation !== generation || this.log.store.now() >= invitation.expiresAt)
      return;
    if (await this.isDone(workspace, account, generation)) return;
    const facts = await this.workspaces.facts(workspace);
    const route = facts && (await this.workspaces.transportFor(facts));
    const via = route?.via ?? invitation.via;
    const told = { invitation: invitation.id, generation, via };
    try {
      if (!facts || !route) throw new MailFailed('no mail server is configured', false);
      await this.mailer.send(await this.mail(facts, route, account, state), route.transport);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error; // nothing is known of the mail itself: the job runs again
      const permanent = !(error instanceof MailFailed) || error.permanent || attempt >= MOST_ATTEMPTS;
      const message = error instanceof MailFailed ? error.message : 'the mail could not be sent';
      await this.record(workspace, account, {
        type: 'InvitationMailFailed',
        data: { ...told, error: message, retrying: !permanent },
      });
      if (!permanent) throw error;
      return;
    }
    await this.record(workspace, account, { type: 'InvitationMailSent', data: told });
  }

  /** COR-16: an account that was ended while its mail was on its way has none left. */
  private async forgetEnded({ data }: Job): Promise<void> {
    const { workspace, account } = data as { workspace: string; account: string };
    const { state } = await this.accounts.load(workspace, account);
    if (!exists(state)) await this.mailer.forget(account);
  }

  private async mail(
    facts: WorkspaceFacts,
    { branding, workspace, from, replyTo }: MailRoute,
    account: string,
    { profile, invitation }: Account,
  ): Promise<Mail> {
    const { generation = 0, expiresAt = '' } = invitation ?? {};
    const link = `${this.workspaces.linkBase(facts)}/accept#${await this.links.derive('invitation', facts.id, account, generation)}`;
    return {
      id: `invitation.${account}.${generation}`,
      account,
      to: { address: profile.email, ...(profile.fullName === null ? {} : { name: profile.fullName }) },
      from,
      ...(replyTo ? { replyTo } : {}),
      ...invitationMail({ branding, workspace, link, expiresAt }),
    };
  }

  private async isDone(workspace: string, account: string, generation: number): Promise<boolean> {
    const events = await this.log.read<MailEvent>(mailStream(workspace, account));
    return events.some(({ event }) => event.type === 'InvitationMailSent' && event.data.generation === generation);
  }

  /**
   * Repeated failures are one event each time only while something changes: the first, and the last. What comes of a mail after the invitation
   * was sent again is of no interest any more, and must not be taken for what came of the later one.
   */
  private async record(workspace: string, account: string, event: MailEvent): Promise<void> {
    const stream = mailStream(workspace, account);
    const { generation } = event.data;
    for (;;) {
      const { state } = await this.accounts.load(workspace, account);
      const events = await this.log.read<MailEvent>(stream);
      if ((state.invitation?.generation ?? 0) > generation || events.some((mail) => mail.event.data.generation > generation))
        return;
      if (JSON.stringify(events.at(-1)?.event) === JSON.stringify(event)) return;
      const { actor, correlationId } = systemContext(workspace, this.ids());
      const metadata = { workspace, subject: account, actor, commandId: null, correlationId, at: this.log.store.now() };
      try {
        await this.log.append([{ stream, expected: events.at(-1)?.revision ?? NO_STREAM, workspace, events: [event], metadata }]);
        return;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }
}
