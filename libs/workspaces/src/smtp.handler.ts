import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CLOCK, MAILER, VAULT, type CommandContext } from '#commands';
import { KeyedQueue, refuse, type Clock } from '#kernel';
import { MailFailed, testMail, type Mail, type Mailer } from '#mail';
import type { Vault } from '#vault';
import { ConfigureSmtp, SendTestMail, type TestMailResult, type WorkspaceOutcome } from './workspace.commands.js';
import { decide } from './workspace.decider.js';
import type { Workspace } from './workspace.fold.js';
import { WorkspaceRunner } from './workspace-runner.js';
import { Workspaces, type MailRoute } from './workspaces.js';

/** WS-5: the password goes into the vault under a name of its own, then the event names it; the one before is removed. */
@CommandHandler(ConfigureSmtp)
export class ConfigureSmtpHandler implements ICommandHandler<ConfigureSmtp> {
  constructor(
    private readonly runner: WorkspaceRunner,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  execute({ workspace, smtp, password: given, context }: ConfigureSmtp): Promise<WorkspaceOutcome> {
    const password = smtp.user === null ? null : given;
    const fresh = `smtp/${workspace}/${context.commandId}`;
    let secret: string | null = null;
    let written = false;
    return this.runner.run(workspace, context, {
      decide: async (state) => {
        secret = password === null ? null : await this.secretOf(state, password, fresh);
        return decide(state, { type: 'ConfigureSmtp', smtp, secret });
      },
      prepare: async () => {
        if (secret !== fresh || password === null) return;
        await this.vault.secrets.put(fresh, Buffer.from(password));
        written = true;
      },
      discard: async () => {
        if (written) await this.vault.secrets.remove(fresh);
      },
    });
  }

  /** The secret in force where it holds this very password: then nothing changes. */
  private async secretOf({ smtp }: Workspace, password: string, fresh: string): Promise<string> {
    const present = smtp?.secret ?? null;
    if (present === null) return fresh;
    return (await this.vault.secrets.get(present))?.equals(Buffer.from(password)) ? present : fresh;
  }
}

/** WS-5: reports what the server says. Keyed, the mail goes out once and the report is kept. */
@CommandHandler(SendTestMail)
export class SendTestMailHandler implements ICommandHandler<SendTestMail> {
  private readonly queue = new KeyedQueue();

  constructor(
    private readonly workspaces: Workspaces,
    @Inject(MAILER) private readonly mailer: Mailer,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async execute(command: SendTestMail): Promise<TestMailResult> {
    const { commandId, fingerprint, dryRun } = command.context;
    if (fingerprint === undefined || dryRun) return this.send(command);
    return this.queue.run([commandId], () => this.once(command, fingerprint));
  }

  private async once(command: SendTestMail, fingerprint: string): Promise<TestMailResult> {
    const { commandId } = command.context;
    const kept = await keptResult(this.vault, command.context);
    if (kept) return kept;
    const answer = JSON.stringify(await this.send(command));
    const stands = await this.vault.answers.insert({ commandId, fingerprint, answer, at: this.clock() });
    return JSON.parse(stands.answer) as TestMailResult;
  }

  private async send({ workspace, to, context }: SendTestMail): Promise<TestMailResult> {
    const facts = await this.workspaces.facts(workspace);
    const route = facts && (await this.workspaces.transportFor(facts));
    if (!route) throw refuse(facts ? 'smtp-not-configured' : 'not-found');
    return context.dryRun ? { ok: true, answer: '' } : this.attempt(route, mailOf(route, to, context));
  }

  private async attempt({ transport }: MailRoute, mail: Mail): Promise<TestMailResult> {
    try {
      return { ok: true, answer: withoutAddresses(await this.mailer.send(mail, transport)) };
    } catch (error) {
      if (!(error instanceof MailFailed)) throw error;
      return { ok: false, answer: withoutAddresses(error.message) };
    }
  }
}

/** What came of a keyed test mail that was sent before; null for a new one. */
export async function keptResult(
  { answers }: Pick<Vault, 'answers'>,
  { commandId, fingerprint }: CommandContext,
): Promise<TestMailResult | null> {
  const kept = await answers.get(commandId);
  if (kept && kept.fingerprint !== fingerprint) throw refuse('idempotency-key-reused');
  return kept && (JSON.parse(kept.answer) as TestMailResult);
}

const mailOf = ({ branding, workspace, from, replyTo }: MailRoute, to: string, context: CommandContext): Mail => ({
  ...testMail({ branding, workspace }),
  id: context.commandId,
  account: context.actor.id ?? context.workspace,
  to: { address: to },
  from,
  replyTo,
});

/** Servers repeat the recipient in what they say; what is kept and logged of it names nobody. */
const withoutAddresses = (text: string): string => text.replace(/[^\s<>]+@[^\s<>]+/g, '…');
