import { recordedAt } from '../../../test/support/claims.js';
import { claimReaction } from './claim.reactions.js';

const taken = (settled: boolean) => ({
  type: 'ClaimTaken',
  data: { claim: 'c1/pool-w1/0', holder: 'account-w1-a', amount: 1, settled },
});

it('a claim that stands open is judged once it is old', () =>
  expect(claimReaction(recordedAt(0, taken(false)))).toEqual([
    {
      kind: 'wake',
      key: 'claim.judge/c1/pool-w1/0',
      at: '2026-01-31T12:01:00.000Z',
      job: { type: 'claim.judge', data: { workspace: 'w1', claim: 'c1/pool-w1/0' } },
    },
  ]));
it('nobody need be woken for a claim that is told to be settled', () =>
  expect(claimReaction(recordedAt(1, { type: 'ClaimSettled', data: { claim: 'c1/pool-w1/0' } }))).toEqual([
    { kind: 'spare', key: 'claim.judge/c1/pool-w1/0' },
  ]));
it('nothing is judged that is settled at once, released or no claim', () => {
  const others = ['ClaimReleased', 'ClaimVoided', 'UserCreated'].map((type) => ({
    type,
    data: { claim: 'c', left: 0 },
  }));
  for (const event of [taken(true), ...others]) expect(claimReaction(recordedAt(0, event))).toEqual([]);
});
