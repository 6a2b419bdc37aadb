import {
  AccountCommands,
  accountEvents,
  AccountErasure,
  Accounts,
  AddressBook,
  ChangeAccount,
  mailEvents,
  noErasureLedger,
} from '#accounts';
import type { AccountCommand, AccountOutcome } from '#accounts';
import { accessEvents, accessServices, watchedVault, type AccessServices } from '#access';
import {
  claimEvents,
  CommandRunner,
  domainStream,
  poolStream,
  Resources,
  slugStream,
  StreamLoader,
  systemContext,
  workspaceStream,
  type CommandContext,
} from '#commands';
import { EventCodec, EventLog, MemoryEventStore, type DomainEvent, type Recorded } from '#event-store';
import { memoryJobs } from '#jobs';
import { addSeconds, PLATFORM, type Instant } from '#kernel';
import type { Mail, Mailer } from '#mail';
import type { Principal, Role } from '#policy';
import { readSettings } from '#settings';
import { memoryVault, type PasswordHasher, type Vault } from '#vault';
import { Workspaces, workspaceEvents } from '#workspaces';

export const NOON = '2026-01-31T12:00:00.000Z';
export const PASSWORD = 'correct horse battery';
export const ORIGIN = { address: '192.0.2.7', agent: 'Browser/1' };
const settings = readSettings({ WHITEBOOK_PLATFORM_HOST: 'whitebook.test', WHITEBOOK_MAIL: 'none' });

export interface PlaceOptions {
  /** Awaited before each operation of the vault, each append, and each reading of an account's stream (`read`): chooses their order. */
  readonly before?: (step: string) => Promise<void>;
  /** Makes the vault; without, one whose operations are one step each. */
  readonly vault?: typeof memoryVault;
}

class GatedStore extends MemoryEventStore {
  constructor(
    clock: () => Instant,
    private readonly before: (step: string) => Promise<void>,
  ) {
    super({ clock, atomic: true, cut: () => before('append') });
  }

  override async read(stream: string, after?: number) {
    if (stream.startsWith('account-')) await this.before('read');
    return super.read(stream, after);
  }
}

export interface NewMember {
  readonly email: string;
  readonly role?: Role;
  readonly password?: string;
  readonly username?: string;
  readonly passwordChangeRequired?: boolean;
  readonly testDays?: number;
}

/** One process: everything but log and vault, which all of them share, is its own. */
export interface AccessProcess {
  readonly accounts: Accounts;
  readonly commands: AccountCommands;
  readonly access: AccessServices;
  readonly loader: StreamLoader;
  change(account: string, command: AccountCommand, context?: CommandContext): Promise<AccountOutcome>;
}

/** Accounts and access in memory: a clock that stands, ids that count, passwords that are hashed by their name. */
export class AccessPlace {
  now: Instant = NOON;
  workspace = '';
  verified = 0;
  readonly sent: Mail[] = [];
  readonly jobs = memoryJobs({ clock: () => this.now });
  readonly store: MemoryEventStore;
  readonly vault: Vault;
  readonly log: EventLog;
  readonly main: AccessProcess;
  private ids = 0;

  constructor({ before, vault = memoryVault }: PlaceOptions = {}) {
    const clock = (): Instant => this.now;
    this.store = before ? new GatedStore(clock, before) : new MemoryEventStore({ clock, atomic: true });
    this.vault = vault({ clock, ...(before ? { before } : {}) });
    const definitions = [...claimEvents, ...workspaceEvents, ...accountEvents, ...mailEvents, ...accessEvents];
    this.log = new EventLog(this.store, new EventCodec(definitions, this.vault.keys));
    this.main = this.process();
  }

  get access(): AccessServices {
    return this.main.access;
  }

  readonly nextId = (): string => (++this.ids).toString(16).padStart(32, '0');

  after(seconds: number): void {
    this.now = addSeconds(this.now, seconds);
  }

  readonly passwords: PasswordHasher = {
    hash: async (password) => `hash of ${password}`,
    verify: async (hash, password) => {
      this.verified++;
      return hash === `hash of ${password}`;
    },
  };

  readonly mailer: Mailer = {
    installation: true,
    send: async (mail) => {
      this.sent.push(mail);
      return '250 ok';
    },
    forget: async () => undefined,
  };

  process(): AccessProcess {
    const { log, store, mailer, passwords, jobs } = this;
    const clock = (): Instant => this.now;
    const resources = new Resources(log, store.snapshots);
    const loader = new StreamLoader(log, store.snapshots, this.vault.keys);
    const vault = watchedVault(this.vault, log, loader);
    const runner = new CommandRunner(log, loader, resources, vault.answers, undefined, async () => undefined);
    const workspaces = new Workspaces(log, vault, settings, mailer, () => 3000);
    const accounts = new Accounts(loader, new AddressBook(vault.secrets, resources, log, loader), workspaces);
    const erasure = new AccountErasure(vault, store.snapshots, mailer, jobs, clock, noErasureLedger);
    const commands = new AccountCommands(runner, accounts, erasure, vault, passwords);
    const bus = { execute: (command: unknown) => commands.run(command as ChangeAccount) as never };
    const ports = { log, runner, vault, passwords, accounts, commands, workspaces, bus, jobs, mailer, settings, clock };
    const access = accessServices({ ...ports, ids: this.nextId });
    const change = (account: string, command: AccountCommand, context = this.system()) =>
      commands.run(new ChangeAccount(account, command, context));
    return { accounts, commands, access, loader, change };
  }

  /** A workspace with a slug, and a verified domain where one is named. It becomes the place's own. */
  async open(slug: string, domain?: string): Promise<string> {
    const id = this.nextId();
    const stream = workspaceStream(id);
    await this.vault.keys.insert(id);
    this.workspace = id;
    await this.append(stream, [{ type: 'WorkspaceCreated', data: { id, name: slug, slug, botSlots: 10 } }]);
    await this.append(poolStream(id), [{ type: 'PoolResized', data: { botSlots: 10 } }]);
    await this.append(slugStream(slug), [claim(slugStream(slug), stream)]);
    if (domain === undefined) return id;
    await this.append(domainStream(domain), [claim(domainStream(domain), stream)]);
    await this.append(stream, [
      { type: 'DomainSet', data: { domain, proof: 'proof', from: null } },
      { type: 'DomainVerified', data: { domain, found: { txt: [], cname: [] } } },
    ]);
    return id;
  }

  /** An account made by the system; its id. */
  async member({ email, role = 'user', password = PASSWORD, username, ...more }: NewMember): Promise<string> {
    const id = this.nextId();
    const profile = {
      email,
      username: username ?? null,
      fullName: 'Somebody',
      company: null,
      phone: null,
      attributes: {},
      comment: null,
      utm: null,
    };
    const { testDays = null, passwordChangeRequired = false } = more;
    const terms = { role, plan: this.workspace === '' ? '' : 'standard', test: testDays !== null, testDays };
    const account = { profile, ...terms, botSlots: 0, conversations: null, teamMembers: 10 };
    const credential = { id: this.nextId(), hash: await this.passwords.hash(password) };
    const command = { type: 'Create', first: true, account, credential: credential.id, passwordChangeRequired } as const;
    await this.main.commands.run(new ChangeAccount(id, command, this.system(), credential));
    return id;
  }

  /** Adds events to a stream as they are. */
  async append(stream: string, events: DomainEvent[]): Promise<void> {
    const workspace = this.workspace === '' ? PLATFORM : this.workspace;
    const { actor, commandId, correlationId } = this.system();
    const expected = (await this.store.read(stream)).at(-1)?.revision ?? -1;
    const metadata = { workspace, subject: workspace, actor, commandId, correlationId, at: this.now };
    await this.log.append([{ stream, expected, workspace, events, metadata }]);
  }

  system(): CommandContext {
    return systemContext(this.workspace === '' ? PLATFORM : this.workspace, this.nextId());
  }

  /** The context of a request by a proved caller. */
  by(principal: Principal, more: Partial<CommandContext> = {}): CommandContext {
    const { act, account, role, workspace } = principal;
    const actor = { id: act?.account ?? account, role: act?.role ?? role, workspace };
    const behalf = act ? { onBehalfOf: account } : {};
    return { ...this.system(), workspace, actor, principal, origin: ORIGIN, ...behalf, ...more };
  }

  /** A log-in, on the workspace's slug at the platform's own host by default. */
  logIn(
    login: string,
    password = PASSWORD,
    { host = 'whitebook.test', workspace = 'northwind', from = this.main, address = ORIGIN.address }: LoginAs = {},
  ) {
    return from.access.logIn.logIn({
      host,
      workspace: workspace ?? undefined,
      login,
      password,
      origin: { ...ORIGIN, address },
      context: (proved) => ({
        ...this.system(),
        actor: { id: null, role: 'anonymous', workspace: PLATFORM },
        origin: ORIGIN,
        ...proved,
      }),
    });
  }

  /** Who holds a token; null when nobody does. */
  who(token: string, host = 'whitebook.test'): Promise<Principal | null> {
    return this.access.authenticator.authenticate(token, { host });
  }

  /** Logs in and gives the proved caller. */
  async caller(login: string): Promise<Principal> {
    const { minted } = await this.logIn(login);
    const principal = await this.who(minted.token);
    if (!principal) throw new Error('nobody is proved');
    return principal;
  }

  async events(stream: string): Promise<Recorded[]> {
    return this.log.read(stream);
  }

  async types(stream: string): Promise<string[]> {
    return (await this.events(stream)).map(({ event }) => event.type);
  }
}

interface LoginAs {
  readonly host?: string;
  readonly workspace?: string | null;
  readonly from?: AccessProcess;
  readonly address?: string;
}

const claim = (resource: string, holder: string): DomainEvent => ({
  type: 'ClaimTaken',
  data: { claim: `made/${resource}/0`, holder, amount: 1, settled: true },
});
