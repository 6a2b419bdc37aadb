import { textAt, type Api, type Fields, type Reply } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { callRoute, documentedRoutes, UNKNOWN_ID, type DocumentedRoute, type PathIds } from '../support/routes.js';
import { expectProblem, useWhitebook } from '../support/suite.js';
import { OPERATOR, type Whitebook } from '../support/whitebook.js';
import { ON_CUSTOMER, ON_ITSELF, ON_STAFF, OTHER_ROUTES, PUBLIC, VARIANTS, type Who } from './roles.table.js';

/** Who asks, by the letter that the tables use. */
const ROLE_OF: Readonly<Record<Who, string>> = {
  O: 'owner',
  A: 'admin',
  M: 'manager',
  R: 'auditor',
  U: 'user',
  P: 'operator',
};
const EVERYBODY = Object.keys(ROLE_OF) as Who[];
const OF_WORKSPACE = EVERYBODY.filter((who) => who !== 'P');
/** What may end the very session that asks. */
const LEAVES = /^DELETE \/v1\/(sessions\/current|accounts\/\{id\}\/sessions)$/;

describe('who may do what', () => {
  let whitebook: Whitebook;
  let place: Place;
  let routes: DocumentedRoute[];
  let callers: Record<Who, Api>;
  let own: Record<Who, { id: string; email: string }>;
  let ids: PathIds;
  let customer: { id: string; email: string };
  let colleague: { id: string; email: string };

  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook);
    const { owner, admin, manager, auditor, staff } = place;
    const user = await makeCustomer(owner);
    const operator = { id: UNKNOWN_ID, email: '' };
    own = { O: staff.owner, A: staff.admin, M: staff.manager, R: staff.auditor, U: user, P: operator };
    const inWorkspace = place.operator.with({ workspace: place.id });
    callers = { O: owner, A: admin, M: manager, R: auditor, U: await open('U'), P: inWorkspace };
    customer = await makeCustomer(owner);
    colleague = await makeCustomer(owner, { role: 'auditor' });
    const invited = expectStatus(await owner.post('/v1/invitations', { email: 'pending@customers.example' }), 201);
    const invitation = textAt(invited, 'id');
    ids = { account: customer.id, invitation, workspace: place.id, session: UNKNOWN_ID, apiKey: UNKNOWN_ID };
    routes = await documentedRoutes(whitebook.api);
  });

  const open = async (who: Who): Promise<Api> =>
    who === 'P'
      ? (await whitebook.signIn(OPERATOR)).with({ workspace: place.id })
      : whitebook.signIn({ email: own[who].email, password: PASSWORD }, { host: place.domain });
  /** What ends the session that asks is asked last with it. */
  const ask = async (who: Who, route: DocumentedRoute, at: PathIds, body?: Fields): Promise<Reply> => {
    const reply = await callRoute(callers[who], route, at, body ? { body } : {});
    if (LEAVES.test(route.name) && reply.status === 204) callers[who] = await open(who);
    return reply;
  };

  /** `yes` for any answer but a refusal of the role; else the code, which for `forbidden` must name permission and role. */
  const verdictOf = ({ status, body, text }: Reply, who: Who): string => {
    if (status === 401) return 'unauthenticated';
    if (status >= 500) throw new Error(`${status}: ${text}`);
    if (status !== 403) return 'yes';
    if (body['code'] !== 'forbidden') return String(body['code']);
    expect(body).toMatchObject({ permission: expect.stringMatching(/^[a-z-]+:[a-z-]+$/), role: ROLE_OF[who] });
    return 'no';
  };
  const wantedOf = (row: string, who: Who): string => {
    const [allowed = '', ...others] = row.split(' ');
    const special = others.find((other) => other.startsWith(`${who}=`));
    return special ? special.slice(2) : allowed.includes(who) ? 'yes' : 'no';
  };
  const compare = async (
    table: Readonly<Record<string, string>>,
    whose: readonly Who[],
    at: (who: Who) => PathIds,
    body?: Fields,
  ): Promise<void> => {
    const [wanted, found]: [string[], string[]] = [[], []];
    for (const [name, row] of Object.entries(table)) {
      const route = routes.find((one) => one.name === name);
      if (!route) throw new Error(`${name} is in the table, and no operation of the document`);
      for (const who of whose) {
        wanted.push(`${name} ${ROLE_OF[who]}: ${wantedOf(row, who)}`);
        found.push(`${name} ${ROLE_OF[who]}: ${verdictOf(await ask(who, route, at(who), body), who)}`);
      }
    }
    expect(found).toEqual(wanted);
  };

  it('AUTH-1: every operation of the document has its row, and every row its operation', () => {
    const rows = [...PUBLIC, ...Object.keys(OTHER_ROUTES), ...Object.keys(ON_CUSTOMER)];
    expect(routes.map(({ name }) => name).sort()).toEqual([...rows].sort());
    const onAccounts = routes.filter(({ path }) => path.startsWith('/v1/accounts/{id}')).map(({ name }) => name);
    for (const table of [ON_CUSTOMER, ON_STAFF, ON_ITSELF]) expect(Object.keys(table).sort()).toEqual([...onAccounts].sort());
    expect(
      routes
        .filter(({ isPublic }) => isPublic)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...PUBLIC].sort());
  });

  it('AUTH-1: without a credential, or with a bad one, every operation but the public ones is 401', async () => {
    for (const caller of [whitebook.api, whitebook.api.as('wbs_unknown'), whitebook.api.as('wbk_unknown'), whitebook.api.as('x')])
      await Promise.all(
        routes.map(async (route) => {
          const { status } = await callRoute(caller, route, ids);
          const wanted = route.isPublic ? (await callRoute(whitebook.api, route, ids)).status : 401;
          expect([route.name, status]).toEqual([route.name, wanted]);
        }),
      );
  });

  it('AUTH-1: on what is about nobody in particular', () => compare(OTHER_ROUTES, EVERYBODY, () => ids));

  it('AUTH-1: on a customer', () => compare(ON_CUSTOMER, EVERYBODY, () => ids));

  it('AUTH-2: on staff: owners alone', () => compare(ON_STAFF, EVERYBODY, () => ({ ...ids, account: colleague.id })));

  it('AUTH-1, AUTH-2: on the own account', () => compare(ON_ITSELF, OF_WORKSPACE, (who) => ({ ...ids, account: own[who].id })));

  it.each(VARIANTS)('AUTH-1, AUTH-2: $name with $body on $on', async ({ name, body, on, row }) => {
    const account = { customer: customer.id, staff: colleague.id };
    const whose = on === 'itself' ? OF_WORKSPACE : EVERYBODY;
    await compare({ [name]: row }, whose, (who) => ({ ...ids, account: on === 'itself' ? own[who].id : account[on] }), body);
  });

  it('AUTH-3: managers log in as customers where the workspace says so', async () => {
    const path = `/v1/accounts/${customer.id}/impersonations`;
    expectStatus(await callers.A.patch('/v1/workspace', { managersMayImpersonate: true }), 200);
    expectStatus(await callers.M.post(`${path}?dryRun=true`, { reason: 'ticket 7' }), 200);
    expectStatus(await callers.R.post(`${path}?dryRun=true`, { reason: 'ticket 7' }), 403);
    expectStatus(await callers.A.patch('/v1/workspace', { managersMayImpersonate: false }), 200);
    expectStatus(await callers.M.post(`${path}?dryRun=true`, { reason: 'ticket 7' }), 403);
  });
});

describe('the owners of a workspace', () => {
  let whitebook: Whitebook;
  useWhitebook(async (started) => {
    whitebook = started;
  });

  type Removal = (by: Api, owner: { id: string; email: string }) => Promise<Reply>;
  const REMOVALS: readonly [string, Removal][] = [
    ['demoted', (by, { id }) => by.put(`/v1/accounts/${id}/role`, { role: 'admin' })],
    ['disabled', (by, { id }) => by.post(`/v1/accounts/${id}/disable`)],
    ['blocked by status', (by, { id }) => by.put(`/v1/accounts/${id}/status`, { status: 'blocked' })],
    ['deleted', (by, { id, email }) => by.delete(`/v1/accounts/${id}`, { confirm: email })],
    ['deleted by POST', (by, { id, email }) => by.post(`/v1/accounts/${id}/delete`, { confirm: email })],
  ];
  const operatorIn = async ({ id }: Place): Promise<Api> => (await whitebook.signIn(OPERATOR)).with({ workspace: id });
  const secondOwner = async ({ owner, domain }: Place) => {
    const made = await makeCustomer(owner, { role: 'owner' });
    return { ...made, api: await whitebook.signIn({ email: made.email, password: PASSWORD }, { host: domain }) };
  };
  const activeOwners = async (place: Place): Promise<number> => {
    const listed = await (await operatorIn(place)).get('/v1/accounts?role=owner&status=active');
    return (expectStatus(listed, 200).body['items'] as unknown[]).length;
  };

  it('AUTH-2: the last one is neither demoted nor disabled nor deleted, by itself or an operator; pending and disabled ones do not count', async () => {
    const place = await makePlace(whitebook);
    const disabled = await secondOwner(place);
    expectStatus(await place.owner.post(`/v1/accounts/${disabled.id}/disable`), 200);
    expectStatus(await place.owner.post('/v1/invitations', { email: 'next-owner@customers.example', role: 'owner' }), 201);
    for (const by of [place.owner, await operatorIn(place)])
      for (const [, remove] of REMOVALS) expectProblem(await remove(by, place.staff.owner), 409, 'last-owner');
    expectStatus(await place.owner.post(`/v1/accounts/${disabled.id}/enable`), 200);
    expectStatus(await place.owner.put(`/v1/accounts/${place.staff.owner.id}/role`, { role: 'admin' }), 200);
    expect(await activeOwners(place)).toBe(1);
  });

  it.each(REMOVALS)('AUTH-2: two that are %s by each other at once: one of them stays', async (_what, remove) => {
    const place = await makePlace(whitebook);
    const other = await secondOwner(place);
    const answers = await Promise.all([remove(place.owner, other), remove(other.api, place.staff.owner)]);
    expect(answers.filter(({ status }) => status === 200 || status === 204)).toHaveLength(1);
    const [lost] = answers.filter(({ status }) => status >= 400);
    expect(['last-owner', 'unauthenticated']).toContain(lost?.body['code']);
    expect(await activeOwners(place)).toBe(1);
  });

  it.each(REMOVALS.slice(0, 4))('AUTH-2: of five that are %s at once by an operator one stays', async (_what, remove) => {
    const place = await makePlace(whitebook);
    const others = [];
    for (let i = 0; i < 4; i++) others.push(await makeCustomer(place.owner, { role: 'owner' }));
    const by = await operatorIn(place);
    const answers = await Promise.all([place.staff.owner, ...others].map((owner) => remove(by, owner)));
    const refused = answers.filter(({ status }) => status >= 400);
    expect(refused).toHaveLength(1);
    expectProblem(refused[0] as Reply, 409, 'last-owner');
    expect(await activeOwners(place)).toBe(1);
  });
});

describe('the permission table', () => {
  let whitebook: Whitebook;
  let place: Place;
  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook);
  });

  it('AUTH-1: is served to everybody with a credential, with roles, scopes and what team members may do', async () => {
    const customer = await makeCustomer(place.admin);
    const user = await whitebook.signIn({ email: customer.email, password: PASSWORD }, { host: place.domain });
    const [first, ...others] = await Promise.all(
      [place.owner, place.admin, place.manager, place.auditor, place.operator, user].map((caller) =>
        caller.get('/v1/permissions'),
      ),
    );
    const { roles, items, scopes, teamPermissions } = expectStatus(first as Reply, 200).body;
    for (const other of others) expect(expectStatus(other, 200).body).toEqual(first?.body);
    expect(roles).toEqual(['operator', 'owner', 'admin', 'manager', 'auditor', 'user']);
    expect(scopes).toEqual((items as Fields[]).map(({ permission }) => permission));
    expect(items).toContainEqual(expect.objectContaining({ permission: 'accounts:impersonate', roles: ['owner', 'admin'] }));
    expect(items).toContainEqual(expect.objectContaining({ permission: 'workspaces:manage', roles: ['operator'] }));
    expect(teamPermissions).toEqual([
      'live-chat',
      'analytics',
      'leads',
      'contacts',
      'campaigns',
      'templates',
      'channels',
      'billing',
    ]);
    expectProblem(await whitebook.api.get('/v1/permissions'), 401, 'unauthenticated');
  });

  it('AUTH-1: what a session says of itself is what the table says of its role', async () => {
    const items = expectStatus(await place.owner.get('/v1/permissions'), 200).body['items'] as Fields[];
    for (const role of ['owner', 'admin', 'manager', 'auditor'] as const) {
      const wanted = items.filter(({ roles, own }) => own === true || (roles as string[]).includes(role));
      const me = expectStatus(await place[role].get('/v1/sessions/current'), 200);
      expect([role, me.body['permissions']]).toEqual([role, wanted.map(({ permission }) => permission)]);
    }
  });
});
