import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { keyedCommandId } from '#commands';
import { PLATFORM, Refusal, refuse, refuseField } from '#kernel';
import { ensure, type PolicySettings, type Principal } from '#policy';
import { DoneBefore } from './answer.js';
import { Conversation } from './conversation.js';
import { routeOf } from './endpoint.js';
import { exchangeOf, keyOwner, type Exchange, type HttpRequest } from './exchange.js';
import { HTTP_OPTIONS, type HttpOptions } from './options.js';
import { Ports } from './ports.js';
import { headerValues, idempotencyKey } from './preconditions.js';
import { methodsOf, RouteTable } from './route-table.js';
import { listed, type PermittedAccess, type Route } from './route.js';
import { Targets, type FoundTarget } from './targets.js';
import { bodyValue, paramsOf } from './validation.js';

/** COR-12: a verdict older than this is asked again right before an append. */
const VERDICT_MS = 1000;

/** Everything that stands before the controller: the checks in the contract's order, from 413 to 403, then the input. */
@Injectable()
export class Gate implements CanActivate {
  constructor(
    private readonly ports: Ports,
    private readonly targets: Targets,
    private readonly table: RouteTable,
    private readonly conversation: Conversation,
    @Inject(HTTP_OPTIONS) private readonly options: HttpOptions,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<HttpRequest>();
    const exchange = exchangeOf(request);
    const route = routeOf(execution.getHandler()) ?? null;
    exchange.route = route;
    refuseBody(exchange, route);
    if (!route) return this.refusePath(exchange);
    exchange.params = paramsOf(route, request.params);
    await this.throttle(route, exchange);
    let judgedAt = this.options.milliseconds();
    if (route.access !== 'public') await this.authenticate(exchange);
    this.conversation.follow(route, exchange);
    await this.identify(route, exchange, request.query);
    try {
      await this.judgeAtOnce(route, exchange);
    } catch (error) {
      // The same command, sent twice at once, may have been done since: its answer comes before what it has made untrue.
      await this.identify(route, exchange, request.query);
      throw error;
    }
    exchange.recheck = async (decidedAt) => {
      const at = exchange.target?.rememberedAt;
      const isOther = at !== undefined && decidedAt !== undefined && decidedAt !== at;
      // Of the own account at once: whoever was stopped must not wish for another address there, and take it over by that.
      const isOwn = exchange.principal !== null && exchange.target?.id === exchange.principal.account;
      if (!isOther && !isOwn && this.options.milliseconds() - judgedAt <= VERDICT_MS) return;
      const askedAt = this.options.milliseconds();
      judgedAt = -Infinity; // whoever asks once more after a refusal is refused once more
      if (route.access !== 'public') await this.authenticate(exchange, true);
      await this.judge(route, exchange);
      judgedAt = askedAt;
    };
    try {
      this.conversation.admit(route, exchange, request.query as Record<string, unknown>);
    } catch (error) {
      if (exchange.target?.rememberedAt !== undefined) await this.judge(route, exchange);
      throw error;
    }
    return true;
  }

  private async throttle(route: Route, exchange: Exchange): Promise<void> {
    if (route.throttle === null) return;
    const refusal = await this.ports.throttles.check(route.throttle, bodyValue(exchange.body), exchange);
    if (refusal) throw refusal;
  }

  /** 401, and where the caller acts: an operator may name a workspace, from anyone else that is 403. */
  private async authenticate(exchange: Exchange, again = false): Promise<void> {
    const principal = await this.prove(exchange, again);
    const named = exchange.header('Workspace');
    if (named !== undefined) {
      if (principal.role !== 'operator') throw refuse('forbidden', { permission: 'workspaces:manage', role: principal.role });
      if (!(await this.ports.policySettingsOf(named))) throw refuse('not-found');
    }
    exchange.principal = named === undefined ? principal : { ...principal, workspace: named };
    exchange.workspace = exchange.principal.workspace;
  }

  private async prove(exchange: Exchange, again = false): Promise<Principal> {
    const headers = headerValues(exchange.raw, 'Authorization');
    const token = headers.length === 1 ? /^Bearer +([\x21-\x7e]+)$/i.exec(headers[0] ?? '')?.[1] : undefined;
    const principal = token === undefined ? null : await this.ports.authenticator.authenticate(token, exchange, again);
    if (!principal) throw refuse('unauthenticated');
    return principal;
  }

  /** The command's id. Throws the answer that it gave if it was done before (or 422: the key was used with another body). */
  private async identify(route: Route, exchange: Exchange, query: unknown): Promise<void> {
    const { principal } = exchange;
    if (!route.write || !principal) return;
    const key = idempotencyKey(exchange.raw);
    if (key === undefined) return;
    exchange.keyed = true;
    exchange.fingerprint = await this.ports.fingerprints.of(bodyValue(exchange.body));
    exchange.commandId = keyedCommandId(exchange.workspace, keyOwner(principal), exchange.method, exchange.path, key);
    if ((query as { dryRun?: unknown }).dryRun === 'true') return;
    const answer = exchange.params && (await this.ports.replays.find(exchange, route, exchange.params));
    if (answer) throw new DoneBefore(answer);
  }

  /** As `judge`, by what is remembered where the route allows that: who would be refused is judged by what is so now. */
  private async judgeAtOnce(route: Route, exchange: Exchange): Promise<void> {
    if (typeof route.access === 'string' || !route.access.optimistic) return this.judge(route, exchange);
    try {
      await this.judge(route, exchange, true);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.judge(route, exchange);
    }
  }

  /** 404, 415, 403. */
  private async judge(route: Route, exchange: Exchange, optimistic = false): Promise<void> {
    const { access } = route;
    const { params, principal } = exchange;
    if (!params) throw refuse('not-found');
    exchange.target = typeof access === 'string' ? null : await this.target(access, params, exchange, optimistic);
    refuseMediaType(route, exchange);
    refuseNowhere(route, exchange);
    if (!principal || access === 'public') return;
    if (access === 'credential') return refuseLimited(principal);
    const settings = exchange.workspace === PLATFORM ? null : await this.ports.policySettingsOf(exchange.workspace);
    permit(principal, access, exchange, settings);
  }

  private async target(
    access: PermittedAccess,
    params: Record<string, unknown>,
    exchange: Exchange,
    optimistic: boolean,
  ): Promise<FoundTarget | null> {
    if (access.target === undefined) return null;
    if (typeof access.target === 'function') return access.target(bodyValue(exchange.body));
    const id = String(params[access.targetParam ?? 'id']);
    const target = await this.targets.resolve(access.target, id, exchange.workspace, optimistic);
    if (!target && exchange.route) refuseNowhere(exchange.route, exchange);
    if (!target) throw refuse('not-found');
    return target;
  }

  /** 404 or 405. Who shows a credential must have a good one; without one nothing is said of routes that need one. */
  private async refusePath(exchange: Exchange): Promise<never> {
    const routes = this.table.at(exchange.path);
    const guarded = routes.length > 0 && routes.every(({ access }) => access !== 'public');
    if (guarded || exchange.raw.headers.authorization !== undefined) await this.prove(exchange);
    if (routes.length === 0) throw refuse('not-found');
    throw refuse('method-not-allowed', { allow: methodsOf(routes) });
  }
}

/** 413 and 400. An empty body that is said to be JSON is none where none is needed. */
function refuseBody({ body }: Exchange, route: Route | null): void {
  if (body.kind === 'too-large') throw refuse('too-large');
  if (body.kind === 'malformed' || (body.kind === 'empty-json' && route?.bodyOptional === false)) throw refuse('malformed-json');
}

function refuseMediaType(route: Route, { body }: Exchange): void {
  const taken = (body.kind !== 'json' && body.kind !== 'form') || route.consumes.includes(body.kind);
  if (body.kind === 'unsupported' || !taken) throw refuse('unsupported-media-type');
}

/** An operator says in which workspace it acts, where that matters. */
function refuseNowhere(route: Route, { principal, workspace, target }: Exchange): void {
  if (route.scope !== 'workspace' || principal?.role !== 'operator' || workspace !== PLATFORM || target?.id) return;
  throw refuseField('Workspace', 'required', 'is needed: the header names the workspace to act in');
}

/** A session that waits for a new password may do only what the permission table leaves it. */
function refuseLimited(principal: Principal): void {
  if (principal.kind === 'password-change') throw refuse('password-change-required');
}

function permit(
  principal: Principal,
  access: PermittedAccess,
  { body, target }: Exchange,
  settings: PolicySettings | null,
): void {
  const own = target?.id === principal.account;
  const permissions = typeof access.permission === 'function' ? access.permission(bodyValue(body), own) : access.permission;
  for (const permission of listed(permissions)) ensure(principal, permission, target ?? undefined, settings ?? undefined);
}
