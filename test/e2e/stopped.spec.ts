import { VAULT } from '#commands';
import type { Vault } from '#vault';
import { textAt, type Api, type Reply } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { callRoute, documentedRoutes, UNKNOWN_IDS, type DocumentedRoute } from '../support/routes.js';
import { expectProblem, statusOf, useWhitebook } from '../support/suite.js';
import { until, type Whitebook } from '../support/whitebook.js';

interface Subject {
  readonly place: Place;
  readonly id: string;
  readonly email: string;
  /** Tokens of every kind, by what they are. */
  readonly credentials: Readonly<Record<string, Api>>;
  readonly key: Api;
  readonly refreshToken: string;
}

interface Stop {
  readonly name: string;
  /** Role of who is stopped. */
  readonly role: 'user' | 'admin';
  /** Whether its API keys are refused too; else they go on with what the account may now. */
  readonly keysToo: boolean;
  stop(subject: Subject): Promise<Reply>;
}

const NEXT = 'new-lantern-78';

const STOPS: readonly Stop[] = [
  { name: 'disabled', role: 'user', keysToo: true, stop: ({ place, id }) => place.admin.post(`/v1/accounts/${id}/disable`) },
  {
    name: 'blocked by its status',
    role: 'user',
    keysToo: true,
    stop: ({ place, id }) => place.admin.put(`/v1/accounts/${id}/status`, { status: 'blocked' }),
  },
  {
    name: 'deleted',
    role: 'user',
    keysToo: true,
    stop: ({ place, id, email }) => place.admin.delete(`/v1/accounts/${id}`, { confirm: email }),
  },
  {
    name: 'demoted',
    role: 'admin',
    keysToo: false,
    stop: ({ place, id }) => place.owner.put(`/v1/accounts/${id}/role`, { role: 'auditor' }),
  },
  {
    name: 'given another password by staff',
    role: 'user',
    keysToo: false,
    stop: ({ place, id }) => place.admin.put(`/v1/accounts/${id}/password`, { password: NEXT }),
  },
  {
    name: 'told to change its password',
    role: 'user',
    keysToo: false,
    stop: ({ place, id }) => place.admin.post(`/v1/accounts/${id}/require-password-change`),
  },
  {
    name: 'logged out everywhere',
    role: 'user',
    keysToo: false,
    stop: ({ place, id }) => place.admin.delete(`/v1/accounts/${id}/sessions`),
  },
  {
    name: 'of a workspace that is suspended',
    role: 'user',
    keysToo: true,
    stop: ({ place }) => place.operator.post(`/v1/workspaces/${place.id}/suspend`),
  },
];

describe('an account that is stopped while nothing is projected and nothing follows by itself', () => {
  let whitebook: Whitebook;
  let routes: DocumentedRoute[];
  const subjects = new Map<string, Subject>();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  afterAll(() => release());

  useWhitebook(async (started) => {
    whitebook = started;
    routes = (await documentedRoutes(whitebook.api)).filter(({ isPublic }) => !isPublic);
    const place = await makePlace(whitebook);
    for (const { name, role } of STOPS)
      subjects.set(name, await subjectIn(name.includes('suspended') ? await makePlace(whitebook) : place, role));
    await whitebook.parts.projector.stop();
    await holdReactions();
  });

  /** What follows from events waits from now on, in the middle of noting how far it is. */
  const holdReactions = async (): Promise<void> => {
    const vault = whitebook.app.get<Vault>(VAULT, { strict: false });
    const note = jest.spyOn(vault, 'setCheckpoint').mockImplementation(() => held);
    await until('reactions to wait', async () => {
      await whitebook.api.post('/v1/sessions', { email: 'nobody@platform.example', password: PASSWORD });
      return note.mock.calls.length > 0;
    });
  };

  const logIn = async ({ domain }: Place, email: string): Promise<Reply> =>
    expectStatus(await whitebook.api.with({ host: domain }).post('/v1/sessions', { email, password: PASSWORD }), 201);
  const callerOf = (reply: Reply, path = 'token'): Api => whitebook.api.as(textAt(reply, path));

  /** Somebody with every kind of credential. */
  const subjectIn = async (place: Place, role: Stop['role']): Promise<Subject> => {
    const { id, email } = await makeCustomer(place.owner, { role });
    const session = await logIn(place, email);
    const renewed = await whitebook.api.post('/v1/sessions/refresh', {
      refreshToken: textAt(await logIn(place, email), 'refreshToken'),
    });
    const made = await callerOf(session).post('/v1/api-keys', { name: 'sync', scopes: ['sessions:current', 'accounts:read'] });
    const [by, into] = role === 'user' ? [place.admin, id] : [callerOf(session), (await makeCustomer(place.owner)).id];
    const entered = await by.post(`/v1/accounts/${into}/impersonations`, { reason: 'ticket 7' });
    return {
      ...{ place, id, email },
      credentials: {
        session: callerOf(session),
        'renewed session': callerOf(expectStatus(renewed, 201)),
        impersonation: callerOf(expectStatus(entered, 201)),
      },
      key: callerOf(expectStatus(made, 201), 'key'),
      refreshToken: textAt(session, 'refreshToken'),
    };
  };

  const expectDead = async (what: string, caller: Api, { id, place }: Subject): Promise<void> => {
    const ids = { ...UNKNOWN_IDS, account: id, workspace: place.id };
    const answers = await Promise.all(routes.map((route) => callRoute(caller, route, ids, { really: true })));
    const alive = answers.flatMap(({ status }, i) =>
      status === 401 ? [] : [`${what}: ${routes[i]?.name ?? ''} was answered ${status}`],
    );
    expect(alive).toEqual([]);
    expectProblem(await caller.get('/v1/sessions/current'), 401, 'unauthenticated');
  };

  it.each(STOPS)(
    'COR-7, ACC-7, AUTH-4: $name, every operation answers 401 to every token of it, at once',
    async ({ name, keysToo, stop }) => {
      const subject = subjects.get(name) as Subject;
      const all = { ...subject.credentials, ...(keysToo ? { 'API key': subject.key } : {}) };
      for (const caller of [...Object.values(all), subject.key]) expect(await statusOf(caller)).toBe(200);
      const answer = await stop(subject);
      expect([200, 204]).toContain(answer.status);
      expect(await Promise.all(Object.values(all).map(statusOf))).toEqual(Object.values(all).map(() => 401));
      for (const [what, caller] of Object.entries(all)) await expectDead(what, caller, subject);
      expectProblem(
        await whitebook.api.post('/v1/sessions/refresh', { refreshToken: subject.refreshToken }),
        401,
        'unauthenticated',
      );
      if (!keysToo) expect(await statusOf(subject.key)).toBe(200);
    },
  );

  it('COR-7: and stays so when it is asked for again', async () => {
    for (const { name, stop } of STOPS.filter((one) => one.name !== 'deleted')) {
      const subject = subjects.get(name) as Subject;
      const again = await stop(subject);
      expect([200, 204]).toContain(again.status);
      for (const caller of Object.values(subject.credentials)) expect([name, await statusOf(caller)]).toEqual([name, 401]);
    }
  });
});
