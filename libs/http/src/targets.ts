import { Injectable } from '@nestjs/common';
import type { Target } from '#policy';

/** Finds what a permission is about. Null: it does not exist, or in another workspace, which is the same to callers. */
export type TargetResolver = (id: string, workspace: string) => Promise<Target | null>;

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

  async resolve(kind: string, id: string, workspace: string): Promise<Target | null> {
    const resolver = this.resolvers.get(kind);
    if (!resolver) throw new Error(`no resolver for targets of kind ${kind}`);
    return resolver(id, workspace);
  }
}
