import { refuse, type Refusal } from '#kernel';
import type { Revision } from '#event-store';
import type { Settings } from '#settings';
import { domainInForce } from './domain.js';
import type { Workspace } from './workspace.fold.js';

/** A workspace that exists, as its stream says now. */
export interface WorkspaceFacts extends Omit<Workspace, 'state'> {
  readonly state: 'active' | 'suspended';
  /** Of its stream. */
  readonly revision: Revision;
}

/** What is known of a workspace that exists; null for one that does not. */
export function factsOf(
  workspace: Workspace,
  revision: Revision,
  settings: Pick<Settings, 'platformHost'>,
): WorkspaceFacts | null {
  const { state } = workspace;
  return state === 'absent' ? null : { ...workspace, state, revision, domain: domainInForce(workspace.domain, settings) };
}

export interface Warning {
  readonly code: 'domain-not-configured';
  readonly severity: 'error';
  readonly text: string;
  readonly href: string;
}

/** Where a domain is set and verified. */
export const DOMAIN_HREF = '/v1/workspace/domain';
const WITHOUT_DOMAIN =
  'Users cannot be managed until a domain is set up in White Label: set a domain, create its DNS records and verify it.';

export const hasDomain = ({ domain }: Pick<WorkspaceFacts, 'domain'>): boolean => domain?.state === 'verified';

/** What stands in the way of the workspace's work; empty where nothing does. */
export const warningsOf = (facts: Pick<WorkspaceFacts, 'domain'>): Warning[] =>
  hasDomain(facts) ? [] : [{ code: 'domain-not-configured', severity: 'error', text: WITHOUT_DOMAIN, href: DOMAIN_HREF }];

/** The refusal to add anybody, with what to do and where; null where the workspace has a verified domain. */
export const domainRefusal = (facts: Pick<WorkspaceFacts, 'domain'>): Refusal | null =>
  hasDomain(facts) ? null : refuse('domain-not-configured', { detail: WITHOUT_DOMAIN, href: DOMAIN_HREF });
