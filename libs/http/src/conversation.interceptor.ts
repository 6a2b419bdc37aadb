import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { map, of, type Observable } from 'rxjs';
import { Answer, headersOf } from './answer.js';
import { exchangeOf, type Exchange, type HttpReply, type HttpRequest } from './exchange.js';
import { Freshness } from './freshness.js';
import { ifMatch, minPosition } from './preconditions.js';
import type { Route } from './route.js';
import { invalidInput, validate } from './validation.js';

/** What follows the guard: validation, 412 for a tag that cannot match, the controller, and sending what it answers. */
@Injectable()
export class Conversation implements NestInterceptor {
  constructor(private readonly freshness: Freshness) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = execution.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const reply = http.getResponse<HttpReply>();
    const exchange = exchangeOf(request);
    const { route } = exchange;
    if (!route) return next.handle();
    if (!exchange.replay) this.admit(route, exchange, request.query as Record<string, unknown>);
    const answers = exchange.replay ? of(exchange.replay) : next.handle();
    return answers.pipe(map((given: unknown) => this.send(route, exchange, reply, given)));
  }

  private admit(route: Route, exchange: Exchange, query: Record<string, unknown>): void {
    const { input, dryRun } = validate(route, { params: exchange.params ?? {}, query, body: exchange.body });
    exchange.input = input;
    exchange.dryRun = dryRun;
    if (route.minPosition) exchange.minPosition = this.minPosition(exchange);
    if (route.ifMatch) exchange.ifMatch = ifMatch(exchange.raw);
    else if (route.write && exchange.header('If-Match') !== undefined) {
      throw invalidInput([{ pointer: 'If-Match', code: 'unknown-field', message: 'is not known here' }]);
    }
  }

  private minPosition({ principal, raw }: Exchange): number {
    const asked = minPosition(raw);
    return principal ? this.freshness.required(principal.credential, asked) : asked;
  }

  /** Sets status and headers, and gives the body on to be written. */
  private send(route: Route, { principal }: Exchange, reply: HttpReply, given: unknown): unknown {
    if (!(given instanceof Answer)) throw new Error(`${route.method} ${route.path} gave no answer`);
    const { position } = given.headers;
    if (principal && position !== undefined && route.method !== 'GET') this.freshness.remember(principal.credential, position);
    void reply.status(given.status).headers(headersOf(given));
    return given.body;
  }
}
