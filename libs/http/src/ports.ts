import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Json, Refusal } from '#kernel';
import type { PolicySettings, Principal } from '#policy';
import type { Answer } from './answer.js';
import type { RequestContext } from './request-context.js';
import type { Route } from './route.js';

/** From where a credential is shown. */
export interface Whence {
  /** Host that the request names: lower-case, without port. */
  readonly host: string;
  readonly address: string;
  readonly agent: string;
}

export interface Authenticator {
  /**
   * Who holds this token; null when nobody does any more, or not on this host. `again`: asked right before an append, so that whoever is stopped by
   * what is recorded is nobody, carried out or not yet. Rejects with `unavailable` while the vault is down.
   */
  authenticate(token: string, whence: Whence, again?: boolean): Promise<Principal | null>;
}

export interface Replays {
  /**
   * The answer that the keyed command `context.commandId` gave, if it was done; null if it is new.
   * Rejects with `idempotency-key-reused` when it was done with another `context.fingerprint`.
   */
  find(context: RequestContext, route: Route, params: Readonly<Record<string, unknown>>): Promise<Answer | null>;
}

export interface Fingerprints {
  /** COR-5: HMAC of a whole body under a key of the installation. `undefined` is no body. */
  of(body: Json | undefined): Promise<string>;
}

/** Settings of a workspace that permissions depend on; null where there is no such workspace. */
export type PolicySettingsOf = (workspace: string) => Promise<PolicySettings | null>;

export interface Throttles {
  /** The refusal (`throttled` with `retryAfter`) of a log-in that comes too soon; null lets it through. */
  check(throttle: string, body: Json | undefined, whence: Whence): Promise<Refusal | null>;
}

export const AUTHENTICATOR = Symbol('Authenticator');
export const REPLAYS = Symbol('Replays');
export const FINGERPRINTS = Symbol('Fingerprints');
export const POLICY_SETTINGS_OF = Symbol('PolicySettingsOf');
export const THROTTLES = Symbol('Throttles');

/** The ports above, wherever in the application a module provides them. */
@Injectable()
export class Ports {
  private readonly found = new Map<symbol, unknown>();

  constructor(private readonly modules: ModuleRef) {}

  get authenticator(): Authenticator {
    return this.find(AUTHENTICATOR);
  }
  get replays(): Replays {
    return this.find(REPLAYS);
  }
  get fingerprints(): Fingerprints {
    return this.find(FINGERPRINTS);
  }
  get policySettingsOf(): PolicySettingsOf {
    return this.find(POLICY_SETTINGS_OF);
  }
  get throttles(): Throttles {
    return this.find(THROTTLES);
  }

  /** Throws, naming the port, where nothing provides what these routes need. */
  demand(routes: readonly Route[]): void {
    if (routes.some(({ access }) => access !== 'public')) void (this.authenticator, this.policySettingsOf);
    if (routes.some(({ write }) => write)) void (this.replays, this.fingerprints);
    if (routes.some(({ throttle }) => throttle !== null)) void this.throttles;
  }

  private find<T>(token: symbol): T {
    const known = this.found.get(token) ?? this.modules.get<T>(token, { strict: false });
    this.found.set(token, known);
    return known as T;
  }
}
