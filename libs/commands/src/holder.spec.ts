import { NO_STREAM } from '#event-store';
import { recordedAt } from '../../../test/support/claims.js';
import { claimId, foldHolder, judge, keptOf, newHolder, nextClaim, resourceOf } from './holder.js';

const POOL = 'pool-w1';
const MAIL = 'email-w1-abc';
const claim = (command: string, resource = POOL, attempt = 0) => claimId(command, resource, attempt);
const event = { type: 'Any', data: {} };
const voided = (claim: string) => ({ type: 'ClaimVoided', data: { claim } });
type Given = Parameters<typeof recordedAt>;

const holderOf = (...given: [Given[1], Given[2]?][]) => {
  const holder = newHolder();
  for (const [revision, [each, metadata]] of given.entries()) foldHolder(holder, recordedAt(revision, each, metadata));
  return holder;
};

it('a holder without events has no revision, claims or commands', () =>
  expect(newHolder()).toEqual({ revision: NO_STREAM, kept: new Map(), void: new Set(), commands: new Map() }));

describe('what a claim is, only the holder says', () => {
  const holder = holderOf(
    [event, { claims: { taken: { [claim('c1')]: 2, [claim('c1', MAIL)]: 1 } } }],
    [voided(claim('c2'))],
    [event, { claims: { taken: { [claim('c3')]: 3 }, kept: { [claim('c1')]: 1, [claim('c1', MAIL)]: 0 } } }],
  );
  it('WS-8: confirmed with what is kept of it', () => {
    expect(judge(holder, claim('c1'))).toEqual({ state: 'said', amount: 1 });
    expect(judge(holder, claim('c3'))).toEqual({ state: 'said', amount: 3 });
  });
  it('free where it is void or given up', () => {
    expect(judge(holder, claim('c2'))).toEqual({ state: 'said', amount: 0 });
    expect(judge(holder, claim('c1', MAIL))).toEqual({ state: 'said', amount: 0 });
  });
  it('else open', () => expect(judge(holder, claim('c4'))).toEqual({ state: 'open' }));
  it('kept ones are told per resource', () => {
    expect(keptOf(holder, POOL)).toEqual([
      [claim('c1'), 1],
      [claim('c3'), 3],
    ]);
    expect(keptOf(holder, MAIL)).toEqual([]);
  });
  it('what one event takes and gives up at once is given up', () => {
    const alone = holderOf([event, { claims: { taken: { [claim('c1')]: 1 }, kept: { [claim('c1')]: 0 } } }]);
    expect(judge(alone, claim('c1'))).toEqual({ state: 'said', amount: 0 });
  });
  it('void wins over whatever else is said', () => {
    const both = holderOf([voided(claim('c1'))], [event, { claims: { taken: { [claim('c1')]: 1 } } }]);
    expect(judge(both, claim('c1'))).toEqual({ state: 'said', amount: 0 });
  });
});

describe('claim ids', () => {
  it('name command, resource and attempt', () => {
    expect(claim('c1', MAIL, 2)).toBe('c1/email-w1-abc/2');
    expect(resourceOf(claim('c1', MAIL, 2))).toBe(MAIL);
    expect(resourceOf(claim('c1', 'domain-a/b.test', 0))).toBe('domain-a/b.test');
  });
  it('the next one is the first that is not void', () => {
    expect(nextClaim(newHolder(), 'c1', POOL)).toBe(claim('c1'));
    const holder = holderOf([voided(claim('c1'))], [voided(claim('c1', POOL, 1))], [voided(claim('c1', MAIL))]);
    expect(nextClaim(holder, 'c1', POOL)).toBe(claim('c1', POOL, 2));
    expect(nextClaim(holder, 'c1', MAIL)).toBe(claim('c1', MAIL, 1));
    expect(nextClaim(holder, 'c2', POOL)).toBe(claim('c2'));
  });
});

describe('COR-2: commands', () => {
  it('are done at the last of their events', () => {
    const holder = holderOf(
      [event, { commandId: 'c1', fingerprint: 'f' }],
      [event, { commandId: 'c1', fingerprint: 'f' }],
      [event, { commandId: 'c2' }],
    );
    expect(holder.commands).toEqual(
      new Map([
        ['c1', { revision: 1, fingerprint: 'f' }],
        ['c2', { revision: 2, fingerprint: null }],
      ]),
    );
    expect(holder.revision).toBe(2);
  });
  it('are not proved by housekeeping', () =>
    expect(holderOf([voided(claim('c1')), { causationId: 'c1' }]).commands.size).toBe(0));
});
