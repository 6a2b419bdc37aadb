import type { AccountCommand } from '#accounts';
import { claimEvents, poolStream, systemContext, type StreamFold } from '#commands';
import { EventCodec, EventLog, type DomainEvent, type StoredEvent } from '#event-store';
import { Refusal } from '#kernel';
import { Books } from './books.js';
import { numbersOf } from './choices.js';
import { GroupCommits } from './group-commit.js';
import { allocate, create, createOwner, demote, move, remove } from './scenarios.js';
import { madeBy, streamOf, World, WORKSPACE, type Process, type Sent } from './world.js';

const POOL = poolStream(WORKSPACE);
const SLOTS = 4;
const MOST_SLOTS = 6;
const STEPS = 60;
const ACCOUNTS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const EMAILS = ['a', 'b', 'c', 'd', 'e'];

/** What the log says after one of its events. */
interface Moment {
  readonly used: number;
  readonly capacity: number;
  readonly slots: ReadonlyMap<string, number>;
  readonly emails: ReadonlyMap<string, string>;
}

/** A command that was sent, and what it was answered. */
interface Asked {
  readonly sent: Sent;
  /** Position of the last event that anybody had been told of by then. */
  readonly from: number;
  answer?: string;
  /** Whether the process has died before it was answered. */
  lost?: boolean;
  /** Position of the last event of the log when it was answered. */
  to?: number;
}

const resizing: StreamFold<object, DomainEvent> = { initial: {}, evolve: (state) => state, version: 1, gone: () => false };

/** Commands on one pool in one process, which may die, over a log whose commits may fail, and are told late. All that happens follows from a seed. */
export class Places {
  /** What broke a promise. */
  readonly wrong: string[] = [];
  /** How often something was answered. */
  readonly answers = new Map<string, number>();
  private readonly world: World;
  private readonly store: GroupCommits;
  private process: Process;
  private readonly books: Books;
  private readonly number: () => number;
  private readonly all = new Map<string, Sent>();
  private readonly asked: Asked[] = [];
  private readonly moments: Moment[] = [];
  private running: Promise<unknown>[] = [];
  private capacity = 0;
  private ids = 0;

  constructor(seed: number) {
    this.number = numbersOf(seed);
    this.store = new GroupCommits(() => this.world.now);
    this.world = new World({ point: () => this.dawdle(), log: this.store });
    this.process = this.world.process(this.store.connect());
    this.books = new Books(MOST_SLOTS, this.all);
  }

  /** To the end, at which everything is written, told and swept. */
  async run(): Promise<void> {
    await this.world.open(SLOTS);
    for (const sent of [createOwner('O'), createOwner('P'), create('A', 'a', 1)]) await this.send(sent);
    this.store.calm = false;
    for (let step = 0; step < STEPS; step++) {
      await this.step();
      for (let turns = this.choose(3); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      await this.look();
    }
    this.store.calm = true;
    await this.store.all();
    await Promise.all(this.running);
    await this.end();
    await this.world.close();
  }

  private choose = (choices: number): number => Math.floor(this.number() * choices);
  private of = <T>(list: readonly T[]): T => list[this.choose(list.length)] as T;

  private dawdle(): Promise<void> {
    return this.choose(2) === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve));
  }

  private async step(): Promise<void> {
    const happens = this.choose(12);
    if (happens < 5)
      for (let sends = this.choose(9) === 0 ? 12 : 1; sends > 0; sends--) this.running.push(this.send(this.next()));
    else if (happens === 5) this.running.push(this.resize(SLOTS - 1 + this.choose(3)));
    else if (happens === 6) this.running.push(this.disturb(madeBy(this.of(ACCOUNTS))));
    else if (happens < 10) await this.store.commit(1 + this.choose(this.choose(4) === 0 ? 64 : 6), this.choose(6) === 0);
    else if (this.choose(30) > 0) this.store.tell();
    else await this.die();
  }

  /** Another process goes on with the log. Nobody hears from the one before any more. */
  private async die(): Promise<void> {
    await this.store.die();
    this.running = [];
    for (const asked of this.asked) asked.lost ||= asked.answer === undefined;
    this.process = this.world.process(this.store.connect());
  }

  private next(): Sent {
    const known = [...this.all.values()];
    if (this.choose(6) === 0) return this.of(known);
    const id = `c${++this.ids}`;
    const of = this.of(ACCOUNTS);
    const kind = this.choose(8);
    if (kind < 3) {
      const fresh = ACCOUNTS.find((name) => !this.all.has(name)) ?? id;
      return create(fresh, this.of([...EMAILS, `of-${fresh}`]), this.choose(3));
    }
    if (kind < 5) return allocate(id, of, this.choose(4));
    if (kind === 5) return move(id, of, this.of(EMAILS));
    if (kind === 6) return remove(id, of, this.of(EMAILS));
    return this.choose(2) === 0 ? demote(id, this.of(['O', 'P'])) : createOwner(id);
  }

  private async send(sent: Sent): Promise<void> {
    this.all.set(sent.id, sent);
    const asked: Asked = { sent, from: this.store.told };
    this.asked.push(asked);
    const { answer } = await this.process.send(sent);
    await this.look();
    Object.assign(asked, { answer, to: this.moments.length });
    this.answered(answer);
    this.judge(asked);
  }

  private answered(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }

  private async resize(capacity: number): Promise<void> {
    const from = this.store.told;
    const id = `r${++this.ids}`;
    const needs = [{ kind: 'resize', resource: POOL, capacity, refusal: 'pool-below-allocated' } as const];
    const answer = await this.process.runner
      .run<object, DomainEvent>({
        stream: `access-${id}`,
        subject: id,
        fold: resizing,
        context: systemContext(WORKSPACE, id),
        version: () => 0,
        decide: () => ({ events: [{ type: 'ClaimSettled', data: { claim: `none/${POOL}/0` } }], needs }),
      })
      .then(
        ({ kind }) => kind,
        (error: unknown) => (error instanceof Refusal ? error.code : `error: ${String(error)}`),
      );
    await this.look();
    this.answered(answer);
    if (answer === 'pool-below-allocated')
      this.expect(
        this.between(from, this.moments.length, ({ used }) => used > capacity),
        `${id} to ${capacity} is refused for nothing`,
      );
    else this.expect(['done', 'error: StoreUnavailable: full'].includes(answer), `${id} ends with ${answer}`);
  }

  /** Somebody else writes in the stream of a holder. */
  private async disturb(account: string): Promise<void> {
    const stream = streamOf(account);
    const { commandId, ...metadata } = systemContext(WORKSPACE, `d${++this.ids}`);
    const log = new EventLog(this.store, new EventCodec(claimEvents, this.world.vault.keys));
    const there = await this.store.read(stream);
    const event = { type: 'ClaimVoided', data: { claim: `${commandId}/none/0` } };
    await log
      .append([
        {
          stream,
          expected: there.length - 1,
          workspace: WORKSPACE,
          events: [event],
          metadata: { ...metadata, subject: null, commandId: null, causationId: commandId, at: this.world.now },
        },
      ])
      .catch(() => undefined);
  }

  /** Takes what is new in the log. */
  private async look(): Promise<void> {
    const events = await this.store.readAll(this.moments.length, 1_000);
    for (const event of events) if (event.position === this.moments.length + 1) this.take(event);
    const wrong = this.books.wrong();
    this.expect(wrong === null, wrong ?? '');
  }

  private take(event: StoredEvent): void {
    this.books.take(event);
    if (event.type === 'PoolResized') this.capacity = (JSON.parse(event.data) as { botSlots: number }).botSlots;
    const used = this.books.counted(POOL);
    this.expect(used <= this.capacity, `${used} of ${this.capacity} places are taken at ${event.position}`);
    const living = [...this.books.accounts].filter(([, { made, gone }]) => made && !gone);
    this.moments.push({
      used,
      capacity: this.capacity,
      slots: new Map(living.map(([stream, { slots }]) => [stream, slots])),
      emails: new Map(living.map(([stream, { email }]) => [stream, email])),
    });
  }

  private between(from: number, to: number, holds: (moment: Moment) => boolean): boolean {
    return this.moments.slice(Math.max(0, from - 1), to).some(holds);
  }

  private judge({ sent, answer = '', from, to = 0 }: Asked): void {
    const { command, id, account } = sent;
    const stream = streamOf(account);
    if (answer === 'done' || answer === 'already')
      this.expect(this.books.decided.has(id), `${id} is answered ${answer}, and not there`);
    if (answer === 'no-free-bot-slot') {
      const full = ({ used, capacity, slots }: Moment) => used + more(command, slots.get(stream) ?? 0) > capacity;
      this.expect(this.between(from, to, full), `${id} is refused for nothing: no-free-bot-slot`);
    }
    if (answer === 'email-taken') {
      const email = emailOf(command);
      const taken = ({ emails }: Moment) => [...emails].some(([holder, held]) => holder !== stream && held === email);
      this.expect(this.between(from, to, taken), `${id} is refused for nothing: email-taken`);
    }
    if (answer.startsWith('error')) this.expect(answer === 'error: StoreUnavailable: full', `${id} ends with ${answer}`);
    if (answer === 'busy') this.expect(command.type === 'SetRole', `${id} is busy`);
  }

  private async end(): Promise<void> {
    await this.look();
    for (const asked of this.asked) this.judgeAtLast(asked);
    const holders = [...this.books.accounts.keys()].filter((stream) => stream.startsWith('account-'));
    await this.world.sweep(this.process, holders, [...this.books.resources.keys()]);
    await this.look();
    this.expect(this.books.leak() === null, `leaked: ${this.books.leak()}`);
    for (const stream of this.books.resources.keys()) {
      const { used } = await this.process.resources.load(stream);
      this.expect(used === this.books.counted(stream), `${stream} is read as ${used} of ${this.books.counted(stream)}`);
    }
    await this.send(create('later', 'later', this.capacity - this.books.counted(POOL)));
    this.expect(this.asked.at(-1)?.answer === 'done', `what is free is refused: ${this.asked.at(-1)?.answer}`);
  }

  /** What was done is in the log once; what was refused, or could not be written, is not. Of what nobody was told it may be. */
  private judgeAtLast({ sent: { id }, answer, lost = false }: Asked): void {
    const same = this.asked.filter(({ sent }) => sent.id === id);
    const isDone = same.some((other) => other.answer === 'done' || other.answer === 'already');
    const times = this.books.decided.get(id) ?? 0;
    this.expect(lost || answer !== undefined, `${id} was never answered`);
    const fine = isDone ? times === 1 : times === 0 || same.some((other) => other.lost);
    this.expect(fine, `${id} is decided ${times} times, and answered ${answer}`);
  }

  private expect(fine: boolean, what: string): void {
    if (!fine) this.wrong.push(what);
  }
}

function more(command: AccountCommand, slots: number): number {
  if ('account' in command) return command.account.botSlots ?? 1;
  if (command.type === 'SetQuotas') return (command.quotas.botSlots ?? slots) - slots;
  return command.type === 'SetRole' ? Math.max(1 - slots, 0) : 0;
}

function emailOf(command: AccountCommand): string {
  if ('account' in command) return command.account.profile.email;
  return command.type === 'Edit' ? (command.email?.to ?? '') : '';
}
