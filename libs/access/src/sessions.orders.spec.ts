import { accountReaction, ChangeAccount, type AccountCommand } from '#accounts';
import { accountStream } from '#commands';
import { Refusal } from '#kernel';
import type { Principal } from '#policy';
import { memoryDocumentVault, memoryVault } from '#vault';
import { ordersOf } from '../../../test/orders/settings.js';
import { AccessPlace, PASSWORD, type AccessProcess } from '../../../test/support/access.js';

/** Where one actor may be overtaken by another: reads and appends of the account's stream, and what is done to sessions. */
const STEPS = /^(append|read|sessions\.|reaction)/;
const NEXT = 'another fine password';
const ORDERS = ordersOf(250);
/** Looks, a millisecond apart, before somebody who does nothing counts as stuck. */
const LOOKS = 5_000;

/** Lets one waiting actor after the other go on, in an order that a seed chooses. */
class Scheduler {
  private readonly waiting: (() => void)[] = [];
  private random: () => number = () => 0;
  private open = true;

  readonly before = (step: string): Promise<void> =>
    this.open || !STEPS.test(step) ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));

  /** Runs all actors to their end; `check` is asked after each step, while everybody waits. */
  async run(seed: number, actors: readonly Promise<void>[], check: () => Promise<void>): Promise<void> {
    this.random = randomOf(seed);
    let left = actors.length;
    const failures: unknown[] = [];
    for (const actor of actors) void actor.catch((error: unknown) => void failures.push(error)).finally(() => void left--);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve)); // until everybody waits, or is done
      await this.freely(check);
      if (failures.length > 0) throw failures[0];
      if (left === 0) return;
      const [next] = this.waiting.splice(Math.floor(this.random() * this.waiting.length), 1);
      next?.();
      // the last one may pause, after a race that was lost
      for (let looks = 0; !next && left > 0 && this.waiting.length === 0; looks++) {
        if (looks === LOOKS) throw new Error('nobody can go on');
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }

  /** From now on everybody waits at each step. */
  close(): void {
    this.open = false;
  }

  async freely(work: () => Promise<void>): Promise<void> {
    const was = this.open;
    this.open = true;
    await work().finally(() => (this.open = was));
  }
}

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One account with a session `z`, and what the actors were answered. */
class World {
  account = '';
  admin = '';
  email = '';
  /** Sessions that somebody was given a token of. */
  readonly given = new Set<string>();
  /** Revisions at which a disable was answered. */
  readonly disabled: number[] = [];
  passwordAnswered = false;
  begun = 0;
  z = { token: '', refreshToken: '', session: '' };
  private busy = 0;

  constructor(
    readonly place: AccessPlace,
    readonly processes: readonly AccessProcess[],
    readonly scheduler: Scheduler,
  ) {}

  get stream(): string {
    return accountStream(this.place.workspace, this.account);
  }

  async start(index: number, admin: string): Promise<void> {
    this.admin = admin;
    this.email = `cora${index}@northwind.test`;
    this.account = await this.place.member({ email: this.email });
    const { minted } = await this.place.logIn(this.email);
    this.z = { token: minted.token, refreshToken: minted.refreshToken, session: minted.session.id };
    this.given.add(minted.session.id);
    this.begun = await this.place.store.head();
  }

  /** An actor in a process of its own. A refusal ends it: whoever is refused was given nothing. */
  private async act(work: () => Promise<void>): Promise<void> {
    this.busy++;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    } finally {
      this.busy--;
    }
  }

  logIn =
    (password = PASSWORD) =>
    (from: AccessProcess) =>
      this.act(async () => {
        const { minted } = await this.place.logIn(this.email, password, { from, address: this.email });
        this.given.add(minted.session.id);
      });

  refresh = (from: AccessProcess) =>
    this.act(async () => {
      const minted = await from.access.sessions.refresh(this.z.refreshToken, 'whitebook.test', () => this.place.system());
      this.given.add(minted.session.id);
    });

  impersonate = (from: AccessProcess) =>
    this.act(async () => {
      const principal = (await from.access.authenticator.authenticate(this.admin, { host: 'whitebook.test' })) as Principal;
      const { minted } = await from.access.impersonations.begin(this.account, 'a question', this.place.by(principal));
      if (minted) this.given.add(minted.session.id);
    });

  change = (command: AccountCommand, credential?: { id: string; hash: string }) => async (from: AccessProcess) =>
    this.act(async () => {
      const outcome = await from.commands.run(new ChangeAccount(this.account, command, this.place.system(), credential));
      if (command.type === 'Disable') this.disabled.push(outcome.revision);
      if (command.type === 'SetPassword') this.passwordAnswered = true;
    });

  disable = this.change({ type: 'Disable', kind: 'blocked', reason: 'abuse', note: null, until: null });
  enable = this.change({ type: 'Enable' });

  setPassword = (from: AccessProcess) => {
    const credential = { id: this.place.nextId(), hash: `hash of ${NEXT}` };
    const set = {
      type: 'SetPassword',
      credential: credential.id,
      by: 'staff',
      passwordChangeRequired: false,
      session: null,
    } as const;
    return this.change(set, credential)(from);
  };

  /** In the session `z`, which goes on. */
  changeOwn = (from: AccessProcess) =>
    this.act(async () => {
      const principal = await from.access.authenticator.authenticate(this.z.token, { host: 'whitebook.test' });
      if (!principal) return;
      await from.access.passwords.changeOwn(principal, PASSWORD, NEXT, this.place.by(principal));
      this.passwordAnswered = true;
    });

  /** Ends again what each event ends, at any later time, until everybody else is done. */
  react = async (): Promise<void> => {
    let position = this.begun;
    for (;;) {
      const events = await this.place.log.readAll(position, 100);
      if (events.length === 0 && this.busy === 0) return;
      await this.scheduler.before('reaction');
      for (const recorded of events) {
        for (const effect of accountReaction(recorded))
          if (effect.kind === 'end-sessions')
            await this.place.vault.sessions.end(effect.stream, effect.before, effect.except ?? undefined);
        position = recorded.position;
      }
    }
  };

  /** After the answer that says that the account is stopped, or has another password, nothing from before works. */
  check = async (): Promise<void> => {
    if (this.disabled.length === 0 && !this.passwordAnswered) return;
    const { state } = await this.place.main.accounts.load(this.place.workspace, this.account);
    const types = await this.place.types(this.stream);
    const stopped = state.disabled !== null && this.disabled.some((at) => at >= types.lastIndexOf('UserDisabled'));
    for (const id of this.given) {
      const session = await this.place.vault.sessions.byId(id);
      if (session && stopped) throw new Error('a disable is answered, and a token that was given out works');
      if (session && this.passwordAnswered && session.credential !== null && session.credential !== state.credential)
        throw new Error('a new password is answered, and a session of the old one works');
    }
  };

  /** Nobody was ended by what lay before it. */
  checkEnd = async (): Promise<void> => {
    const { state } = await this.place.main.accounts.load(this.place.workspace, this.account);
    for (const { id, judged } of this.ofGiven)
      if ((judged[this.stream] ?? -1) >= state.ended.revision && !(await this.place.vault.sessions.byId(id)))
        throw new Error('a rightful session was ended by what lay before it');
  };

  private readonly ofGiven: { id: string; judged: Readonly<Record<string, number>> }[] = [];
  /** What a session was judged by, noted while it is there. */
  note = async (): Promise<void> => {
    for (const id of this.given) {
      const session = await this.place.vault.sessions.byId(id);
      if (session && !this.ofGiven.some((noted) => noted.id === id)) this.ofGiven.push(session);
    }
  };
}

type Actor = (from: AccessProcess) => Promise<void>;

/** What makes the vault of the tests that run now. */
let vault: typeof memoryVault = memoryVault;

/** Runs what `actors` do in `ORDERS` orders; names the seed of the order that is wrong. */
async function inManyOrders(actors: (world: World) => Actor[], after: (world: World) => Promise<void> = async () => undefined) {
  const scheduler = new Scheduler();
  const place = new AccessPlace({ before: scheduler.before, vault });
  await place.open('northwind');
  await place.member({ email: 'ada@northwind.test', role: 'admin' });
  const admin = (await place.logIn('ada@northwind.test')).minted.token;
  const processes = Array.from({ length: 7 }, () => place.process());
  for (let seed = 1; seed <= ORDERS; seed++) {
    const world = new World(place, processes, scheduler);
    await scheduler.freely(() => world.start(seed, admin));
    scheduler.close();
    const running = actors(world).map((actor, index) => actor(processes[index] as AccessProcess));
    const check = () => world.note().then(world.check);
    try {
      await scheduler.run(seed, running, check);
      await scheduler.freely(() => world.checkEnd().then(() => after(world)));
    } catch (error) {
      throw new Error(`in the order of seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

jest.setTimeout(60_000);

describe.each([
  ['whose operations are one step each', memoryVault],
  ['whose operations are several, on one document each', memoryDocumentVault],
])('a vault %s', (_, made) => {
  beforeAll(() => void (vault = made));

  it('COR-7, COR-8: log-in, a disable, and the same disable again', () => inManyOrders((w) => [w.logIn(), w.disable, w.disable]));

  it('COR-8: a refresh and a disable', () => inManyOrders((w) => [w.refresh, w.refresh, w.disable]));

  it('COR-8: a log-in with the old password and another password', () => inManyOrders((w) => [w.logIn(), w.setPassword]));

  it('COR-8: an impersonation, a disable and an enable', () => inManyOrders((w) => [w.impersonate, w.disable, w.enable]));

  it('COR-7, COR-8: all at once', () =>
    inManyOrders((w) => [w.logIn(), w.refresh, w.disable, w.disable, w.setPassword, w.impersonate]));

  it('COR-9: a late reaction beside a log-in after another password', () =>
    inManyOrders((w) => [w.setPassword, w.logIn(NEXT), w.logIn(NEXT), w.react]));

  it('COR-7, COR-9: disable twice, enable, log-in, refresh, a late reaction', () =>
    inManyOrders((w) => [w.logIn(), w.refresh, w.disable, w.disable, w.enable, w.react]));

  it('COR-8, COR-9: the own password, a refresh of the session that goes on, a log-in, a late reaction', () =>
    inManyOrders(
      (w) => [w.changeOwn, w.refresh, w.logIn(), w.react],
      async (world) => {
        if (world.passwordAnswered)
          expect(await world.place.vault.sessions.byId(world.z.session)).toMatchObject({ kind: 'full' });
      },
    ));

  it('COR-7, COR-8: the own password beside a disable that is sent twice', () =>
    inManyOrders((w) => [w.changeOwn, w.disable, w.disable, w.react]));
});
