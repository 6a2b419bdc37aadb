import { canonicalJson } from '#kernel';
import type { Api, Reply } from '../support/api.js';
import { until } from '../program/program.js';
import { codeOf } from './brand.js';
import { expected, expectedPlace, seen, seenPlace, type Person, type Place } from './kill.model.js';
import { placeWishes } from './kill.places.js';
import { sessionWishes } from './kill.sessions.js';
import { mailWishes, peopleWishes, type Callers, type Hand, type Made, type Wish } from './kill.wishes.js';

interface Asked {
  readonly wish: Wish;
  readonly headers: Readonly<Record<string, string>>;
}

const pickOf = <T>(hand: Hand, among: readonly T[]): T => among[Math.floor(hand.chance() * among.length)] as T;

/** A client with a workspace of its own, in which it has every kind of command done, one after the other, and notes what was answered. */
export class Client {
  /** What should not have been. */
  readonly complaints: string[] = [];
  /** How often each kind of command was acknowledged. */
  readonly done: Record<string, number> = {};
  /** Commands that had no answer, by what had become of them. */
  readonly cut = { before: 0, after: 0 };
  private asked: Asked | null = null;
  private readonly touched = new Set<Person>();

  constructor(
    readonly hand: Hand,
    /** The token of who works: the workspace's owner, or its operator. */
    private readonly token: string,
    /** Whether an answer says that nobody knows what became of a command: it ends the work, as no answer does. */
    private readonly isAway: (reply: Reply) => boolean = () => false,
  ) {}

  get place(): Place {
    return this.hand.place;
  }

  by(root: Api): Api {
    return root.as(this.token).with(this.hand.operated ? { workspace: this.place.id } : {});
  }

  /** Works until nobody answers any more, or until `stop` aborts. */
  async work(root: Api, stop?: AbortSignal): Promise<void> {
    const callers: Callers = { root, by: this.by(root) };
    while (this.complaints.length === 0 && !stop?.aborted) {
      const wish = await this.wish();
      if (!wish) continue;
      this.asked = { wish, headers: { 'idempotency-key': this.hand.fresh('key-') } };
      const reply = await wish.send(callers, this.asked.headers).catch(() => null);
      if (!reply || this.isAway(reply)) return;
      this.take(wish, reply, wish.done);
      this.asked = null;
    }
  }

  /** After a restart: what had no answer is there or not, but whole; sent again it is done, once. Whatever was acknowledged is as it was. */
  async check(root: Api): Promise<void> {
    const callers: Callers = { root, by: this.by(root) };
    if (this.asked) {
      await this.again(callers, this.asked);
      await this.shown(callers, this.asked.wish.about);
    }
    this.asked = null;
    for (const person of this.touched) await this.settle(callers, person);
    this.touched.clear();
    await this.compare(callers, null, 'the workspace');
  }

  /** All whom it ever made, not only those of the last load. */
  async checkAll(root: Api): Promise<void> {
    for (const person of this.place.people) this.touched.add(person);
    await this.check(root);
  }

  private async wish(): Promise<Made> {
    const lot = this.hand.chance();
    if (lot < 0.08) return pickOf(this.hand, mailWishes)(this.hand);
    if (lot < 0.18) return pickOf(this.hand, placeWishes)(this.hand);
    return pickOf(this.hand, lot < 0.5 ? sessionWishes : peopleWishes)(this.hand);
  }

  private take(wish: Wish, reply: Reply, done: readonly number[]): void {
    if (!done.includes(reply.status)) {
      this.complain(`${wish.name} was answered ${reply.status} ${codeOf(reply)}`);
      return;
    }
    wish.apply(reply);
    if (wish.about) this.touched.add(wish.about);
    this.done[wish.name] = (this.done[wish.name] ?? 0) + 1;
  }

  private async again(callers: Callers, { wish, headers }: Asked): Promise<void> {
    const happened = await this.what(callers, wish);
    if (happened === null) return;
    this.cut[happened]++;
    const reply = await wish.send(callers, headers);
    if (happened === 'before' && wish.lapsed?.includes(reply.status)) return;
    this.take(wish, reply, wish.doneBefore ?? wish.done);
  }

  /** Whether what had no answer is there; null (and a complaint) where only a half of it is. */
  private async what(callers: Callers, wish: Wish): Promise<'before' | 'after' | null> {
    const { place } = this;
    const kept = { ...place, people: [...place.people] };
    const people = place.people.map((person) => [person, structuredClone(person)] as const);
    const isNew = wish.about !== null && !place.people.includes(wish.about);
    const before = await this.difference(callers, wish.about, isNew);
    if (before === null) return 'before';
    wish.apply(null);
    const after = await this.difference(callers, wish.about);
    for (const [person, was] of people) Object.assign(person, was);
    Object.assign(place, kept);
    if (after === null) return 'after';
    this.complain(`${wish.name} had no answer and is half done: neither ${before} nor ${after}`);
    return null;
  }

  /** What a guest sent again is another's write to whoever looks here: it is seen soon, not at once. */
  private async shown(callers: Callers, person: Person | null): Promise<void> {
    if (!person || person.until !== null || !this.touched.has(person) || this.complaints.length > 0) return;
    const isShown = async (): Promise<boolean> => (await this.difference(callers, person)) === null;
    await until('what was sent again', isShown, 15).catch(() => undefined); // then it is told what differs
  }

  /** A block whose time has come has ended by itself, and what was acknowledged is so. */
  private async settle(callers: Callers, person: Person): Promise<void> {
    if (person.until !== null) {
      const isActive = async (): Promise<boolean> => {
        const { status, body } = await callers.by.get(`/v1/accounts/${person.id}`);
        return status === 200 && body['status'] === 'active';
      };
      await until(`the end of a block until ${person.until}`, isActive, 15);
      Object.assign(person, { until: null, status: 'active' });
    }
    await this.compare(callers, person, `account ${person.id}`);
  }

  private async compare(callers: Callers, person: Person | null, what: string): Promise<void> {
    const difference = await this.difference(callers, person);
    if (difference !== null) this.complain(`${what} is not as it was acknowledged: ${difference}`);
  }

  /** Null where the reads tell what the model says. */
  private async difference({ by, root }: Callers, person: Person | null, isNew = false): Promise<string | null> {
    const is = canonicalJson(person ? await seen(by, root, person) : await seenPlace(by));
    const should = canonicalJson(person ? expected(isNew ? null : person, this.place) : expectedPlace(this.place));
    return is === should ? null : `${is} instead of ${should}`;
  }

  private complain(text: string): void {
    this.complaints.push(`${this.place.slug}: ${text}`);
  }
}
