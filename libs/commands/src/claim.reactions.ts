import { addSeconds } from '#kernel';
import type { Recorded } from '#event-store';
import { CLAIM_YOUNG_SECONDS } from './claim-desk.js';
import type { ResourceEvent } from './claims.events.js';
import type { Effect, Reaction } from './reactions.js';

/** Job that judges a claim which nobody has confirmed: voided in its holder's stream and released, or seen to be settled. */
export const JUDGE_CLAIM = 'claim.judge';

const judgeKey = (claim: string): string => `${JUDGE_CLAIM}/${claim}`;

/** Claims that stand open are judged once they are old; where claim and event were one step, or are told to be settled, there is nothing to judge. */
export const claimReaction: Reaction = (recorded) => {
  const { event, created, workspace } = recorded as Recorded<ResourceEvent>;
  if (event.type === 'ClaimSettled') return [{ kind: 'spare', key: judgeKey(event.data.claim) }];
  if (event.type !== 'ClaimTaken' || event.data.settled) return [];
  const { claim } = event.data;
  const wake: Effect = {
    kind: 'wake',
    key: judgeKey(claim),
    at: addSeconds(created, CLAIM_YOUNG_SECONDS),
    job: { type: JUDGE_CLAIM, data: { workspace, claim } },
  };
  return [wake];
};
