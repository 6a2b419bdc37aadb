import type { Instant, JsonObject } from '#kernel';
import type { Position, Revision } from './event-store.port.js';

/** What a decision records: a fact with its data, personal fields among it. The codec takes those out and seals them. */
export interface DomainEvent<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Data;
}

export type ActorRole = 'owner' | 'admin' | 'manager' | 'auditor' | 'user' | 'operator' | 'system' | 'anonymous';

/** Who really acts. `id` is null for the system and for somebody who has proved nothing. */
export interface Actor {
  readonly id: string | null;
  readonly role: ActorRole;
  /** Workspace of the account; `platform` for operators. */
  readonly workspace: string;
}

/** Amounts by claim id: what an event takes, and what is kept from now on of claims that were taken before (0 = given up). */
export interface ClaimChanges {
  readonly taken?: Readonly<Record<string, number>>;
  readonly kept?: Readonly<Record<string, number>>;
}

/** Travels with every event, in the clear but for `origin`. */
export interface Metadata {
  readonly workspace: string;
  /** Account (or workspace) that the event is about: whose key seals its personal fields. Null where it is about nobody. */
  readonly subject: string | null;
  readonly actor: Actor;
  /** Under impersonation: the customer in whose name the actor acts. */
  readonly onBehalfOf?: string;
  /** Null on housekeeping (`ClaimVoided`, releases): only an event of the deciding handler proves that a command was done. */
  readonly commandId: string | null;
  /** HMAC of the request's body; only with an idempotency key. */
  readonly fingerprint?: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly requestId?: string;
  /** The writer's own clock, to compare with `created`. */
  readonly at: Instant;
  readonly schemaVersion: number;
  readonly claims?: ClaimChanges;
  /** Address and agent of the request, sealed under the actor's key. */
  readonly origin?: string;
}

/** An event read back: upcast to the present version, personal fields joined in. */
export interface Recorded<E extends DomainEvent = DomainEvent> {
  readonly event: E;
  readonly id: string;
  readonly stream: string;
  readonly revision: Revision;
  readonly position: Position;
  readonly created: Instant;
  readonly workspace: string;
  /** The workspace's own number of the event, where the store gives one in the append. */
  readonly number?: number;
  readonly metadata: Metadata;
  /** The clear data as stored, without personal fields. */
  readonly clear: JsonObject;
  /** Personal fields as stored: sealed under the subject's key; null where there are none. */
  readonly sealed: string | null;
  /** The subject's key is destroyed: personal fields are absent from `event.data` for ever. */
  readonly erased: boolean;
}

/** Declared once per event type, in its library's `*.events.ts`. */
export interface EventDefinition {
  readonly type: string;
  /** Version that is written now: 1, 2, … */
  readonly version: number;
  /** Names of fields of `data` that are about a person: sealed under the subject's key. */
  readonly personal: readonly string[];
  /** `upcasters[n]` lifts joined data of version n to n + 1. */
  readonly upcasters?: Readonly<Record<number, (data: JsonObject) => JsonObject>>;
}
