import type { QueryBus } from '@nestjs/cqrs';
import type { Accounts } from '#accounts';
import { Targets, type RequestContext } from '#http';
import type { Principal } from '#policy';
import { HistoryController } from './history.controller.js';
import { HistoryModule } from './history.module.js';
import type { ReadHistory } from './history.queries.js';
import { accountHistory, workspaceHistory } from './history.routes.js';
import { KINDS } from './history.words.js';

const CUSTOMER = 'c'.repeat(32);
const principal: Principal = { account: 'a1', role: 'auditor', workspace: 'w1', credential: 's1', kind: 'full' };
const context = (who: Principal) => ({ principal: who, workspace: 'w1', minPosition: 5 }) as RequestContext;
const query = { limit: 50 };

function scene() {
  const asked: ReadHistory['request'][] = [];
  const page = { items: [{ kind: 'UserCreated', position: 71 }], next: 71, position: 80 };
  const execute = async ({ request }: ReadHistory) => (asked.push(request), page);
  return { asked, controller: new HistoryController({ execute } as Pick<QueryBus, 'execute'> as QueryBus) };
}

describe('the routes of the history', () => {
  it('HIST-1 answers with positions as opaque texts and takes its own cursor back', async () => {
    const { asked, controller } = scene();
    const first = await controller.ofWorkspace(
      { params: {}, body: {}, query: { ...query, kind: ['UserCreated'] } },
      context(principal),
    );
    const body = first.body as { next: string };
    expect(body).toEqual({ items: [{ kind: 'UserCreated', position: '1z' }], next: '1z' });
    expect(first.headers).toEqual({ position: 80 });
    await controller.ofWorkspace({ params: {}, body: {}, query: { ...query, cursor: body.next } }, context(principal));
    expect(asked).toMatchObject([
      { workspace: 'w1', account: null, filter: { kinds: ['UserCreated'] }, limit: 50, minPosition: 5 },
      { account: null, before: 71 },
    ]);
  });

  it('refuses a cursor that it never gave', async () => {
    const { controller } = scene();
    const input = { params: { id: CUSTOMER }, body: {}, query: { ...query, cursor: 'Not one' } };
    await expect(controller.ofAccount(input, context(principal))).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it.each([
    ['an auditor', principal, true],
    ['an operator', { ...principal, role: 'operator' }, true],
    ['a customer', { ...principal, role: 'user', account: CUSTOMER }, false],
    [
      'staff logged in as a customer',
      {
        ...principal,
        role: 'user',
        account: CUSTOMER,
        kind: 'impersonation',
        act: { account: 'a1', role: 'owner', session: 's', reason: 'r' },
      },
      false,
    ],
  ] as const)('AUTH-1 reads as %s', async (_, who, staff) => {
    const { asked, controller } = scene();
    await controller.ofAccount({ params: { id: CUSTOMER }, body: {}, query }, context(who));
    expect(asked).toMatchObject([{ account: CUSTOMER, reader: { account: who.account, staff } }]);
  });

  it('HIST-1 lists the kinds with their titles', () => {
    expect(scene().controller.kinds().body).toEqual({ items: KINDS });
    expect(KINDS).toContainEqual({ kind: 'UserConverted', title: 'Test account converted' });
  });

  it('HIST-1 takes kinds that there are, alone and as a list, and no others', () => {
    const kinds = (kind: string) => workspaceHistory.query.safeParse({ kind });
    expect(kinds('UserCreated,UserDeleted').data?.kind).toEqual(['UserCreated', 'UserDeleted']);
    expect(kinds('UserForgotten').success).toBe(false);
  });

  it.each([
    ['member', { id: CUSTOMER, role: 'user' }],
    ['deleted', { id: CUSTOMER, role: 'user' }],
    ['released', { id: CUSTOMER, role: 'user' }],
    ['absent', null],
  ])('HIST-1 ACC-9 finds the history of an account that is %s', async (phase, target) => {
    const targets = new Targets();
    const load = async () => ({ state: { phase, role: 'user' } });
    new HistoryModule(targets, { load } as unknown as Accounts).onModuleInit();
    const kind = typeof accountHistory.access === 'object' ? accountHistory.access.target : undefined;
    expect(await targets.resolve(String(kind), CUSTOMER, 'w1')).toEqual(target);
  });
});
