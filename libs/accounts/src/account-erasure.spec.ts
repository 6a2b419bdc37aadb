import { MemoryEventStore } from '#event-store';
import { memoryJobs } from '#jobs';
import { addSeconds } from '#kernel';
import { memoryVault } from '#vault';
import { AccountErasure, SCRUB } from './account-erasure.js';
import { noErasureLedger } from './erasure-ledger.port.js';

const NOON = '2026-01-31T12:00:00.000Z';

it('COR-17: a second after the first of several deletes their traces are removed; the others do not put it off', async () => {
  let now = NOON;
  const clock = () => now;
  const jobs = memoryJobs({ clock });
  const vault = memoryVault();
  const mailer = { installation: true, send: async () => '', forget: async () => undefined };
  const erasure = new AccountErasure(vault, new MemoryEventStore({ clock }).snapshots, mailer, jobs, clock, noErasureLedger);
  for (const [account, after] of [
    ['a', 0],
    ['b', 0.4],
    ['c', 0.9],
  ] as const) {
    now = addSeconds(NOON, after);
    await erasure.erase('w1', account);
    await erasure.scrubSoon();
    expect((await jobs.state(SCRUB))?.dueAt).toBe(addSeconds(NOON, 1));
    expect((await vault.keys.getMany([account])).get(account)).toBe('destroyed');
  }
  // One that is due may have begun: what is deleted now is not its concern.
  now = addSeconds(NOON, 1);
  await erasure.erase('w1', 'd');
  await erasure.scrubSoon();
  expect((await jobs.state(SCRUB))?.dueAt).toBe(addSeconds(NOON, 2));
});
