import { itemsOf, textAt, type Api, type Reply } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import {
  callRoute,
  documentedRoutes,
  UNKNOWN_IDS,
  type DocumentedRoute,
  type PathIds,
  type RouteCall,
} from '../support/routes.js';
import { expectProblem, useWhitebook } from '../support/suite.js';
import { OPERATOR, type Whitebook } from '../support/whitebook.js';

const ROLES = ['owner', 'admin', 'manager', 'auditor', 'user', 'operator', 'impersonation', 'API key'] as const;

/** All that a caller can tell two answers by. */
const seen = ({ status, headers, text }: Reply): unknown => {
  const { date: _date, 'request-id': _id, ...told } = headers;
  return { status, told, text };
};

describe('two workspaces', () => {
  let whitebook: Whitebook;
  let mine: Place;
  let theirs: Place;
  let callers: Record<(typeof ROLES)[number], Api>;
  let foreign: PathIds;
  let ownAccount: string;
  let routes: DocumentedRoute[];

  useWhitebook(async (started) => {
    whitebook = started;
    mine = await makePlace(whitebook);
    theirs = await makePlace(whitebook);
    const customer = await makeCustomer(mine.admin);
    const user = await whitebook.signIn({ email: customer.email, password: PASSWORD }, { host: mine.domain });
    const inside = await mine.admin.post(`/v1/accounts/${customer.id}/impersonations`, { reason: 'ticket 7' });
    const scopes = itemsOf(expectStatus(await mine.owner.get('/v1/permissions'), 200)).flatMap(({ permission, roles, own }) =>
      own === true || (roles as string[]).includes('owner') ? [permission] : [],
    );
    const key = expectStatus(await mine.owner.post('/v1/api-keys', { name: 'all', scopes }), 201);
    callers = {
      ...{ owner: mine.owner, admin: mine.admin, manager: mine.manager, auditor: mine.auditor, user },
      operator: (await whitebook.signIn(OPERATOR)).with({ workspace: mine.id }),
      impersonation: whitebook.api.as(textAt(expectStatus(inside, 201), 'token')),
      'API key': whitebook.api.as(textAt(key, 'key')),
    };
    ownAccount = customer.id;
    foreign = await idsOf(theirs);
    routes = (await documentedRoutes(whitebook.api)).filter(
      ({ path }) => path.includes('{') && !path.startsWith('/v1/workspaces/'),
    );
  });

  const idsOf = async ({ id: workspace, owner, domain }: Place): Promise<PathIds> => {
    const customer = await makeCustomer(owner);
    await whitebook.signIn({ email: customer.email, password: PASSWORD }, { host: domain });
    const invited = await owner.post('/v1/invitations', { email: 'pending@customers.example' });
    const key = await owner.post('/v1/api-keys', { name: 'theirs', scopes: ['accounts:read'] });
    const sessions = expectStatus(await owner.get(`/v1/accounts/${customer.id}/sessions`), 200);
    return {
      account: customer.id,
      workspace,
      invitation: textAt(expectStatus(invited, 201), 'id'),
      session: textAt(sessions, 'items.0.id'),
      apiKey: textAt(expectStatus(key, 201), 'id'),
    };
  };
  const expectAlike = async (caller: Api, ids: PathIds, unknown: PathIds, call: RouteCall): Promise<void> => {
    for (const route of routes) {
      const [other, none] = [await callRoute(caller, route, ids, call), await callRoute(caller, route, unknown, call)];
      expect([route.name, seen(other)]).toEqual([route.name, seen(none)]);
      if (other.status < 400) throw new Error(`${route.name} was answered ${other.status}`);
    }
  };

  it.each(ROLES)('AUTH-1: to a caller of the role %s an id of another workspace is as unknown as any', async (role) => {
    const caller = callers[role];
    await expectAlike(caller, foreign, UNKNOWN_IDS, {});
    await expectAlike(caller, foreign, UNKNOWN_IDS, { really: true });
  });

  it.each(ROLES)('AUTH-1: to the role %s also with a body that does not fit, an old revision, a key', async (role) => {
    const caller = callers[role];
    await expectAlike(caller, foreign, UNKNOWN_IDS, { body: { nothing: 'known' }, really: true });
    await expectAlike(caller, foreign, UNKNOWN_IDS, { headers: { 'if-match': '"0"' }, really: true });
    await expectAlike(caller, foreign, UNKNOWN_IDS, { headers: { 'idempotency-key': `key-of-${role}` } });
  });

  it('AUTH-4: a session of another workspace is none of the own account', async () => {
    const ids = { ...foreign, account: ownAccount };
    const route = routes.find(({ path }) => path.includes('{sid}')) as DocumentedRoute;
    for (const role of ['owner', 'admin', 'user', 'operator'] as const) {
      const answers = [
        await callRoute(callers[role], route, ids),
        await callRoute(callers[role], route, { ...UNKNOWN_IDS, account: ownAccount }),
      ];
      for (const answer of answers) expectProblem(answer, 404, 'not-found');
      expect(seen(answers[0] as Reply)).toEqual(seen(answers[1] as Reply));
    }
  });

  it('AUTH-1: nothing of it is in lists, searches, counts and histories', async () => {
    const email = textAt(expectStatus(await theirs.owner.get(`/v1/accounts/${foreign.account}`), 200), 'email');
    for (const caller of [callers.owner, callers.auditor, callers.operator, callers['API key']]) {
      const searched = expectStatus(await caller.get(`/v1/accounts?status=all&search=${encodeURIComponent(email)}`), 200);
      expect(itemsOf(searched)).toEqual([]);
      for (const filter of [
        `subject=${foreign.account}`,
        `actor=${theirs.staff.owner.id}`,
        `search=${encodeURIComponent(email)}`,
      ])
        expect(itemsOf(expectStatus(await caller.get(`/v1/history?${filter}`), 200))).toEqual([]);
    }
    const emails = itemsOf(expectStatus(await mine.owner.get('/v1/accounts?status=all&limit=200'), 200)).map(
      (one) => one['email'],
    );
    expect(emails).toHaveLength(5);
    const invitations = itemsOf(expectStatus(await mine.owner.get('/v1/invitations'), 200));
    expect(invitations).toEqual([]);
  });

  it('AUTH-1: and nothing of it was changed by all that was tried', async () => {
    const kinds = itemsOf(expectStatus(await theirs.owner.get(`/v1/history?subject=${foreign.account}`), 200)).map(
      ({ kind }) => kind,
    );
    expect(kinds).toEqual(['UserLoggedIn', 'UserCreated']);
    const invitation = expectStatus(await theirs.owner.get(`/v1/invitations/${foreign.invitation}`), 200);
    expect(invitation.body).toMatchObject({ state: 'pending', sentCount: 1 });
    const keys = itemsOf(expectStatus(await theirs.owner.get('/v1/api-keys'), 200));
    expect(keys.map(({ id }) => id)).toEqual([foreign.apiKey]);
  });

  it('COR-1: the same key in two workspaces is two commands', async () => {
    const headers = { 'idempotency-key': 'the-same' };
    const wish = { email: 'twin@customers.example', password: PASSWORD };
    const answers = [
      await mine.owner.post('/v1/accounts', wish, { headers }),
      await theirs.owner.post('/v1/accounts', wish, { headers }),
    ];
    const [first, second] = answers.map((answer) => textAt(expectStatus(answer, 201), 'id'));
    expect(first).not.toBe(second);
  });
});

describe('a workspace and its operator', () => {
  let whitebook: Whitebook;
  let place: Place;
  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook);
  });

  it('AUTH-1: the operator acts in the workspace that it names, and nowhere without a name', async () => {
    const named = place.operator.with({ workspace: place.id });
    const made = await makeCustomer(named);
    const history = expectStatus(await place.auditor.get(`/v1/accounts/${made.id}/history`), 200);
    expect(itemsOf(history)[0]).toMatchObject({ kind: 'UserCreated', actor: { role: 'operator' } });
    const nowhere = expectProblem(await place.operator.get('/v1/accounts'), 422, 'invalid-input');
    expect(nowhere.body['errors']).toEqual([expect.objectContaining({ pointer: 'Workspace', code: 'required' })]);
    expectProblem(await place.operator.get(`/v1/accounts/${made.id}`), 422, 'invalid-input');
    expectProblem(await place.operator.with({ workspace: UNKNOWN_IDS.workspace }).get('/v1/accounts'), 404, 'not-found');
  });

  it('AUTH-1: from anyone else the header Workspace is 403, whatever it names', async () => {
    const other = await makePlace(whitebook);
    for (const caller of [place.owner, place.admin, place.manager, place.auditor])
      for (const workspace of [place.id, other.id, UNKNOWN_IDS.workspace]) {
        const refused = expectProblem(await caller.with({ workspace }).get('/v1/accounts'), 403, 'forbidden');
        expect(refused.body).toMatchObject({ permission: 'workspaces:manage', role: expect.any(String) });
      }
    expectProblem(await whitebook.api.with({ workspace: place.id }).get('/v1/accounts'), 401, 'unauthenticated');
  });
});
