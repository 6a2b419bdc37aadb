import type { Settings } from '#settings';
import { isLocal } from './domain.js';
import type { WorkspaceFacts } from './workspace.facts.js';

/** The port that this process listens on: known once it listens. */
export type PortInUse = () => number;
export const PORT_IN_USE = Symbol('PortInUse');

/** Base of the platform's own links, without a trailing slash. */
export const platformBase = ({ publicUrl }: Pick<Settings, 'publicUrl'>, port: number): string =>
  publicUrl ?? `http://localhost:${port}`;

/** Base of a workspace's links, without a trailing slash: its verified domain, else the platform. */
export function linkBase(facts: Pick<WorkspaceFacts, 'domain'>, settings: Pick<Settings, 'publicUrl'>, port: number): string {
  const { domain } = facts;
  if (domain?.state !== 'verified') return platformBase(settings, port);
  return isLocal(domain.name) ? `http://${domain.name}:${port}` : `https://${domain.name}`;
}
