import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CommandContext } from '#commands';
import type { Actor, Position, Revision } from '#event-store';
import { PLATFORM } from '#kernel';
import type { Principal } from '#policy';
import { NO_BODY, type ReceivedBody } from './body.js';
import { oneHeader } from './preconditions.js';
import type { RequestContext } from './request-context.js';
import type { InputOf, Route } from './route.js';
import type { FoundTarget } from './targets.js';

/** What is known of a request when it arrives. */
export type Arrival = Pick<RequestContext, 'requestId' | 'method' | 'path' | 'host' | 'address' | 'agent'> & {
  readonly raw: IncomingMessage;
};

/** One request on its way through guard, validation and controller. Controllers see it as a `RequestContext`. */
export class Exchange implements RequestContext {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly address: string;
  readonly agent: string;
  readonly raw: IncomingMessage;
  private readonly begunAt = performance.now();

  route: Route | null = null;
  body: ReceivedBody = NO_BODY;
  principal: Principal | null = null;
  workspace = PLATFORM;
  target: FoundTarget | null = null;
  commandId: string = randomUUID();
  keyed = false;
  fingerprint: string | undefined = undefined;
  dryRun = false;
  ifMatch: Revision | undefined = undefined;
  minPosition: Position = 0;
  /** The path's parameters; null where one of them cannot be any id. */
  params: InputOf<Route>['params'] | null = null;
  input: InputOf<Route> | null = null;
  /** Told where the caller's write stands. */
  wrote: ((position: Position, handedOut?: string) => void) | undefined = undefined;
  /** Asks the guard again; set by it. */
  recheck: CommandContext['recheck'] = undefined;

  constructor(arrival: Arrival) {
    this.requestId = arrival.requestId;
    this.method = arrival.method;
    this.path = arrival.path;
    this.host = arrival.host;
    this.address = arrival.address;
    this.agent = arrival.agent;
    this.raw = arrival.raw;
  }

  header(name: string): string | undefined {
    return oneHeader(this.raw, name);
  }

  command(proved: Partial<Pick<CommandContext, 'workspace' | 'actor' | 'principal'>> = {}): CommandContext {
    const { principal } = this;
    return {
      workspace: this.workspace,
      actor: actorOf(principal),
      principal,
      commandId: this.commandId,
      dryRun: this.dryRun,
      once: !this.keyed,
      begunAt: this.begunAt,
      requestId: this.requestId,
      correlationId: this.requestId,
      origin: { address: this.address, agent: this.agent },
      ...(principal?.act ? { onBehalfOf: principal.account } : {}),
      ...(this.fingerprint === undefined ? {} : { fingerprint: this.fingerprint }),
      ...(this.ifMatch === undefined ? {} : { ifMatch: this.ifMatch }),
      ...(this.recheck ? { recheck: this.recheck } : {}),
      ...proved,
    };
  }
}

/** Who really acts: under impersonation the staff account. */
export function actorOf(principal: Principal | null): Actor {
  if (!principal) return { id: null, role: 'anonymous', workspace: PLATFORM };
  const { act, role } = principal;
  return {
    id: act?.account ?? principal.account,
    role: act?.role ?? role,
    workspace: role === 'operator' ? PLATFORM : principal.workspace,
  };
}

/** Whose idempotency keys these are: of an impersonation those of both together. */
export const keyOwner = ({ act, account }: Principal): string => (act ? `${act.account}/${account}` : account);

/** A request that has an exchange, as every one gets when it arrives. */
export type HttpRequest = FastifyRequest & { exchange: Exchange };
export type HttpReply = FastifyReply;

export const exchangeOf = (request: HttpRequest): Exchange => request.exchange;
