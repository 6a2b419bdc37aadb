import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { READ_STORE, VAULT } from '#commands';
import type { Position } from '#event-store';
import { refuse, refuseField, type Instant, type Refusal } from '#kernel';
import { BadCursor, type Find, type Page, type ReadStore } from '#read-store';
import { sealingUnder, type Sealing, type Vault } from '#vault';

/** Milliseconds that a read waits for what its caller has written. */
const PATIENCE_MS = 2_000;
/** Name of the secret, and of the purpose, under which cursors are sealed. */
const CURSORS = 'cursors';

/** Reads that are never silently stale. */
@Injectable()
export class Reads implements OnModuleInit {
  private sealing: Sealing | null = null;

  constructor(
    @Inject(READ_STORE) readonly store: ReadStore,
    @Inject(VAULT) private readonly vault: Pick<Vault, 'secrets'>,
  ) {}

  /** The secret is made before it is needed: on a full disk reads go on, and a page has its cursor. */
  async onModuleInit(): Promise<void> {
    await this.seal();
  }

  /**
   * COR-21, LIST-4: waits until all `projections` have reached `least`; resolves with how fresh a read that begins now is at least.
   * Refuses with `read-model-behind` where that takes too long.
   */
  async fresh(projections: readonly string[], least: Position): Promise<Position> {
    const position = await this.standing(projections);
    if (position >= least) return position;
    if (!(await this.store.reached(projections, least, PATIENCE_MS))) throw refuse('read-model-behind');
    return this.standing(projections);
  }

  /** How far all of them are. */
  private async standing(projections: readonly string[]): Promise<Position> {
    const checkpoints = await Promise.all(projections.map((name) => this.store.checkpoint(name)));
    return Math.min(...checkpoints.map(({ position }) => position));
  }

  /** A page of a collection; a cursor of another list, or one that was tampered with, is 422. */
  async page(query: Find): Promise<Page> {
    const { cursor, ...first } = query;
    return this.find(cursor === undefined ? first : { ...first, cursor: await this.opened(cursor) }, '');
  }

  /** As `page`, of a list whose filters depend on the time: the cursor keeps the time of the first page, so that all pages are of one list. */
  async pageAt(now: Instant, cursor: string | undefined, query: (at: Instant) => Find): Promise<Page> {
    if (cursor === undefined) return this.find(query(now), prefixOf(now));
    const [, time, inner] = /^([0-9a-z]{1,9})\.(.+)$/.exec(await this.opened(cursor)) ?? [];
    if (time === undefined || inner === undefined) throw noCursor();
    const at = new Date(Number.parseInt(time, 36)).toISOString();
    return this.find({ ...query(at), cursor: inner }, prefixOf(at));
  }

  private async find(query: Find, prefix: string): Promise<Page> {
    try {
      const { rows, next } = await this.store.find(query);
      return { rows, next: next === null ? null : await this.sealed(`${prefix}${next}`) };
    } catch (error) {
      if (error instanceof BadCursor) throw noCursor();
      throw error;
    }
  }

  /** A cursor as callers see it: it names the last row by the value that the list is sorted by, and URLs hold no personal data. */
  private async sealed(cursor: string): Promise<string> {
    return (await this.seal()).seal(CURSORS, Buffer.from(cursor)).toString('base64url');
  }

  private async opened(cursor: string): Promise<string> {
    const bytes = Buffer.from(cursor, 'base64url');
    if (bytes.toString('base64url') !== cursor) throw noCursor();
    const sealing = await this.seal();
    try {
      return sealing.open(CURSORS, bytes).toString();
    } catch {
      throw noCursor();
    }
  }

  private async seal(): Promise<Sealing> {
    return (this.sealing ??= sealingUnder(await this.vault.secrets.obtain(CURSORS), CURSORS));
  }
}

const prefixOf = (at: Instant): string => `${Date.parse(at).toString(36)}.`;

const noCursor = (): Refusal => refuseField('?cursor', 'invalid-value', 'is no cursor of this list');
