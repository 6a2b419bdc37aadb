import type { DomainFindings } from './workspace.events.js';

export interface DomainResolver {
  /** Looks up the TXT records of the domain's proof and the domain's CNAME. Never rejects: what goes wrong is in `failure`. */
  look(domain: string): Promise<DomainFindings>;
}

export const DOMAIN_RESOLVER = Symbol('DomainResolver');
