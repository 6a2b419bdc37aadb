import type { CommandContext } from '#commands';
import type { Position, Revision } from '#event-store';
import type { Principal, Target } from '#policy';

/** What a controller knows of a request beside its input. */
export interface RequestContext {
  readonly requestId: string;
  readonly method: string;
  /** Path as it came, without the query. */
  readonly path: string;
  /** Host that the caller named: lower-case, without port. */
  readonly host: string;
  readonly address: string;
  readonly agent: string;
  /** Null on public routes. */
  readonly principal: Principal | null;
  /** Where the caller acts; `platform` on public routes and for an operator that names no workspace. */
  readonly workspace: string;
  /** The account that the route is about, as it was when the caller was judged. */
  readonly target: Target | null;
  readonly commandId: string;
  /** Whether the caller gave an idempotency key; then `fingerprint` is there. */
  readonly keyed: boolean;
  readonly fingerprint: string | undefined;
  readonly dryRun: boolean;
  readonly ifMatch: Revision | undefined;
  /** What a read must have reached: the later of `Min-Position` and the caller's own last write; 0 for nothing. */
  readonly minPosition: Position;
  /** The one value of a request header. Throws 422 when it is repeated. */
  header(name: string): string | undefined;
  /** The context for the command bus. On public routes: who is proved by the body, and in which workspace. */
  command(proved?: Partial<Pick<CommandContext, 'workspace' | 'actor' | 'principal'>>): CommandContext;
}
