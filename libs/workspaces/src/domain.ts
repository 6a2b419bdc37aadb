import { domainToASCII } from 'node:url';
import { refuseField } from '#kernel';
import { isDevelopment, type Settings } from '#settings';
import type { DomainFindings } from './workspace.events.js';
import type { WorkspaceDomain } from './workspace.fold.js';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LONGEST = 253;

/** Two labels or more; the last one is no number, so that an address is none. */
export function isDomainName(name: string): boolean {
  const labels = name.split('.');
  return (
    labels.length > 1 && name.length <= LONGEST && labels.every((label) => LABEL.test(label)) && /[a-z]/.test(labels.at(-1) ?? '')
  );
}

export const isLocal = (name: string): boolean => name.endsWith('.localhost');

/** A host as it is compared: lower-case, without port and closing dot. */
export const hostName = (host: string): string => host.trim().toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');

/** The domain in the form in which it is kept (A-labels, lower-case); refuses what cannot be a brand's domain. */
export function domainName(given: string, settings: Pick<Settings, 'platformHost'>): string {
  const no = (message: string) => refuseField('/domain', 'invalid-domain', message);
  const typed = given.trim().replace(/\.$/, '');
  const name = /[\s/\\:@?#[\]%]/.test(typed) ? '' : domainToASCII(typed).toLowerCase();
  if (!isDomainName(name)) throw no('is not a domain name');
  if (name === hostName(settings.platformHost)) throw no("is the platform's own host");
  if (isLocal(name) && !isDevelopment(settings)) throw no('is a name of places of development');
  return name;
}

/** One DNS record to create. */
export interface DomainRecord {
  readonly type: 'TXT' | 'CNAME';
  readonly name: string;
  readonly value: string;
}

export const proofName = (domain: string): string => `_whitebook.${domain}`;
export const proofText = (proof: string): string => `whitebook-verification=${proof}`;

/** The records to create: the TXT record proves, the CNAME leads browsers to the platform. */
export const recordsOf = ({ name, proof }: WorkspaceDomain, { platformHost }: Pick<Settings, 'platformHost'>): DomainRecord[] => [
  { type: 'TXT', name: proofName(name), value: proofText(proof) },
  { type: 'CNAME', name, value: platformHost },
];

/** What a look-up says of a proof; `unknown` where no server answered. */
export type DomainVerdict = 'proved' | 'missing' | 'unknown';

/** Names under `.localhost` lead to the machine itself: no zone can prove them. */
export const NOT_LOOKED_UP: DomainFindings = { txt: [], cname: [] };

/** Whether what was found proves the domain: the TXT record alone decides. In a place of development `.localhost` needs none. */
export function verdictOf(
  { name, proof }: Pick<WorkspaceDomain, 'name' | 'proof'>,
  found: DomainFindings,
  settings: Pick<Settings, 'platformHost'>,
): DomainVerdict {
  if (isLocal(name)) return isDevelopment(settings) ? 'proved' : 'missing';
  if (found.txt.includes(proofText(proof))) return 'proved';
  return found.failure === undefined ? 'missing' : 'unknown';
}

/** RUN-6: what verified by itself in a place of development is worth nothing anywhere else. */
export const domainInForce = (
  domain: WorkspaceDomain | null,
  settings: Pick<Settings, 'platformHost'>,
): WorkspaceDomain | null =>
  domain && domain.state === 'verified' && isLocal(domain.name) && !isDevelopment(settings)
    ? { ...domain, state: 'lapsed' }
    : domain;
