import { itemsOf, type Api } from '../support/api.js';
import { expectStatus, makeCustomer, makePlace, PASSWORD, type Place } from '../support/place.js';
import { expectProblem, useWhitebook } from '../support/suite.js';
import type { Whitebook } from '../support/whitebook.js';

describe('the pool of a workspace', () => {
  let whitebook: Whitebook;
  let place: Place;
  useWhitebook(async (started) => {
    whitebook = started;
    place = await makePlace(whitebook, { botSlots: 3 });
  });

  const resize = (caller: Api, botSlots: number) => caller.put(`/v1/workspaces/${place.id}/pool`, { botSlots });
  const pool = async () => expectStatus(await place.auditor.get('/v1/workspace/pool'), 200).body['botSlots'];

  it('WS-8: the last slot, claimed by many at once, goes to exactly one', async () => {
    await makeCustomer(place.admin, { botSlots: 2 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        place.admin.post('/v1/accounts', { email: `racer-${i}@customers.example`, password: PASSWORD }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectProblem(answer, 409, 'no-free-bot-slot');
    expect(await pool()).toEqual({ total: 3, allocated: 3, free: 0 });
  });

  it('WS-8: the operator enlarges it, and what is seen follows', async () => {
    const answer = expectStatus(await resize(place.operator, 5), 200);
    expect(answer.body).toMatchObject({ pool: { botSlots: { total: 5 } } });
    expect(await pool()).toEqual({ total: 5, allocated: 3, free: 2 });
    expectStatus(await resize(place.operator, 5), 200);
    const [row] = itemsOf(expectStatus(await place.operator.get('/v1/workspaces'), 200));
    expect(row).toMatchObject({ id: place.id, pool: { botSlots: { total: 5 } } });
  });

  it('WS-8: never below what is allocated', async () => {
    expectProblem(await resize(place.operator, 2), 409, 'pool-below-allocated');
    expectStatus(await resize(place.operator, 3), 200);
    expect(await pool()).toEqual({ total: 3, allocated: 3, free: 0 });
  });

  it('WS-8: n requests for n free slots all succeed', async () => {
    expectStatus(await resize(place.operator, 13), 200);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        place.admin.post('/v1/accounts', { email: `guest-${i}@customers.example`, password: PASSWORD }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const allocations = itemsOf(expectStatus(await place.admin.get('/v1/workspace/pool/allocations'), 200));
    expect(allocations.map(({ botSlots }) => (botSlots as { allocated: number }).allocated)).toEqual([
      2,
      ...Array<number>(11).fill(1),
    ]);
  });

  it('WS-8: nobody of the workspace changes its own pool', async () => {
    for (const caller of [place.owner, place.admin, place.manager, place.auditor])
      expectProblem(await resize(caller, 100), 403, 'forbidden');
    expectProblem(await place.operator.put('/v1/workspaces/unknown/pool', { botSlots: 1 }), 404, 'not-found');
  });

  it('WS-7: nobody registers itself, with or without a credential, whatever is sent', async () => {
    const wish = { email: 'me@customers.example', password: PASSWORD };
    for (const caller of [whitebook.api, whitebook.api.with({ host: place.domain }), place.admin])
      expectProblem(await caller.post('/v1/registrations', wish), 403, 'self-registration-disabled');
  });
});
