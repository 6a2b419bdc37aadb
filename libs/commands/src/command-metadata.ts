import type { MetadataInput } from '#event-store';
import type { Instant } from '#kernel';
import type { Claims } from './claims.js';
import type { CommandContext } from './context.js';

export const NO_CLAIMS: Claims = { before: [], after: [], taken: {}, kept: {} };

/** What the events of a command say of it, and of the places that it takes and keeps. */
export function metadataOf(
  { context, subject }: { readonly context: CommandContext; readonly subject: string },
  { taken, kept }: Pick<Claims, 'taken' | 'kept'>,
  at: Instant,
): MetadataInput {
  const named = Object.keys(taken).length + Object.keys(kept).length > 0;
  return {
    workspace: context.workspace,
    subject,
    actor: context.actor,
    ...(context.onBehalfOf ? { onBehalfOf: context.onBehalfOf } : {}),
    commandId: context.commandId,
    ...(context.fingerprint === undefined ? {} : { fingerprint: context.fingerprint }),
    correlationId: context.correlationId,
    ...(context.causationId ? { causationId: context.causationId } : {}),
    ...(context.requestId ? { requestId: context.requestId } : {}),
    ...(context.origin ? { origin: context.origin } : {}),
    ...(named ? { claims: { taken, kept } } : {}),
    at,
  };
}

/** What the events say that keep the books of a command: it is their cause, and none of them proves it done. */
export const housekeepingOf = (context: CommandContext, at: Instant): MetadataInput => ({
  workspace: context.workspace,
  subject: null,
  actor: context.actor,
  commandId: null,
  correlationId: context.correlationId,
  causationId: context.commandId,
  at,
});
