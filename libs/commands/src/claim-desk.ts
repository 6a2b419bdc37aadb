import { foldHolder, newHolder, judge, keptOf, nextClaim, resourceOf, type Holder } from './holder.js';
import { Conflict, type Appended, type DomainAppend, type DomainEvent, type EventLog, type Revision } from '#event-store';
import { refuse, secondsBetween } from '#kernel';
import type { Claims, Give, Need } from './claims.js';
import { housekeepingOf } from './command-metadata.js';
import type { CommandContext } from './context.js';
import type { Resource } from './resource.js';
import type { Resources } from './resources.js';
import { UnderWay } from './under-way.js';

/** Seconds for which an open claim is left alone: its writer may still be at work. For liveness only. */
export const CLAIM_YOUNG_SECONDS = 60;
const LOOKS = 10;

/** The own stream has moved, or says something that was not known: read it again and decide again. */
export class Reread extends Error {
  override readonly name = 'Reread';
}

/** Takes, voids and releases claims for one holder's command. */
export class ClaimDesk {
  /** Of a store that this process alone writes. */
  readonly underWay = new UnderWay();

  constructor(
    private readonly log: EventLog,
    private readonly resources: Resources,
  ) {}

  /**
   * Plans the claims of a command, or refuses where there is no room; frees what others have left behind on the way. `first`: nothing of it was tried
   * here before; then a place is planned on the resource as it is remembered, where there is room: its append at that very revision is the check.
   */
  async plan(
    holder: Holder,
    stream: string,
    context: CommandContext,
    needs: readonly Need[],
    gives: readonly Give[],
    first = false,
  ): Promise<Claims> {
    const claims: Claims = { before: [], after: [], taken: {}, kept: {} };
    for (const need of needs) await this.take(claims, need, holder, stream, context, first);
    for (const give of gives) await this.giveUp(claims, give, holder, context);
    if (!this.log.store.atomic)
      for (const claim of Object.keys(claims.taken))
        this.follow(claims, context, claim, { type: 'ClaimSettled', data: { claim } });
    return claims;
  }

  /** Remembers what a command has written. Where it was cut short the next look reads it. */
  remember({ before, after }: Claims, appended: Appended): void {
    if (this.log.store.atomic) return;
    for (const append of before) this.resources.advance(append, appended);
    for (const append of after) {
      if (appended.complete) this.resources.advance(append, appended);
      else this.resources.doubt(append.stream, 1);
    }
  }

  /** As `room`, for a place that is asked about again before anything is written: a yes may be as old as what is remembered. */
  async roomAhead(holder: Holder, context: CommandContext, need: Need): Promise<boolean> {
    return (
      (need.kind === 'place' && this.rememberedRoom(need.resource, need.amount) !== null) || this.room(holder, context, need)
    );
  }

  /** Whether there is room for a place, told without writing anything. What the same command has claimed already, sent to another process, is no obstacle. */
  async room(holder: Holder, { commandId }: CommandContext, need: Need): Promise<boolean> {
    const resource = await this.resources.load(need.resource);
    switch (need.kind) {
      case 'place': {
        if (resource.used + need.amount <= resource.capacity) return true;
        const own = await this.resources.entry(need.resource, nextClaim(holder, commandId, need.resource));
        return resource.used - (own?.left ?? 0) + need.amount <= resource.capacity;
      }
      case 'alone':
        return need.others(resource);
      case 'resize':
        return resource.used <= need.capacity;
      case 'listed':
        return true;
    }
  }

  /** After a refusal: the command's own claims are voided in the holder's stream, then released; never released alone. */
  async back(holder: Holder, stream: string, context: CommandContext, needs: readonly Need[]): Promise<void> {
    let expected = holder.revision;
    for (const need of needs) {
      if (need.kind === 'listed' || need.kind === 'resize') continue;
      const claim = nextClaim(holder, context.commandId, need.resource);
      const entry = await this.entryOf(need.resource, claim);
      if (!entry || entry.left === 0 || holder.kept.has(claim)) continue;
      await this.write(stream, expected++, context, [{ type: 'ClaimVoided', data: { claim } }]);
      await this.release(context, claim, 0);
    }
    // Those that were voided by a try which lost its race before the release.
    for (const claim of holder.void) if (claim.startsWith(`${context.commandId}/`)) await this.release(context, claim, 0);
  }

  /** Releases in the resources' streams what the holder's stream says is void or given up; the same again does nothing. */
  async settle(stream: string, context: CommandContext): Promise<void> {
    const holder = await this.holder(stream);
    for (const claim of new Set([...holder.kept.keys(), ...holder.void])) {
      const judged = judge(holder, claim);
      if (judged.state === 'said') await this.release(context, claim, judged.amount);
    }
  }

  /** Judges one claim that was left open: voids it in its holder's stream once it is old, and releases it. True when it is open no more. */
  async judgeOpen(claim: string, context: CommandContext): Promise<boolean> {
    const resource = await this.resources.load(resourceOf(claim));
    const open = resource.open[claim];
    if (!open) return true;
    const holder = await this.holder(open.holder);
    const judged = judge(holder, claim);
    if (judged.state === 'said') {
      if (judged.amount === open.amount)
        await this.write(resourceOf(claim), resource.revision, context, [{ type: 'ClaimSettled', data: { claim } }]);
      else await this.release(context, claim, judged.amount);
      return true;
    }
    if (secondsBetween(open.at, this.log.store.now()) < CLAIM_YOUNG_SECONDS) return false;
    await this.write(open.holder, holder.revision, context, [{ type: 'ClaimVoided', data: { claim } }]);
    await this.release(context, claim, 0);
    return true;
  }

  private async take(
    claims: Claims,
    need: Need,
    holder: Holder,
    stream: string,
    context: CommandContext,
    first: boolean,
  ): Promise<void> {
    if (need.kind === 'listed') return this.list(claims, need.resource, need.account, context);
    if (need.kind === 'resize') return this.resize(claims, need, context);
    const amount = need.kind === 'place' ? need.amount : 1;
    if (amount === 0) return;
    const claim = nextClaim(holder, context.commandId, need.resource);
    const room =
      (first && need.kind === 'place' ? await this.newRoom(need, claim, context) : null) ??
      (await this.roomFor(need, amount, claim, context));
    if (room === 'spoilt') return this.startAnew(holder, stream, claim, context);
    claims.taken[claim] = amount;
    if (room !== 'stands') {
      const settled = need.kind === 'place' && this.log.store.atomic;
      const event: DomainEvent = { type: 'ClaimTaken', data: { claim, holder: stream, amount, settled } };
      if (need.kind === 'alone') {
        // a plain no writes nothing; a yes is asked for again once the claim stands
        if (!(await need.others(room))) throw refuse(need.refusal);
        await this.write(need.resource, room.revision, context, [event]);
      } else claims.before.push(this.housekeeping(need.resource, room.revision, context, [event]));
    }
    if (need.kind === 'alone') await this.alone(claims, need, claim, context);
  }

  /** The resource as it is remembered, where that has room; null else. In a store that is one step away to be asked nothing is remembered. */
  private rememberedRoom(stream: string, amount: number): Resource | null {
    const resource = this.log.store.atomic ? null : this.resources.remembered(stream);
    return resource && resource.used + amount <= resource.capacity ? resource : null;
  }

  /** The same for a claim that is not there yet, as that of a command which is sent once cannot be. */
  private async newRoom({ resource, amount }: Need & { kind: 'place' }, claim: string, { once = false }: CommandContext) {
    const room = this.rememberedRoom(resource, amount);
    return room && (once || (await this.resources.entry(resource, claim)) === null) ? room : null;
  }

  /** The other owners are read once the claim stands, so that of two that go at once one sees the other gone. */
  private async alone(claims: Claims, need: Need & { kind: 'alone' }, claim: string, context: CommandContext): Promise<void> {
    const resource = await this.resources.load(need.resource);
    if (!(await need.others(resource))) throw refuse(need.refusal);
    claims.kept[claim] = 0;
    claims.after.push(
      this.housekeeping(need.resource, resource.revision, context, [{ type: 'ClaimReleased', data: { claim, left: 0 } }]),
    );
  }

  /** Claims never grow, and none that was released is taken again: voided in the own stream, so that the next attempt has another id. */
  private async startAnew(holder: Holder, stream: string, claim: string, context: CommandContext): Promise<never> {
    await this.write(stream, holder.revision, context, [{ type: 'ClaimVoided', data: { claim } }]);
    await this.release(context, claim, 0);
    throw new Reread('an own claim is void');
  }

  /**
   * The resource to claim in; `stands` where the claim is there already, `spoilt` where it is there with another amount (from before a lost race).
   * Refuses when the resource is full and nothing in it is free; the place that somebody has alone is free again in a moment.
   */
  private async roomFor(
    need: Need & { kind: 'place' | 'alone' },
    amount: number,
    claim: string,
    context: CommandContext,
  ): Promise<Resource | 'stands' | 'spoilt'> {
    for (let look = 0; look < LOOKS; look++) {
      const resource = await this.resources.load(need.resource);
      const own = await this.resources.entry(need.resource, claim);
      if (own) return own.left === amount ? 'stands' : 'spoilt';
      const behind = this.underWay.behind(need.resource, resource);
      if (behind && behind.used + amount <= behind.capacity) return behind;
      if (await this.underWay.settled([need.resource])) continue;
      let freed = false;
      for (const open of Object.keys(resource.open)) freed = (await this.judgeOpen(open, context)) || freed;
      if (!freed) throw need.kind === 'alone' ? new Reread('somebody else has the place now') : refuse(need.refusal);
    }
    throw refuse('busy');
  }

  private async resize(claims: Claims, need: Need & { kind: 'resize' }, context: CommandContext): Promise<void> {
    let resource = await this.resources.load(need.resource);
    for (const open of Object.keys(resource.open)) await this.judgeOpen(open, context);
    resource = await this.resources.load(need.resource);
    if (resource.used > need.capacity) throw refuse(need.refusal);
    const event: DomainEvent = { type: 'PoolResized', data: { botSlots: need.capacity } };
    claims.before.push(this.housekeeping(need.resource, resource.revision, context, [event]));
  }

  private async list(claims: Claims, stream: string, account: string, context: CommandContext): Promise<void> {
    const resource = await this.resources.load(stream);
    if (resource.owners.includes(account)) return;
    claims.before.push(this.housekeeping(stream, resource.revision, context, [{ type: 'OwnerListed', data: { account } }]));
  }

  /** Keeps `keep` of the earlier claims, oldest first, and releases the rest after the deciding event. */
  private async giveUp(claims: Claims, give: Give, holder: Holder, context: CommandContext): Promise<void> {
    let left = give.keep;
    for (const [claim, amount] of keptOf(holder, give.resource)) {
      const keep = Math.min(amount, left);
      left -= keep;
      if (keep === amount) continue;
      claims.kept[claim] = keep;
      const entry = await this.entryOf(give.resource, claim);
      if (entry && entry.left > keep)
        this.follow(
          claims,
          context,
          claim,
          { type: 'ClaimReleased', data: { claim, left: keep } },
          await this.behindAll(give.resource),
        );
    }
  }

  /** Adds a follow-up in the claim's resource, at the revision that it will have after what is planned there already. */
  private follow(claims: Claims, context: CommandContext, claim: string, event: DomainEvent, resource?: Resource): void {
    const stream = resourceOf(claim);
    const planned = [...claims.before, ...claims.after].filter((append) => append.stream === stream);
    const last = planned.at(-1);
    if (!last && !resource) return;
    const expected = last ? last.expected + last.events.length : (resource as Resource).revision;
    claims.after.push(this.housekeeping(stream, expected, context, [event]));
  }

  /** Others may settle the same, or write beside it: what is left is what the holder has said, whoever of them writes it down. */
  private async release(context: CommandContext, claim: string, left: number): Promise<void> {
    const stream = resourceOf(claim);
    for (let look = 1; ; look++) {
      const { revision } = await this.resources.load(stream);
      const entry = await this.resources.entry(stream, claim);
      if (!entry || entry.left <= left) return;
      try {
        return await this.write(stream, revision, context, [{ type: 'ClaimReleased', data: { claim, left } }]);
      } catch (error) {
        if (!(error instanceof Conflict) || look === LOOKS) throw error;
      }
    }
  }

  /** The resource behind what is under way. */
  private async behindAll(stream: string): Promise<Resource> {
    const behind = this.underWay.behind(stream, await this.resources.load(stream));
    if (behind) return behind;
    await this.underWay.settled([stream]);
    return this.resources.load(stream);
  }

  private async entryOf(stream: string, claim: string) {
    await this.resources.load(stream);
    return this.resources.entry(stream, claim);
  }

  private async holder(stream: string): Promise<Holder> {
    const holder = newHolder();
    for (const recorded of await this.log.read(stream)) foldHolder(holder, recorded);
    return holder;
  }

  private async write(stream: string, expected: Revision, context: CommandContext, events: DomainEvent[]): Promise<void> {
    const append = this.housekeeping(stream, expected, context, events);
    const appended = await this.log.append([append]);
    if (!this.log.store.atomic) this.resources.advance(append, appended);
  }

  private housekeeping(stream: string, expected: Revision, context: CommandContext, events: DomainEvent[]): DomainAppend {
    const metadata = housekeepingOf(context, this.log.store.now());
    return { stream, expected, workspace: context.workspace, events, metadata };
  }
}
