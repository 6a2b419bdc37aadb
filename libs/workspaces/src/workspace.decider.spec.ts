import { scenario } from '../../../test/support/scenario.js';
import { decide } from './workspace.decider.js';
import type { SmtpServer, WorkspaceEvent } from './workspace.events.js';
import { evolve, NO_BRANDING, noWorkspace } from './workspace.fold.js';

const workspace = scenario({ initial: noWorkspace, decide, evolve });
const created: WorkspaceEvent = {
  type: 'WorkspaceCreated',
  data: { id: 'w1', name: 'Northwind', slug: 'northwind', botSlots: 5 },
};
const found = { txt: ['whitebook-verification=p1'], cname: [] };
const domainSet: WorkspaceEvent = { type: 'DomainSet', data: { domain: 'app.northwind.test', proof: 'p1', from: null } };
const verified: WorkspaceEvent = { type: 'DomainVerified', data: { domain: 'app.northwind.test', found } };
const lapsed: WorkspaceEvent = { type: 'DomainLapsed', data: { domain: 'app.northwind.test', found: { txt: [], cname: [] } } };
const suspended: WorkspaceEvent = { type: 'WorkspaceSuspended', data: {} };
const smtp: SmtpServer = {
  host: 'mail.northwind.test',
  port: 587,
  security: 'starttls',
  user: 'mailer',
  from: { address: 'hello@northwind.test' },
};
const configured: WorkspaceEvent = { type: 'SmtpConfigured', data: { from: null, to: smtp, secret: 's1' } };

describe('creation', () => {
  const create = { type: 'Create', id: 'w1', name: 'Northwind', slug: 'northwind', botSlots: 5 } as const;
  it('WS-1: takes its slug and makes its pool', () =>
    workspace
      .given()
      .when(create)
      .thenDecides({
        events: [created],
        needs: [
          { kind: 'place', resource: 'slug-northwind', amount: 1, refusal: 'slug-taken' },
          { kind: 'resize', resource: 'pool-w1', capacity: 5, refusal: 'pool-below-allocated' },
        ],
      }));
  it('happens once', () => workspace.given(created).when(create).thenRefused('busy'));
  it('comes before all else', () => workspace.given().when({ type: 'Suspend' }).thenRefused('not-found'));
  it('leaves an active workspace with the standard plan', () =>
    workspace.given(created).shows({
      state: 'active',
      botSlots: 5,
      plans: [{ code: 'standard', name: 'Standard' }],
      settings: {
        requirePasswordChange: false,
        managersMayImpersonate: false,
        currency: 'USD',
        timeZone: 'UTC',
        defaultPlan: 'standard',
      },
    }));
});

describe('state', () => {
  it('WS-1: suspends and resumes', () => {
    workspace.given(created).when({ type: 'Suspend' }).then(suspended);
    workspace.given(created, suspended).when({ type: 'Resume' }).then({ type: 'WorkspaceResumed', data: {} });
  });
  it('WS-1: records nothing where it is so already', () => {
    workspace.given(created, suspended).when({ type: 'Suspend' }).then();
    workspace.given(created).when({ type: 'Resume' }).then();
  });
});

describe('pool', () => {
  it('WS-8: changes within what is allocated', () =>
    workspace
      .given(created)
      .when({ type: 'ChangePool', botSlots: 9 })
      .thenDecides({
        events: [{ type: 'PoolChanged', data: { from: 5, to: 9 } }],
        needs: [{ kind: 'resize', resource: 'pool-w1', capacity: 9, refusal: 'pool-below-allocated' }],
      }));
  it('WS-8: records nothing for the same number', () =>
    workspace.given(created).when({ type: 'ChangePool', botSlots: 5 }).then());
});

describe('settings and branding', () => {
  it('records what differs, with before and after', () =>
    workspace
      .given(created)
      .when({ type: 'ChangeSettings', settings: { name: 'Northwind', currency: 'EUR', managersMayImpersonate: true } })
      .then({
        type: 'WorkspaceSettingsChanged',
        data: { changes: { currency: { from: 'USD', to: 'EUR' }, managersMayImpersonate: { from: false, to: true } } },
      }));
  it('records nothing where nothing differs', () =>
    workspace
      .given(created)
      .when({ type: 'ChangeSettings', settings: { timeZone: 'UTC' } })
      .then());
  it('refuses a plan that the catalogue does not have', () =>
    workspace
      .given(created)
      .when({ type: 'ChangeSettings', settings: { defaultPlan: 'gold' } })
      .thenRefused('unknown-plan', { errors: [{ pointer: '/defaultPlan' }] }));
  it('keeps settings that an event does not name', () =>
    workspace
      .given(created, {
        type: 'WorkspaceSettingsChanged',
        data: { changes: { name: { from: 'Northwind', to: 'Southwind' }, currency: { from: 'USD', to: 'EUR' } } },
      })
      .shows({ name: 'Southwind', settings: { ...noWorkspace.settings, currency: 'EUR' } }));
  it('WS-4: branding is replaced as a whole, null clears', () => {
    const branded: WorkspaceEvent = {
      type: 'BrandingChanged',
      data: { changes: { productName: { from: null, to: 'North' }, colors: { from: {}, to: { primary: '#112233' } } } },
    };
    const branding = { ...NO_BRANDING, productName: 'North', colors: { primary: '#112233' } };
    workspace.given(created).when({ type: 'ChangeBranding', branding }).then(branded);
    workspace.given(created, branded).when({ type: 'ChangeBranding', branding }).then();
    workspace
      .given(created, branded)
      .when({ type: 'ChangeBranding', branding: { ...branding, productName: null } })
      .then({ type: 'BrandingChanged', data: { changes: { productName: { from: 'North', to: null } } } });
  });
});

describe('mail server', () => {
  it('WS-5: names the secret that holds its password', () =>
    workspace.given(created).when({ type: 'ConfigureSmtp', smtp, secret: 's1' }).then(configured));
  it('WS-5: without a password the one in force stays', () =>
    workspace
      .given(created, configured)
      .when({ type: 'ConfigureSmtp', smtp: { ...smtp, from: { address: 'hi@northwind.test' } }, secret: null })
      .then({
        type: 'SmtpConfigured',
        data: { from: smtp, to: { ...smtp, from: { address: 'hi@northwind.test' } }, secret: 's1' },
      }));
  it.each([{ host: 'elsewhere.test' }, { user: 'other' }, { port: 25 }])(
    'WS-5: a password is never given to another server or user: %p',
    (other) =>
      workspace
        .given(created, configured)
        .when({ type: 'ConfigureSmtp', smtp: { ...smtp, ...other }, secret: null })
        .thenRefused('invalid-input', { errors: [{ pointer: '/password' }] }),
  );
  it('records nothing where nothing differs', () =>
    workspace.given(created, configured).when({ type: 'ConfigureSmtp', smtp, secret: null }).then());
  it('needs no password without a user, and keeps none', () =>
    workspace
      .given(created, configured)
      .when({ type: 'ConfigureSmtp', smtp: { ...smtp, user: null }, secret: null })
      .then({ type: 'SmtpConfigured', data: { from: smtp, to: { ...smtp, user: null }, secret: null } }));
  it('is removed once', () => {
    workspace
      .given(created, configured)
      .when({ type: 'RemoveSmtp' })
      .then({ type: 'SmtpRemoved', data: { from: smtp } });
    workspace.given(created).when({ type: 'RemoveSmtp' }).then();
  });
  it('knows the secret that is in force no more', () => {
    workspace.given(created, configured).shows({ retiredSecret: null });
    workspace
      .given(created, configured, { type: 'SmtpConfigured', data: { from: smtp, to: smtp, secret: 's2' } })
      .shows({ retiredSecret: 's1' });
    workspace.given(created, configured, { type: 'SmtpRemoved', data: { from: smtp } }).shows({ retiredSecret: 's1' });
  });
});

describe('domain', () => {
  const set = { type: 'SetDomain', domain: 'app.northwind.test', proof: 'p1' } as const;
  const judge = { type: 'JudgeDomain', domain: 'app.northwind.test', proof: 'p1', found } as const;

  it('WS-3: is claimed when it is set', () =>
    workspace
      .given(created)
      .when(set)
      .thenDecides({
        events: [domainSet],
        needs: [{ kind: 'place', resource: 'domain-app.northwind.test', amount: 1, refusal: 'domain-taken' }],
      }));
  it('WS-3: gives up the one that it takes the place of', () =>
    workspace
      .given(created, domainSet, verified)
      .when({ type: 'SetDomain', domain: 'north.test', proof: 'p2' })
      .thenDecides({
        events: [{ type: 'DomainSet', data: { domain: 'north.test', proof: 'p2', from: 'app.northwind.test' } }],
        needs: [{ kind: 'place', resource: 'domain-north.test', amount: 1, refusal: 'domain-taken' }],
        gives: [{ resource: 'domain-app.northwind.test', keep: 0 }],
      }));
  it('keeps proof and state when it is set again', () =>
    workspace
      .given(created, domainSet, verified)
      .when({ ...set, proof: 'p9' })
      .then());
  it('WS-3: the proof decides, for the first time and again', () => {
    workspace
      .given(created, domainSet)
      .when({ ...judge, verdict: 'proved' })
      .then(verified);
    workspace
      .given(created, domainSet, verified, lapsed)
      .when({ ...judge, verdict: 'proved' })
      .then(verified);
    workspace
      .given(created, domainSet, verified)
      .when({ ...judge, verdict: 'proved' })
      .then();
  });
  it('WS-2, WS-3: lapses when its proof is gone', () =>
    workspace
      .given(created, domainSet, verified)
      .when({ ...judge, verdict: 'missing', found: { txt: [], cname: [] } })
      .then(lapsed));
  it.each(['missing', 'unknown'] as const)('stays pending with a verdict of %s', (verdict) =>
    workspace
      .given(created, domainSet)
      .when({ ...judge, verdict })
      .then(),
  );
  it('WS-3: a server that does not answer makes no domain lapse', () =>
    workspace
      .given(created, domainSet, verified)
      .when({ ...judge, verdict: 'unknown', found: { txt: [], cname: [], failure: 'ETIMEOUT' } })
      .then());
  it('a look-up made with another proof counts nothing', () =>
    workspace
      .given(created, domainSet)
      .when({ ...judge, proof: 'p0', verdict: 'proved' })
      .thenRefused('busy'));
  it('cannot be verified where none is set', () =>
    workspace
      .given(created)
      .when({ ...judge, verdict: 'proved' })
      .thenRefused('domain-not-set'));
  it('WS-3: is given up when it is removed, once', () => {
    workspace
      .given(created, domainSet)
      .when({ type: 'RemoveDomain' })
      .thenDecides({
        events: [{ type: 'DomainRemoved', data: { domain: 'app.northwind.test' } }],
        gives: [{ resource: 'domain-app.northwind.test', keep: 0 }],
      });
    workspace.given(created).when({ type: 'RemoveDomain' }).then();
  });
});
