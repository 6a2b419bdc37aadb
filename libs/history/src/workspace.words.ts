import type { DomainFindings, WorkspaceEvent } from '#workspaces/records';
import { begun, change, changesOf, count, listed, spaced, told, type Tellings } from './telling.js';

const found = ({ txt, cname, failure }: DomainFindings) => begun({ txt, cname, failure });

const changed = (what: string, changes: object): string => {
  const fields = Object.keys(changes).map(spaced);
  return fields.length > 0 ? `${what} changed: ${listed(fields)}` : `${what} changed`;
};

export const workspaceWords: Tellings<WorkspaceEvent> = {
  WorkspaceCreated: {
    title: 'Workspace created',
    tell: ({ name, slug, botSlots }) =>
      told(`Workspace created with ${count(botSlots, 'bot slot')}`, begun({ name, slug, botSlots })),
  },
  WorkspaceSuspended: {
    title: 'Workspace suspended',
    tell: () => told('Workspace suspended', [change('state', 'active', 'suspended')]),
  },
  WorkspaceResumed: {
    title: 'Workspace resumed',
    tell: () => told('Workspace resumed', [change('state', 'suspended', 'active')]),
  },
  PoolChanged: {
    title: 'Pool changed',
    tell: ({ from, to }) => told(`Pool changed from ${from} to ${count(to, 'bot slot')}`, [change('botSlots', from, to)]),
  },
  WorkspaceSettingsChanged: {
    title: 'Settings changed',
    tell: ({ changes }) => told(changed('Settings', changes), changesOf(changes)),
  },
  BrandingChanged: {
    title: 'Branding changed',
    tell: ({ changes = {} }) => told(changed('Branding', changes), changesOf(changes)),
  },
  SmtpConfigured: {
    title: 'Mail server configured',
    tell: ({ from, to }) => told('Mail server configured', [change('smtp', from, to)]),
  },
  SmtpRemoved: {
    title: 'Mail server removed',
    tell: ({ from }) => told('Mail server removed', [change('smtp', from, null)]),
  },
  DomainSet: {
    title: 'Domain set',
    tell: ({ domain, from }) => told(`Domain ${domain} set, to be verified`, [change('domain', from, domain)]),
  },
  DomainVerified: {
    title: 'Domain verified',
    tell: (data) => told(`Domain ${data.domain} verified`, [change('state', null, 'verified'), ...found(data.found)]),
  },
  DomainLapsed: {
    title: 'Domain lapsed',
    tell: (data) =>
      told(`Domain ${data.domain} lapsed: its proof is gone`, [change('state', 'verified', 'lapsed'), ...found(data.found)]),
  },
  DomainRemoved: {
    title: 'Domain removed',
    tell: ({ domain }) => told(`Domain ${domain} removed`, [change('domain', domain, null)]),
  },
};
