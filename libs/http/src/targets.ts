import { Injectable } from '@nestjs/common';
import type { Revision } from '#event-store';
import type { Target } from '#policy';

export interface FoundTarget extends Target {
  /** It was not read: this is how it was at this revision of its stream, and may be otherwise by now. */
  readonly rememberedAt?: Revision;
}

/**
 * Finds what a permission is about. Null: it does not exist, or in another workspace, which is the same to callers. `optimistic`: what is
 * remembered will do.
 */
export type TargetResolver = (id: string, workspace: string, optimistic: boolean) => Promise<FoundTarget | null>;

/** What routes act on, by kind (`account`, `invitation` …). Features register theirs when their module starts. */
@Injectable()
export class Targets {
  private readonly resolvers = new Map<string, TargetResolver>();

  register(kind: string, resolver: TargetResolver): void {
    this.resolvers.set(kind, resolver);
  }

  knows(kind: string): boolean {
    return this.resolvers.has(kind);
  }

  async resolve(kind: string, id: string, workspace: string, optimistic = false): Promise<FoundTarget | null> {
    const resolver = this.resolvers.get(kind);
    if (!resolver) throw new Error(`no resolver for targets of kind ${kind}`);
    return resolver(id, workspace, optimistic);
  }
}
