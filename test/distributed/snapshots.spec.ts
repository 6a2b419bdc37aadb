import { openMongoSnapshots, type Snapshots } from '#event-store';
import { snapshotsContract } from '../contracts/event-store-snapshots.contract.js';
import { databaseOf, describeOn, type OwnDatabase } from './mongo-servers.js';

for (const [server, title] of [
  ['first', 'snapshots in MongoDB'],
  ['second', 'snapshots on a server of plain operators'],
] as const) {
  describeOn(server, title, (url) => {
    let own: OwnDatabase;
    let snapshots: Snapshots;

    beforeEach(async () => {
      own = await databaseOf(url);
      snapshots = await openMongoSnapshots({ db: own.db });
    });
    afterEach(() => own.close());

    snapshotsContract(() => snapshots);

    it('keep entries out of sight until the head has come so far', async () => {
      await snapshots.save('s', 5, 'five', [['k', 'as of 5']]);
      const entries = own.db.collection<{ _id: string }>('snapshots.entries');
      // Somebody died between the entries and the head.
      await entries.insertOne({ _id: 'left', stream: 's', key: 'k', revision: 9, value: 'as of 9' } as { _id: string });
      expect([await snapshots.entry('s', 'k'), (await snapshots.load('s'))?.revision]).toEqual(['as of 5', 5]);
      await snapshots.save('s', 12, 'twelve', [['k', 'as of 12']]);
      expect(await snapshots.entry('s', 'k')).toBe('as of 12');
      expect(await entries.countDocuments()).toBe(1);
    });

    if (server === 'second') return;

    it('never mix: while others save, an entry is of the snapshot that was loaded, or of a later one', async () => {
      const value = (revision: number): string => JSON.stringify({ at: revision });
      await snapshots.save('s', 0, '0', [['k', value(0)]]);
      const saving = Promise.all(
        [1, 2].map(async (from) => {
          for (let revision = from; revision <= 40; revision += 2)
            await snapshots.save('s', revision, `${revision}`, [['k', value(revision)]]);
        }),
      ).then(() => true);
      for (let done = false; !done; done = await Promise.race([saving, Promise.resolve(false)])) {
        const head = await snapshots.load('s');
        const { at } = JSON.parse((await snapshots.entry('s', 'k')) ?? '{"at":-1}') as { at: number };
        expect(at).toBeGreaterThanOrEqual(head?.revision ?? 0);
      }
      await saving;
      expect([await snapshots.load('s'), await snapshots.entry('s', 'k')]).toEqual([{ revision: 40, state: '40' }, value(40)]);
    });
  });
}
