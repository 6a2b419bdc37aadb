import type { Recorded, Revision } from '#event-store';
import { NO_STREAM } from '#event-store';

/** A command that an event proves done. */
export interface DoneCommand {
  readonly revision: Revision;
  readonly fingerprint: string | null;
}

/** What a holder's stream says of claims and commands, whatever else it is about. */
export interface Holder {
  readonly revision: Revision;
  /** Amount kept by claim id; 0 = given up. */
  readonly kept: ReadonlyMap<string, number>;
  readonly void: ReadonlySet<string>;
  readonly commands: ReadonlyMap<string, DoneCommand>;
}

/** A holder while its stream is being folded: folded in place, since long streams are folded on every command. */
export interface HolderFold extends Holder {
  revision: Revision;
  readonly kept: Map<string, number>;
  readonly void: Set<string>;
  readonly commands: Map<string, DoneCommand>;
}

export const newHolder = (): HolderFold => ({ revision: NO_STREAM, kept: new Map(), void: new Set(), commands: new Map() });

/** Folds one event of any type into `holder`: claims and command id stand in its metadata, a voided claim in its data. */
export function foldHolder(holder: HolderFold, recorded: Recorded): void {
  const { metadata, revision, event } = recorded;
  holder.revision = revision;
  if (event.type === 'ClaimVoided') holder.void.add((event.data as { claim: string }).claim);
  for (const [claim, amount] of Object.entries(metadata.claims?.taken ?? {})) holder.kept.set(claim, amount);
  for (const [claim, amount] of Object.entries(metadata.claims?.kept ?? {})) holder.kept.set(claim, amount);
  // A command may record several events: it was done at the last of them.
  if (metadata.commandId !== null)
    holder.commands.set(metadata.commandId, { revision, fingerprint: metadata.fingerprint ?? null });
}

/** What the holder's stream makes of a claim: kept (in full or in part; 0 where it is void or given up), or open: nothing said yet. */
export type Judgement = { readonly state: 'said'; readonly amount: number } | { readonly state: 'open' };

export function judge(holder: Holder, claim: string): Judgement {
  if (holder.void.has(claim)) return { state: 'said', amount: 0 };
  const amount = holder.kept.get(claim);
  return amount === undefined ? { state: 'open' } : { state: 'said', amount };
}

/** Claims of one resource that the holder keeps, with their amounts. */
export const keptOf = (holder: Holder, resource: string): [claim: string, amount: number][] =>
  [...holder.kept].filter(([claim, amount]) => amount > 0 && resourceOf(claim) === resource);

/** Everything that the holder keeps, given up: known from its claims alone, whatever can still be read of it. */
export const everythingKept = (holder: Holder): { readonly resource: string; readonly keep: 0 }[] =>
  [...new Set([...holder.kept].flatMap(([claim, amount]) => (amount > 0 ? [resourceOf(claim)] : [])))].map((resource) => ({
    resource,
    keep: 0,
  }));

/** Claim id: command id / resource / attempt. */
export const claimId = (commandId: string, resource: string, attempt: number): string => `${commandId}/${resource}/${attempt}`;
/** The stream of the resource that a claim is a place in. */
export const resourceOf = (claim: string): string => claim.slice(claim.indexOf('/') + 1, claim.lastIndexOf('/'));

/** Id of the next claim of a command on a resource: the first that is not void here. */
export function nextClaim(holder: Holder, commandId: string, resource: string): string {
  let attempt = 0;
  while (holder.void.has(claimId(commandId, resource, attempt))) attempt++;
  return claimId(commandId, resource, attempt);
}
