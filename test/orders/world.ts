import {
  accountEvents,
  AccountCommands,
  AccountErasure,
  accountIdOf,
  Accounts,
  AddressBook,
  ChangeAccount,
  noErasureLedger,
  type AccountCommand,
} from '#accounts';
import {
  accountStream,
  claimEvents,
  CommandRunner,
  poolStream,
  Resources,
  StreamLoader,
  systemContext,
  type ClaimDesk,
  type CommandContext,
} from '#commands';
import { EventCodec, EventLog, MemoryEventStore, type EventStore, type Revision, type StoredEvent } from '#event-store';
import type { Jobs } from '#jobs';
import { addSeconds, KeyedQueue, Refusal } from '#kernel';
import type { Mailer } from '#mail';
import { readSettings } from '#settings';
import { memoryVault, type PasswordHasher, type Vault } from '#vault';
import { Workspaces } from '#workspaces';

/** More than a world has; room for many would cost more than what an order does. */
const STREAMS = 100;

export const WORKSPACE = 'brand';
const START = '2026-01-31T09:00:00.000Z';
/** More than a claim is young. */
const A_MINUTE_AND_MORE = 61;
/** Reads of keys go with the write that they are for: several at once are one step. */
const NO_STEP = ['keys.getMany'];

/** One command as a client sends it; the same `id` again is the same command again. */
export interface Sent {
  readonly id: string;
  readonly account: string;
  readonly command: AccountCommand;
}

/** `done`, `already`, `nothing`, the code of a refusal, or `error: …` for what should never be answered. */
export interface Answer {
  readonly sent: Sent;
  readonly answer: string;
}

/** Another desk in place of the real one, to see that the checks find it wrong. */
export type MakeDesk = (log: EventLog, resources: Resources) => ClaimDesk;

export interface WorldOptions {
  /** Awaited before each call that is a step. */
  readonly point: (label: string) => Promise<void>;
  readonly desk?: MakeDesk;
  /** The log, where it is not the one in memory that can be cut between any two steps. Its time is the world's. */
  readonly log?: EventStore;
}

const mailer: Mailer = { installation: true, send: async () => 'taken', forget: async () => {} };
const jobs: Pick<Jobs, 'at' | 'state'> = { at: async () => {}, state: async () => null };
const passwords: PasswordHasher = { hash: async (password) => password, verify: async () => true };
const settings = readSettings({});

class SteppedStore extends MemoryEventStore {
  /** Whether reads are steps. */
  reads = false;

  constructor(
    private readonly point: (label: string) => Promise<void>,
    clock: () => string,
  ) {
    super({
      clock,
      cut: ({ append }) => point(`append ${append.events.map(({ type }) => type).join(', ')} to ${kindOf(append.stream)}`),
    });
  }

  override async read(stream: string, after?: Revision): Promise<StoredEvent[]> {
    if (this.reads) await this.point(`read ${kindOf(stream)}`);
    return super.read(stream, after);
  }
}

/** Streams by what they are: the rest of an address' name is a hash. */
const kindOf = (stream: string): string =>
  stream.slice(0, stream.startsWith('email') ? 18 : stream.startsWith('account') ? 20 : 40);

/** Every workspace has what it needs to have accounts. */
class OpenWorkspaces extends Workspaces {
  override async facts(): Promise<null> {
    return null;
  }
}

/** As one process of the operating system has it: caches and queues of its own over the store and the vault of all. */
export interface Process {
  readonly runner: CommandRunner;
  readonly accounts: Accounts;
  readonly resources: Resources;
  /** Sends a command and gives its answer; never rejects. */
  send(sent: Sent): Promise<Answer>;
}

/** One log, one vault, and any number of processes over them. */
export class World {
  now = START;
  readonly store: SteppedStore;
  readonly vault: Vault;
  readonly answers: Answer[] = [];
  private readonly workspaces: Workspaces;
  private processes = 0;

  constructor(private readonly options: WorldOptions) {
    this.store = new SteppedStore(options.point, () => this.now);
    this.vault = memoryVault({
      clock: () => this.now,
      before: (operation) => (NO_STEP.includes(operation) ? Promise.resolve() : options.point(operation)),
    });
    this.workspaces = new OpenWorkspaces(this.log(), this.vault, settings, mailer, () => 0);
  }

  /** Lets more time pass than a claim is young. */
  readonly sleep = (): void => {
    this.now = addSeconds(this.now, A_MINUTE_AND_MORE);
  };

  /** The pool gets its places. */
  async open(botSlots: number): Promise<void> {
    await this.vault.secrets.put(`addresses/${WORKSPACE}`, Buffer.alloc(32, 3));
    const { commandId, ...metadata } = contextOf('open');
    await this.log().append([
      {
        stream: poolStream(WORKSPACE),
        expected: -1,
        workspace: WORKSPACE,
        events: [{ type: 'PoolResized', data: { botSlots } }],
        metadata: { ...metadata, subject: null, commandId: null, causationId: commandId, at: this.now },
      },
    ]);
  }

  /** `over`: its own way to the log of all. */
  process(over?: EventStore): Process {
    const attempt = ++this.processes;
    const log = this.log(over);
    const { vault, store } = this;
    const resources = new Resources(log, store.snapshots);
    const loader = new StreamLoader(log, store.snapshots, vault.keys, STREAMS);
    const pause = (): Promise<void> => this.options.point('pause');
    const runner = new CommandRunner(log, loader, resources, vault.answers, new KeyedQueue(), pause);
    if (this.options.desk) Object.assign(runner, { desk: this.options.desk(log, resources) });
    const accounts = new Accounts(loader, new AddressBook(vault.secrets, resources, log, loader), this.workspaces);
    const erasure = new AccountErasure(vault, store.snapshots, mailer, jobs as Jobs, () => this.now, noErasureLedger);
    const commands = new AccountCommands(runner, accounts, erasure, vault, passwords);
    return { runner, accounts, resources, send: (sent) => this.answerOf(commands, withCredential(sent, attempt)) };
  }

  /** What a sweep does that has all the time it wants: open claims are judged once they are old, and what is given up is released. */
  async sweep({ runner, resources: folded }: Process, holders: readonly string[], resources: readonly string[]): Promise<void> {
    this.sleep();
    const context = systemContext(WORKSPACE, `sweep at ${this.now}`);
    for (const stream of resources) {
      for (const claim of Object.keys((await folded.load(stream)).open)) await runner.desk.judgeOpen(claim, context);
    }
    for (const stream of holders) await runner.desk.settle(stream, context);
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.vault.close();
  }

  private log(over: EventStore = this.options.log ?? this.store): EventLog {
    return new EventLog(over, new EventCodec([...accountEvents, ...claimEvents], this.vault.keys));
  }

  private async answerOf(commands: AccountCommands, sent: Sent): Promise<Answer> {
    const answer = await commands
      .run(new ChangeAccount(sent.account, sent.command, contextOf(sent.id), credentialOf(sent)))
      .then(({ kind }) => kind)
      .catch((error: unknown) => (error instanceof Refusal ? error.code : `error: ${String(error)}`));
    this.answers.push({ sent, answer });
    return { sent, answer };
  }
}

export const streamOf = (account: string): string => accountStream(WORKSPACE, account);
/** The account that a command makes. */
export const madeBy = (command: string): string => accountIdOf(command);

const contextOf = (id: string): CommandContext => ({ ...systemContext(WORKSPACE, id), fingerprint: `body of ${id}` });

function credentialOf({ account, command }: Sent): { id: string; hash: string } | undefined {
  return command.type === 'Create' ? { id: command.credential, hash: `hash of ${account}` } : undefined;
}

/** Each attempt hashes the password anew, under an id of its own: what one takes back is no other's. */
const withCredential = (sent: Sent, attempt: number): Sent =>
  sent.command.type === 'Create'
    ? { ...sent, command: { ...sent.command, credential: `${sent.command.credential}-${attempt}` } }
    : sent;
