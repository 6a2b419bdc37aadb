import { Inject, Injectable } from '@nestjs/common';
import { READ_STORE } from '#commands';
import type { Position } from '#event-store';
import { refuse, refuseField, type Instant, type Refusal } from '#kernel';
import { BadCursor, type Find, type Page, type ReadStore } from '#read-store';

/** Milliseconds that a read waits for what its caller has written. */
const PATIENCE_MS = 2_000;

/** Reads that are never silently stale. */
@Injectable()
export class Reads {
  constructor(@Inject(READ_STORE) readonly store: ReadStore) {}

  /**
   * COR-21, LIST-4: waits until all `projections` have reached `least`; resolves with how fresh a read that begins now is at least.
   * Refuses with `read-model-behind` where that takes too long.
   */
  async fresh(projections: readonly string[], least: Position): Promise<Position> {
    if (!(await this.store.reached(projections, least, PATIENCE_MS))) throw refuse('read-model-behind');
    const checkpoints = await Promise.all(projections.map((name) => this.store.checkpoint(name)));
    return Math.min(...checkpoints.map(({ position }) => position));
  }

  /** As `page`, of a list whose filters depend on the time: the cursor keeps the time of the first page, so that all pages are of one list. */
  async pageAt(now: Instant, cursor: string | undefined, query: (at: Instant) => Find): Promise<Page> {
    const [, time, inner] = /^([0-9a-z]{1,9})\.(.+)$/.exec(cursor ?? '') ?? [];
    if (cursor !== undefined && time === undefined) throw noCursor();
    const at = time === undefined ? now : new Date(Number.parseInt(time, 36)).toISOString();
    const { rows, next } = await this.page({ ...query(at), ...(inner === undefined ? {} : { cursor: inner }) });
    return { rows, next: next === null ? null : `${Date.parse(at).toString(36)}.${next}` };
  }

  /** A page of a collection; a cursor of another list is 422. */
  async page(query: Find): Promise<Page> {
    try {
      return await this.store.find(query);
    } catch (error) {
      if (error instanceof BadCursor) throw noCursor();
      throw error;
    }
  }
}

const noCursor = (): Refusal => refuseField('?cursor', 'invalid-value', 'is no cursor of this list');
