import { exists, isResetSpent } from '#accounts';
import type { Job } from '#jobs';
import type { Instant } from '#kernel';
import { emailChangeMail, MailFailed, passwordResetMail, type LinkMailSetting, type MailContent, type Mailer } from '#mail';
import type { LinkPurpose, LinkTokens } from '#vault';
import type { Workspaces } from '#workspaces';
import type { AccessLog } from './access-log.js';
import type { Entitlement, Judgement } from './entitlement.js';

interface LinkMail {
  readonly purpose: LinkPurpose;
  readonly to: string;
  readonly expiresAt: Instant;
  render(setting: LinkMailSetting): MailContent;
}

/** The mail of one generation; null where it is not wanted any more. */
type FindMail = (judgement: Judgement, generation: number) => Promise<LinkMail | null>;

/** COR-6, COR-24: mails with a link. The secret is derived when the mail is sent; whether it is still wanted is asked right before. */
export class LinkMails {
  constructor(
    private readonly entitlement: Entitlement,
    private readonly log: AccessLog,
    private readonly workspaces: Workspaces,
    private readonly links: LinkTokens,
    private readonly mailer: Mailer,
  ) {}

  /** Rejects to be tried again; resolves when the mail is out, or not wanted any more. */
  sendReset(job: Job): Promise<void> {
    return this.send(job, (judgement, generation) => this.reset(judgement, generation));
  }

  sendEmailChange(job: Job): Promise<void> {
    return this.send(job, (judgement, generation) => this.emailChange(judgement, generation));
  }

  /** COR-16: of an account that was ended while its mail was on its way none is left. */
  private async send(job: Job, find: FindMail): Promise<void> {
    const { workspace, account } = job.data as { workspace: string; account: string };
    try {
      await this.attempt(job, find);
    } finally {
      const { state } = await this.entitlement.judge(workspace, account);
      if (!exists(state)) await this.mailer.forget(account);
    }
  }

  private async attempt({ data }: Job, find: FindMail): Promise<void> {
    const { workspace, account, generation } = data as { workspace: string; account: string; generation: number };
    const judgement = await this.entitlement.judge(workspace, account);
    const { facts } = judgement;
    const mail = facts && this.entitlement.mayEnter(judgement) ? await find(judgement, generation) : null;
    if (!facts || !mail || this.entitlement.now() >= mail.expiresAt) return;
    const route = await this.workspaces.transportFor(facts);
    if (!route) return;
    const { branding, workspace: name, from, replyTo, transport } = route;
    const token = await this.links.derive(mail.purpose, workspace, account, generation);
    const link = `${this.workspaces.linkBase(facts)}/${mail.purpose}#${token}`;
    const content = mail.render({ branding, workspace: name, link, expiresAt: mail.expiresAt });
    const id = `${mail.purpose}.${account}.${generation}`;
    try {
      await this.mailer.send(
        { id, account, to: { address: mail.to }, from, ...(replyTo ? { replyTo } : {}), ...content },
        transport,
      );
    } catch (error) {
      if (!(error instanceof MailFailed && error.permanent)) throw error;
    }
  }

  private async reset({ workspace, account, state }: Judgement, generation: number): Promise<LinkMail | null> {
    const { resets } = await this.log.load(workspace, account);
    const link = resets.find((reset) => reset.generation === generation);
    if (!link || isResetSpent(state, link)) return null;
    return { purpose: 'reset', to: state.profile.email, expiresAt: link.expiresAt, render: passwordResetMail };
  }

  private async emailChange({ state: { emailChange } }: Judgement, generation: number): Promise<LinkMail | null> {
    if (emailChange?.generation !== generation) return null;
    return { purpose: 'email', to: emailChange.email, expiresAt: emailChange.expiresAt, render: emailChangeMail };
  }
}
