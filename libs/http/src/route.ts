import { z } from 'zod';
import { ruleOf, type Permission, type Target } from '#policy';
import type { RefusalCode } from '#kernel';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type BodyType = 'json' | 'form';
export type AnswerHeader = 'ETag' | 'Position' | 'Location' | 'Retry-After' | 'Set-Cookie' | 'Content-Disposition';

/** One permission or more (all are needed): fixed, or read off the body as it came, before it is validated; `own`: the target is the caller itself. */
export type Permissions = Permission | readonly [Permission, ...Permission[]];
export type PermissionsOf = (body: unknown, own: boolean) => Permissions;

export interface PermittedAccess {
  readonly permission: Permissions | PermissionsOf;
  /** What the permission is about: a kind that is registered with `Targets`, named by `targetParam`; or an account that is about to be, read off the body. */
  readonly target?: string | ((body: unknown) => Target);
  /** The path's parameter that names the target; `id` by default. */
  readonly targetParam?: string;
  /**
   * The target may be judged as it is remembered: all that the route does is one command on the target's own stream, which asks the guard again
   * (`recheck`) where it is decided at another revision. Nobody is refused anything for what is remembered.
   */
  readonly optimistic?: boolean;
}

/** `public`: nobody is asked who they are. `credential`: any proved caller. */
export type Access = 'public' | 'credential' | PermittedAccess;

export interface AnswerDefinition {
  readonly description: string;
  readonly body?: z.ZodType;
  /** Media type; `application/json` by default. */
  readonly type?: string;
  readonly headers?: readonly AnswerHeader[];
}

type Nothing = z.ZodObject<Record<never, never>, z.core.$strict>;
const nothing: Nothing = z.strictObject({});

export interface RouteDefinition<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = Nothing,
> {
  readonly method: Method;
  /** With parameters as `:name`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  /** What does not fit is 404: such an id cannot exist. */
  readonly params?: P;
  readonly query?: Q;
  /** An absent body is validated as `{}`. */
  readonly body?: B;
  /** Media types of the body that are taken; JSON by default. */
  readonly consumes?: readonly BodyType[];
  readonly responses: Readonly<Record<number, AnswerDefinition>>;
  /** Refusals of its own, beside those that follow from access, body, target and write. */
  readonly problems?: readonly RefusalCode[];
  /** A command with a credential: takes `Idempotency-Key` and `dryRun`. */
  readonly write?: boolean;
  /** Takes `If-Match` (writes only). */
  readonly ifMatch?: boolean;
  /** Takes `Min-Position`; by default every GET that is not public does. */
  readonly minPosition?: boolean;
  /** Name of the throttle (of log-ins) that is asked before anything else is looked at. */
  readonly throttle?: string;
  /**
   * Where an operator may use it: `workspace` only in one that it names, `platform` and `any` without.
   * By default it follows from the permission.
   */
  readonly scope?: Scope;
}
export type Scope = 'workspace' | 'platform' | 'any';

/** A route with all that was left out filled in. */
export interface Route<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
> extends Required<Omit<RouteDefinition, 'params' | 'query' | 'body' | 'throttle'>> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly throttle: string | null;
  /** Whether it makes sense without a body. */
  readonly bodyOptional: boolean;
}

/** What a controller gets of a request, validated. */
export type InputOf<R extends Route> = {
  readonly params: z.output<R['params']>;
  readonly query: z.output<R['query']>;
  readonly body: z.output<R['body']>;
};

/** Describes one operation: its guard, its validation and its place in the OpenAPI document all follow from this. */
export function defineRoute<P extends z.ZodObject = Nothing, Q extends z.ZodObject = Nothing, B extends z.ZodType = Nothing>(
  definition: RouteDefinition<P, Q, B>,
): Route<P, Q, B> {
  const { access, method, write = false, ifMatch = false } = definition;
  const place = `${method} ${definition.path}`;
  if (write && (access === 'public' || method === 'GET'))
    throw new Error(`${place}: a write needs a credential and a method that writes`);
  if (ifMatch && !write) throw new Error(`${place}: only writes take If-Match`);
  const params = definition.params ?? nothing;
  for (const name of paramsIn(definition.path))
    if (!(name in params.shape)) throw new Error(`${place}: parameter ${name} is not declared`);
  return {
    consumes: ['json'],
    problems: [],
    minPosition: method === 'GET' && access !== 'public',
    scope: scopeOf(access),
    ...definition,
    write,
    ifMatch,
    params: params as P,
    query: (definition.query ?? nothing) as Q,
    body: (definition.body ?? nothing) as B,
    throttle: definition.throttle ?? null,
    bodyOptional: definition.body === undefined || definition.body.safeParse({}).success,
  };
}

/** Names of the parameters in a path. */
export const paramsIn = (path: string): string[] => [...path.matchAll(/:([a-zA-Z]+)/g)].map((match) => match[1] as string);

/** The fixed permissions of a route; empty where they depend on the body or none is needed. */
export function fixedPermissions(access: Access): readonly Permission[] {
  if (typeof access === 'string' || typeof access.permission === 'function') return [];
  return listed(access.permission);
}

export const listed = (permissions: Permissions): readonly Permission[] =>
  typeof permissions === 'string' ? [permissions] : permissions;

/** Operators alone: `platform`. About nobody but the caller: `any`. All else is in a workspace. */
function scopeOf(access: Access): Scope {
  if (typeof access === 'string') return 'any';
  const rules = fixedPermissions(access).map(ruleOf);
  if (rules.length === 0) return 'workspace';
  if (rules.every(({ platform }) => platform)) return 'platform';
  return access.target === undefined && rules.every(({ own, roles }) => own && roles.length === 0) ? 'any' : 'workspace';
}
