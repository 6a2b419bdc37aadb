import type { Snapshots } from '#event-store';

/** What snapshots beside any event store do; `given` are empty ones. */
export function snapshotsContract(given: () => Snapshots): void {
  it('keep state and entries of the latest revision', async () => {
    const snapshots = given();
    expect(await snapshots.load('s-1')).toBeNull();
    expect(await snapshots.entry('s-1', 'k')).toBeNull();
    await snapshots.save('s-1', 5, 'five', [
      ['k', '1'],
      ['l', '2'],
    ]);
    await snapshots.save('s-1', 7, 'seven', [['k', '3']]);
    expect(await snapshots.load('s-1')).toEqual({ revision: 7, state: 'seven' });
    expect([await snapshots.entry('s-1', 'k'), await snapshots.entry('s-1', 'l')]).toEqual(['3', '2']);
    expect(await snapshots.entry('s-2', 'k')).toBeNull();
  });

  it('are not replaced by an earlier one, entries included', async () => {
    const snapshots = given();
    await snapshots.save('s-1', 7, 'seven', [['k', '3']]);
    await snapshots.save('s-1', 6, 'six', [
      ['k', '0'],
      ['m', '0'],
    ]);
    expect(await snapshots.load('s-1')).toEqual({ revision: 7, state: 'seven' });
    expect([await snapshots.entry('s-1', 'k'), await snapshots.entry('s-1', 'm')]).toEqual(['3', null]);
  });

  it('are forgotten with their entries, of that stream alone', async () => {
    const snapshots = given();
    await snapshots.save('s-1', 1, 'one', [['k', '1']]);
    await snapshots.save('s-2', 1, 'other');
    await snapshots.forget('s-1');
    expect([await snapshots.load('s-1'), await snapshots.entry('s-1', 'k')]).toEqual([null, null]);
    expect(await snapshots.load('s-2')).toEqual({ revision: 1, state: 'other' });
  });
}
