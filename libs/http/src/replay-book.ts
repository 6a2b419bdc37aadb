import { Injectable } from '@nestjs/common';
import type { Answer } from './answer.js';
import type { Replays } from './ports.js';
import type { RequestContext } from './request-context.js';
import type { Route } from './route.js';

/** The answer of a keyed command that was done before; null for a new one. Runs again what must be so before it is answered. */
export type ReplayFinder = (context: RequestContext, params: Readonly<Record<string, unknown>>) => Promise<Answer | null>;

/** How each route answers a repeated command. Features register theirs when their module starts. */
@Injectable()
export class ReplayBook implements Replays {
  private readonly finders = new Map<Route, ReplayFinder>();

  register(route: Route, finder: ReplayFinder): void {
    this.finders.set(route, finder);
  }

  knows(route: Route): boolean {
    return this.finders.has(route);
  }

  async find(context: RequestContext, route: Route, params: Readonly<Record<string, unknown>>): Promise<Answer | null> {
    const finder = this.finders.get(route);
    if (!finder) throw new Error(`${route.method} ${route.path}: nobody answers its repeated commands`);
    return finder(context, params);
  }
}
