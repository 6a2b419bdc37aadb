import { systemContext } from '#commands';
import { Conflict, type EventLog } from '#event-store';
import { AccessLog } from './access-log.js';

/** A log in which somebody else is faster so many times. */
function racing(losses: number) {
  const seen = { appends: 0, pauses: [] as number[] };
  const events = {
    store: { now: () => '2026-01-01T00:00:00.000Z', read: async () => [] },
    append: async () => {
      if (seen.appends++ < losses) throw new Conflict('access-w1-a1', -1);
      return { position: 7 };
    },
  } as unknown as EventLog;
  const log = new AccessLog(events, {} as never, async (attempt) => void seen.pauses.push(attempt));
  const record = () =>
    log.record(
      { workspace: 'w1', account: 'a1' },
      [{ type: 'UserLoggedIn', data: { session: 's1', method: 'password' } }],
      systemContext('w1', 'c1'),
    );
  return { seen, record };
}

it('AUTH-5: a fact of access that loses races waits longer each time, until it is recorded', async () => {
  const { seen, record } = racing(5);
  expect(await record()).toBe(7);
  expect(seen).toEqual({ appends: 6, pauses: [1, 2, 3, 4, 5] });
});

it('a race that does not end is busy', async () => {
  const { record } = racing(1_000);
  await expect(record()).rejects.toMatchObject({ code: 'busy' });
});
