import { LRUCache } from 'lru-cache';
import type { Position } from '#event-store';

/** How many credentials are remembered: whoever is forgotten still has `Min-Position`. */
const CREDENTIALS = 50_000;

/** LIST-4: where each credential wrote last, so that its next read shows it. Known to this process only. */
export class Freshness {
  private readonly last: LRUCache<string, Position>;

  constructor(credentials = CREDENTIALS) {
    this.last = new LRUCache({ max: credentials });
  }

  /** Notes a write; an earlier position than the one known changes nothing. */
  remember(credential: string, position: Position): void {
    if (position > this.of(credential)) this.last.set(credential, position);
  }

  /** Position of the last write with this credential; 0 where none is known. */
  of(credential: string): Position {
    return this.last.get(credential) ?? 0;
  }

  /** How far a read must be: the later of what the caller asks for and its own last write. */
  required(credential: string, asked: Position): Position {
    return Math.max(asked, this.of(credential));
  }
}
