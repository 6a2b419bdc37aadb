import * as fc from 'fast-check';
import type { Recorded } from '#event-store';
import { Refusal } from '#kernel';
import { at, beginning, commandOf, nothingYet, shown, step, told, type Model } from '../../../test/support/account-model.js';
import { ADMIN, recorded, rowsAfter, SARA } from '../../../test/support/accounts.js';
import { absent, evolve, mayEnter, type Account } from './account.js';
import type { AccountCommand, AccountDecision } from './account.commands.js';
import { decide } from './account.decider.js';
import type { AccountEvent } from './account.events.js';
import { accountReaction } from './account.reactions.js';
import { writtenView } from './account.view.js';

jest.setTimeout(60_000); // much work, on machines that are busy

/** The account under test: the fold of its log, with the places that its decisions took and gave up. */
class Place {
  state: Account = absent;
  readonly log: Recorded<AccountEvent>[] = [];
  slots = 0;
  email = false;

  /** Decides and records: `ok`, `nothing` or the code of the refusal. */
  give(command: AccountCommand, now: number): string {
    let decision: AccountDecision;
    try {
      decision = decide(this.state, command, { now: at(now), domainMissing: null, plans: ['standard'] });
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
    if (decision.events.length === 0) return 'nothing';
    for (const event of decision.events) this.record(event, now);
    if (decision.gives?.botSlots !== undefined) this.slots = Math.min(this.slots, decision.gives.botSlots);
    this.slots += decision.takes?.botSlots ?? 0;
    if (decision.gives?.email !== undefined) this.email = false;
    if (decision.takes?.email !== undefined) this.email = true;
    return 'ok';
  }

  private record(event: AccountEvent, now: number): void {
    const each = recorded(event, { revision: this.log.length, at: at(now) });
    const { ended, barred } = this.state;
    this.state = evolve(this.state, each);
    this.log.push(each);
    this.followed(each, ended, barred);
  }

  /** COR-7: a reaction does what the command does before its answer. */
  private followed(each: Recorded<AccountEvent>, ended: Account['ended'], barred: Account['barred']): void {
    const effects = accountReaction(each);
    const ends = effects.filter(({ kind }) => kind === 'end-sessions');
    const now = this.state.ended;
    expect(ends).toEqual(
      now === ended ? [] : [{ kind: 'end-sessions', stream: each.stream, before: now.revision, except: now.except }],
    );
    const bars = effects.flatMap((effect) => (effect.kind === 'bar-keys' ? [effect.barred] : []));
    if (this.state.barred !== barred) expect(bars).toEqual([this.state.barred.barred]);
    for (const each of bars) expect(each).toBe(this.state.barred.barred);
  }
}

function shownBy({ state }: Place) {
  const { status, statusReason, disabledUntil, test, testExpiresAt, role, fullName, quotas } = writtenView(SARA, state);
  const { invitation } = state;
  return {
    status,
    statusReason,
    disabledUntil,
    test,
    testExpiresAt,
    role,
    fullName,
    botSlots: quotas.botSlots.allocated,
    invitation: invitation && { state: invitation.state, generation: invitation.generation, ends: invitation.expiresAt },
  };
}

/** The list's row says what the fold says; numbers and log-ins are the list's own. */
function compareRow({ state, log }: Place): void {
  const row = rowsAfter(log).list[SARA];
  const view = writtenView(SARA, state);
  const { conversations, teamMembers, botSlots } = view.quotas;
  expect(row).toMatchObject({
    id: SARA,
    listed: state.phase === 'member',
    number: state.phase === 'member' ? 1 : null,
    email: view.email,
    username: view.username,
    fullName: view.fullName,
    company: view.company,
    phone: view.phone,
    attributes: view.attributes,
    utm: view.utm,
    role: view.role,
    plan: view.plan,
    status: view.status,
    statusReason: view.statusReason,
    statusNote: view.statusNote,
    disabledUntil: view.disabledUntil,
    test: view.test,
    testExpiresAt: view.testExpiresAt,
    botSlots: botSlots.allocated,
    conversations: conversations.allocated,
    teamMembers: teamMembers.allocated,
    joinedAt: view.joinedAt,
    createdBy: ADMIN,
    createdAt: state.createdAt,
    revision: view.revision,
  });
}

/** Timers that ring are those of deadlines that stand, at their time. */
function compareTimers(model: Model, { log }: Place): void {
  const rings = Object.values(rowsAfter(log).timers).map(({ kind, at: time }) => [kind, time]);
  const { phase, invitation, testEnds, testOver, stopped } = model;
  expect(rings.sort()).toEqual([
    ...(phase === 'member' && stopped && stopped.until !== null ? [['block-ends', at(stopped.until)]] : []),
    ...(phase === 'pending' && invitation ? [['invitation-expires', at(invitation.ends)]] : []),
    ...(phase === 'member' && testEnds !== null && !testOver ? [['test-expires', at(testEnds)]] : []),
  ]);
}

it('ACC-3..ACC-9, AUTH-2, WS-8, TIMER-1: whatever is done with an account, it is what the product page says', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(beginning, fc.array(step, { minLength: 6, maxLength: 24 }), (first, steps) => {
      const place = new Place();
      let model = nothingYet;
      let now = 0;
      for (const each of [first, ...steps]) {
        if (each.do === 'wait') {
          now += each.hours;
          continue;
        }
        const expected = told(model, each, now);
        const outcome = place.give(commandOf(each, model, now), now);
        const meant = typeof expected === 'string' ? expected : 'ok';
        if (outcome !== meant) expect([each, outcome]).toEqual([each, meant]);
        seen.set(`${each.do} ${outcome}`, (seen.get(`${each.do} ${outcome}`) ?? 0) + 1);
        if (typeof expected !== 'string') model = expected;
        const alive = model.phase === 'pending' || model.phase === 'member';
        expect([place.slots, place.email]).toEqual([model.slots, alive]);
        const enters = model.phase === 'member' && !model.stopped && !model.testOver && (model.testEnds ?? Infinity) > now;
        expect(mayEnter(place.state, at(now))).toBe(enters);
        if (alive) expect(shownBy(place)).toEqual(shown(model));
      }
      if (model.phase === 'pending' || model.phase === 'member') compareRow(place);
      else expect(rowsAfter(place.log).list).toEqual({});
      compareTimers(model, place);
    }),
    { numRuns: 500, seed: 20_260_131 },
  );
  // A model that never gets anywhere proves nothing.
  for (const outcome of [
    'resend ok',
    'resend invitation-expired',
    'invitation-timer ok',
    'accept ok',
    'accept invitation-revoked',
    'activate ok',
    'block-timer ok',
    'test-timer ok',
    'test-timer nothing',
    'enable ok',
    'enable test-expired',
    'extend ok',
    'convert ok',
    'disable nothing',
    'status status-not-settable',
    'role ok',
    'slots ok',
    'delete ok',
    'delete confirmation-mismatch',
    'revoke ok',
  ])
    expect([outcome, (seen.get(outcome) ?? 0) >= 3]).toEqual([outcome, true]);
});
