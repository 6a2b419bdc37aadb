import type { JsonObject } from '#kernel';
import type { Change, Collection, Projection } from '#read-store';
import type { WorkspaceEvent } from './workspace.events.js';
import type { DomainState } from './workspace.fold.js';

/** One workspace in the operator's list. */
export type WorkspaceRow = JsonObject & {
  id: string;
  slug: string;
  name: string;
  state: 'active' | 'suspended';
  domain: string | null;
  domainState: DomainState | null;
  botSlots: number;
  createdAt: string;
};

const list: Collection<WorkspaceRow> = {
  name: 'list',
  fields: { createdAt: 'key', slug: 'key', name: 'text', state: 'key' },
  indexes: [['createdAt']],
};

const set = (id: string, fields: Partial<WorkspaceRow>): Change[] => [
  { op: 'set', collection: 'list', id, fields: fields as JsonObject },
];

export const WORKSPACES_LIST = 'workspaces/list';

export const workspacesProjection: Projection = {
  name: 'workspaces',
  version: 1,
  collections: [list],
  project(recorded) {
    const event = recorded.event as WorkspaceEvent;
    const id = recorded.metadata.subject ?? '';
    switch (event.type) {
      case 'WorkspaceCreated': {
        const { name, slug, botSlots } = event.data;
        const row: WorkspaceRow = {
          id,
          slug,
          name,
          state: 'active',
          domain: null,
          domainState: null,
          botSlots,
          createdAt: recorded.created,
        };
        return [{ op: 'put', collection: 'list', id, row }];
      }
      case 'WorkspaceSuspended':
        return set(id, { state: 'suspended' });
      case 'WorkspaceResumed':
        return set(id, { state: 'active' });
      case 'PoolChanged':
        return set(id, { botSlots: event.data.to });
      case 'WorkspaceSettingsChanged': {
        const { name } = event.data.changes;
        return name ? set(id, { name: name.to }) : [];
      }
      case 'DomainSet':
        return set(id, { domain: event.data.domain, domainState: 'pending' });
      case 'DomainVerified':
        return set(id, { domainState: 'verified' });
      case 'DomainLapsed':
        return set(id, { domainState: 'lapsed' });
      case 'DomainRemoved':
        return set(id, { domain: null, domainState: null });
      case 'BrandingChanged':
      case 'SmtpConfigured':
      case 'SmtpRemoved':
        return [];
    }
    return [];
  },
};
