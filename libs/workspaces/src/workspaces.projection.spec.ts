import type { Recorded } from '#event-store';
import type { Change } from '#read-store';
import type { WorkspaceEvent } from './workspace.events.js';
import { workspacesProjection } from './workspaces.projection.js';

const at = '2026-01-31T09:00:00.000Z';
const recorded = (event: WorkspaceEvent): Recorded => ({
  event,
  id: 'e1',
  stream: 'workspace-w1',
  revision: 0,
  position: 1,
  created: at,
  workspace: 'w1',
  number: 1,
  metadata: {
    workspace: 'w1',
    subject: 'w1',
    actor: { id: 'op', role: 'operator', workspace: 'platform' },
    commandId: 'c1',
    correlationId: 'c1',
    at,
    schemaVersion: 1,
  },
  clear: {},
  sealed: null,
  erased: false,
});
const changes = (event: WorkspaceEvent): readonly Change[] => workspacesProjection.project(recorded(event), { number: null });
const set = (fields: object): object[] => [{ op: 'set', collection: 'list', id: 'w1', fields }];

it('WS-1: a new workspace is a row', () =>
  expect(changes({ type: 'WorkspaceCreated', data: { id: 'w1', name: 'Northwind', slug: 'northwind', botSlots: 5 } })).toEqual([
    {
      op: 'put',
      collection: 'list',
      id: 'w1',
      row: {
        id: 'w1',
        slug: 'northwind',
        name: 'Northwind',
        state: 'active',
        domain: null,
        domainState: null,
        botSlots: 5,
        createdAt: at,
      },
    },
  ]));

const found = { txt: [], cname: [] };
it.each<[WorkspaceEvent, object]>([
  [{ type: 'WorkspaceSuspended', data: {} }, { state: 'suspended' }],
  [{ type: 'WorkspaceResumed', data: {} }, { state: 'active' }],
  [{ type: 'PoolChanged', data: { from: 5, to: 9 } }, { botSlots: 9 }],
  [{ type: 'WorkspaceSettingsChanged', data: { changes: { name: { from: 'A', to: 'B' } } } }, { name: 'B' }],
  [
    { type: 'DomainSet', data: { domain: 'a.test', proof: 'p', from: null } },
    { domain: 'a.test', domainState: 'pending' },
  ],
  [{ type: 'DomainVerified', data: { domain: 'a.test', found } }, { domainState: 'verified' }],
  [{ type: 'DomainLapsed', data: { domain: 'a.test', found } }, { domainState: 'lapsed' }],
  [
    { type: 'DomainRemoved', data: { domain: 'a.test' } },
    { domain: null, domainState: null },
  ],
])('follows %j', (event, fields) => expect(changes(event)).toEqual(set(fields)));

it.each<WorkspaceEvent>([
  { type: 'WorkspaceSettingsChanged', data: { changes: { currency: { from: 'USD', to: 'EUR' } } } },
  { type: 'BrandingChanged', data: {} },
  { type: 'SmtpConfigured', data: { secret: null } },
  { type: 'SmtpRemoved', data: {} },
])('shows nothing of $type', (event) => expect(changes(event)).toEqual([]));

it('passes over events of others', () =>
  expect(
    workspacesProjection.project(
      { ...recorded({ type: 'WorkspaceSuspended', data: {} }), event: { type: 'UserCreated', data: {} } },
      { number: null },
    ),
  ).toEqual([]));
