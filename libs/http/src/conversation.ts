import { Injectable } from '@nestjs/common';
import type { Exchange } from './exchange.js';
import { Freshness } from './freshness.js';
import { ifMatch, minPosition } from './preconditions.js';
import type { Route } from './route.js';
import { invalidInput, validate } from './validation.js';

/** What follows the guard's judgement, before the controller is asked: validation, 412 for a tag that cannot match, freshness. */
@Injectable()
export class Conversation {
  constructor(private readonly freshness: Freshness) {}

  /** Fills in what the controller gets. Throws 422 or 412. */
  admit(route: Route, exchange: Exchange, query: Record<string, unknown>): void {
    const { input, dryRun } = validate(route, { params: exchange.params ?? {}, query, body: exchange.body });
    exchange.input = input;
    exchange.dryRun = dryRun;
    if (route.minPosition) exchange.minPosition = this.minPosition(exchange);
    if (route.ifMatch) exchange.ifMatch = ifMatch(exchange.raw);
    else if (route.write && exchange.header('If-Match') !== undefined) {
      throw invalidInput([{ pointer: 'If-Match', code: 'unknown-field', message: 'is not known here' }]);
    }
  }

  /** LIST-4: where the answer says that a write stands, the next read of the caller, or of whom a credential is handed out to, will have to be. */
  follow(route: Route, exchange: Exchange): void {
    const { principal } = exchange;
    if (route.method === 'GET') return;
    exchange.wrote = (position, handedOut) => {
      for (const credential of [principal?.credential, handedOut]) if (credential) this.freshness.remember(credential, position);
    };
  }

  private minPosition({ principal, raw }: Exchange): number {
    const asked = minPosition(raw);
    return principal ? this.freshness.required(principal.credential, asked) : asked;
  }
}
