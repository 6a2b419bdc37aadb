import { addSeconds } from '#kernel';
import { secretFor } from '../faults/brand.js';
import { faketimeLibrary } from '../faults/clock.js';
import { describeWhere } from '../faults/needs.js';
import { customer, expectStatus, makePlace, OWNER } from '../program/place.js';
import type { Environment, Program } from '../program/program.js';
import { textAt, type Api } from '../support/api.js';
import { Installation } from './installation.js';
import { addressOf } from './servers.js';
import { block, DAY, ended, endings, endOf, swept } from './timers-of-each-kind.js';

const HOUR = 3_600;
/** Seconds for which those whose time has not come are watched: longer than any sweep takes to come by again. */
const WATCH_SECONDS = 7;
const PATIENCE = 60;
const library = faketimeLibrary();

/** The environment of a process whose wall clock is ahead; its timers and durations run as they do. */
const clockAhead = (by: string): Environment => ({
  LD_PRELOAD: library ?? '',
  FAKETIME: by,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  NO_FAKE_STAT: '1',
  TZ: 'UTC',
});
const secondsAhead = async ({ api }: Program): Promise<number> =>
  (Date.parse((await api.get('/live')).headers['date'] ?? '') - Date.now()) / 1000;

const isHere = addressOf('WHITEBOOK_MONGODB_URL') !== '' && library !== null;
describeWhere(isHere, 'no servers are named, or faketime is not on this machine')(
  'COR-23: workers whose clocks are ahead',
  () => {
    let installation: Installation;
    let owner: Api;
    let ahead = 0;
    const now = (): string => addSeconds(new Date().toISOString(), ahead);

    beforeAll(async () => {
      installation = await Installation.open({ clock: now });
      const [soon, late] = await Promise.all([
        installation.start('worker', clockAhead('+2h')),
        installation.start('worker', clockAhead('+8d')),
        installation.start('projector'),
        installation.start('api'),
      ]);
      expect(await secondsAhead(soon)).toBeGreaterThan(1.9 * HOUR);
      expect(await secondsAhead(late)).toBeGreaterThan(7.9 * DAY);
      owner = await makePlace(installation);
    });
    afterAll(() => installation?.close());

    it('nothing ends before its time, by two hours or by days; what is asked for now is done now; all ends once its time has come', async () => {
      const all = [
        ...(await endings(owner, 'ahead', () => addSeconds(now(), DAY))),
        await block(owner, 'hour', () => addSeconds(now(), HOUR)),
      ];
      const person = expectStatus(await owner.post('/v1/accounts', customer('person')), 201);
      const [id, email] = [textAt(person, 'id'), textAt(person, 'email')];
      const entered = await owner.post(`/v1/accounts/${id}/impersonations`, { reason: 'a question' });
      const guest = owner.as(textAt(expectStatus(entered, 201), 'token'));

      expectStatus(await owner.post('/v1/password-resets', { email, workspace: OWNER.workspace }), 202);
      const token = await secretFor(installation.folder, id, 'reset', 1, PATIENCE);
      await secretFor(installation.folder, all[0]?.account ?? '', 'invitation', 1, PATIENCE);
      await swept(owner, now, 'witness');
      for (const end = performance.now() + WATCH_SECONDS * 1_000; performance.now() < end;) {
        expect((await guest.get('/v1/sessions/current')).status).toBe(200);
        for (const ending of all) expect(await endOf(owner, ending)).toBeNull();
      }
      expectStatus(await installation.api.post('/v1/password-resets/accept', { token, password: 'calm-lantern-99' }), 204);

      ahead = 8 * DAY;
      await ended(owner, all, PATIENCE);
    });
  },
);
