import { Command } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '#commands';
import type { WorkspaceCommand } from './workspace.decider.js';
import type { DomainFindings, SmtpServer, WorkspaceEvent } from './workspace.events.js';
import type { Workspace } from './workspace.fold.js';

export type WorkspaceOutcome = Outcome<Workspace, WorkspaceEvent>;

export interface NewWorkspace {
  readonly name: string;
  readonly slug: string;
  readonly botSlots: number;
  readonly owner: {
    readonly email: string;
    readonly fullName: string;
    readonly password: string;
    readonly requirePasswordChange?: boolean;
  };
}

/** Makes a workspace and, as a follow-up, its first owner. */
export class CreateWorkspace extends Command<WorkspaceOutcome> {
  constructor(
    readonly workspace: NewWorkspace,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** What needs nothing but the workspace's own stream to be decided. */
export type PlainCommand = Exclude<WorkspaceCommand, { type: 'Create' | 'ConfigureSmtp' | 'JudgeDomain' }>;

export class ChangeWorkspace extends Command<WorkspaceOutcome> {
  constructor(
    readonly workspace: string,
    readonly command: PlainCommand,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Sets the mail server. Without a password the one in force stays. */
export class ConfigureSmtp extends Command<WorkspaceOutcome> {
  constructor(
    readonly workspace: string,
    readonly smtp: SmtpServer,
    readonly password: string | null,
    readonly context: CommandContext,
  ) {
    super();
  }
}

/** Looks the domain's proof up in the DNS and records what that changes. Resolves with what was found, too. */
export class VerifyDomain extends Command<WorkspaceOutcome & { readonly found: DomainFindings }> {
  constructor(
    readonly workspace: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}

export interface TestMailResult {
  readonly ok: boolean;
  /** What the server said, or why nothing could be said to it; addresses in it are left out. */
  readonly answer: string;
}

/** Sends a mail by the server in force. Records nothing. */
export class SendTestMail extends Command<TestMailResult> {
  constructor(
    readonly workspace: string,
    readonly to: string,
    readonly context: CommandContext,
  ) {
    super();
  }
}
