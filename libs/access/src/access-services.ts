import type { CommandBus } from '@nestjs/cqrs';
import type { AccountCommands, Accounts } from '#accounts';
import { ErrandDesk, type CommandRunner } from '#commands';
import type { EventLog } from '#event-store';
import type { Jobs } from '#jobs';
import { earlier, type Clock, type Ids } from '#kernel';
import type { Mailer } from '#mail';
import type { Settings } from '#settings';
import { LinkTokens, type PasswordHasher, type Vault } from '#vault';
import type { Workspaces } from '#workspaces';
import { AccessJobs } from './access-jobs.js';
import { AccessLog } from './access-log.js';
import { ApiKeys } from './api-keys.js';
import { TokenAuthenticator } from './authenticator.js';
import { EmailChanges } from './email-changes.js';
import { Entitlement } from './entitlement.js';
import { FrontDoor } from './front-door.js';
import { Impersonations } from './impersonations.js';
import { InvitationLinks } from './invitation-links.js';
import { LinkMails } from './link-mails.js';
import { Locks } from './locks.js';
import { LogIn } from './log-in.js';
import { LoginThrottle } from './login-throttle.js';
import { PasswordResets } from './password-resets.js';
import { Passwords } from './passwords.js';
import { SessionDesk } from './session-desk.js';
import { SessionTokens } from './session-tokens.js';
import { Sessions } from './sessions.js';
import { WhoAmI } from './who-am-i.js';

/** All that access stands on. */
export interface AccessPorts {
  readonly log: EventLog;
  readonly runner: CommandRunner;
  readonly vault: Vault;
  readonly passwords: PasswordHasher;
  readonly accounts: Accounts;
  readonly commands: AccountCommands;
  readonly workspaces: Workspaces;
  readonly bus: Pick<CommandBus, 'execute'>;
  readonly jobs: Jobs;
  readonly mailer: Mailer;
  readonly settings: Pick<Settings, 'loginFailuresPerAddress' | 'loginFailuresPerSource'>;
  readonly clock: Clock;
  readonly ids: Ids;
}

export const ACCESS = Symbol('AccessServices');
export type AccessServices = ReturnType<typeof accessServices>;

/** The library's services, put together. */
export function accessServices(ports: AccessPorts) {
  const {
    log: events,
    runner,
    vault,
    passwords,
    accounts,
    commands,
    workspaces,
    bus,
    jobs,
    mailer,
    settings,
    clock,
    ids,
  } = ports;
  const log = new AccessLog(events, runner.loader);
  const { addresses } = accounts;
  const door = new FrontDoor(workspaces);
  const entitlement = new Entitlement(accounts, workspaces, events.store);
  const tokens = new SessionTokens(vault.secrets);
  const links = new LinkTokens(vault.secrets);
  const errands = new ErrandDesk(vault.errands, jobs, () => events.store.now());
  const desk = new SessionDesk(vault.sessions, entitlement, tokens, clock, ids);
  const throttle = new LoginThrottle(vault.throttle, addresses, door, settings, clock);
  const newPasswords = new Passwords(bus, commands, entitlement, vault, passwords, throttle, desk, log);
  const resets = new PasswordResets({
    ...{ runner, bus, commands, door, holders: addresses, entitlement, workspaces, log, links, errands, ids },
    passwords: newPasswords,
  });
  const mails = new LinkMails(entitlement, log, workspaces, links, mailer);
  return {
    log,
    desk,
    entitlement,
    throttle,
    errands,
    authenticator: new TokenAuthenticator(vault, entitlement, door, clock),
    logIn: new LogIn(door, throttle, accounts, entitlement, vault, passwords, desk, log, workspaces),
    sessions: new Sessions(vault, desk, door, log, clock),
    whoAmI: new WhoAmI(vault, entitlement),
    impersonations: new Impersonations(runner, entitlement, desk, vault, log, clock, ids),
    apiKeys: new ApiKeys(runner, entitlement, vault, tokens, log, ids),
    passwords: newPasswords,
    locks: new Locks(runner, accounts, newPasswords),
    resets,
    emailChanges: new EmailChanges(bus, entitlement, links, log),
    invitationLinks: new InvitationLinks(bus, commands, door, entitlement, links, desk, log),
    // COR-23: neither a machine whose clock is ahead nor a log whose time is ends anything early
    jobs: new AccessJobs(vault, jobs, errands, log, mails, resets, () => earlier(clock(), events.store.now())),
  };
}
