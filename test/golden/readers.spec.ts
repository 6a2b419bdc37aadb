import { accessFold, accessReaction, type AccessEvent } from '#access';
import { accountFold, accountReaction, type AccountEvent } from '#accounts';
import { accessEvents } from '#access/records';
import { accountEvents } from '#accounts/records';
import {
  claimEvents,
  claimReaction,
  emptyResource,
  entryAfter,
  evolveResource,
  foldHolder,
  newHolder,
  type ResourceEvent,
  type StreamFold,
} from '#commands';
import { EventCodec, type DomainEvent, type EventDefinition, type Recorded } from '#event-store';
import { describe as tell } from '#history';
import type { JsonObject } from '#kernel';
import { eventDefinitions, projections } from '#profile';
import { workspaceFold, workspaceReaction, type WorkspaceEvent } from '#workspaces';
import { workspaceEvents } from '#workspaces/records';
import { goldenEvents, goldenKeys } from './golden.js';
import { ADMIN, CUSTOMER, WORKSPACE } from './samples.js';

const golden = goldenEvents();
const reactions = [workspaceReaction, accountReaction, accessReaction, claimReaction];

/** Strings of a person anywhere in `value`, long enough not to stand in a sentence by chance. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 4 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

describe.each([
  { state: 'whose people are known', erased: [] },
  { state: 'whose people are erased', erased: [CUSTOMER, ADMIN, WORKSPACE] },
])('RUN-3: every event ever written, $state,', ({ erased }) => {
  const codec = new EventCodec(eventDefinitions, goldenKeys(erased));
  const decoded = new Map<string, Recorded>();
  beforeAll(async () => {
    for (const { name, stored } of golden) decoded.set(name, (await codec.decode([stored]))[0]!);
  });
  const eventsOf = <E extends DomainEvent>(definitions: readonly EventDefinition[]): Recorded<E>[] =>
    [...decoded.values()].filter(({ event }) => definitions.some(({ type }) => type === event.type)) as Recorded<E>[];

  it.each(golden)('$name is taken by every read model', ({ name, stored }) => {
    for (const projection of projections) {
      const number = (projection.numbered?.(stored) ?? null) === null ? null : 7;
      const changes = projection.project(decoded.get(name)!, { number });
      const collections = projection.collections.map((collection) => collection.name);
      for (const { collection } of changes) expect(collections).toContain(collection);
      if (projection.keyless) expect(projection.project(codec.clear(stored), { number })).toEqual(changes);
    }
  });

  it.each(golden)('$name is taken by every reaction', ({ stored }) => {
    const effects = reactions.flatMap((reaction) => reaction(codec.clear(stored)));
    for (const effect of effects) if ('at' in effect) expect(new Date(effect.at).toISOString()).toBe(effect.at);
  });

  it.each(golden)('$name is told in words that name nobody', ({ name, stored }) => {
    const data = decoded.get(name)!.event.data as JsonObject;
    const { personal } = eventDefinitions.find(({ type }) => type === stored.type)!;
    const { summary } = tell(stored.type, data, stored.created);
    expect(summary).toMatch(/^[A-Z][^\n]+$/);
    expect(summary).not.toMatch(/undefined|null|NaN|\[object/);
    for (const text of stringsIn(personal.map((field) => data[field]))) expect(summary).not.toContain(text);
  });

  /** Takes each event of the fold's streams as the first of its stream, and as one after each event that can begin it. */
  function foldEach<S extends object, E extends DomainEvent>(
    fold: StreamFold<S, E>,
    definitions: readonly EventDefinition[],
    beginnings: readonly E['type'][],
  ): void {
    const events = eventsOf<E>(definitions);
    const begun = events.filter(({ event }) => beginnings.includes(event.type)).map((first) => fold.evolve(fold.initial, first));
    expect(begun.length).toBeGreaterThanOrEqual(beginnings.length);
    expect(events.length).toBeGreaterThanOrEqual(definitions.length);
    const fields = Object.keys(fold.initial).sort();
    for (const before of [fold.initial, ...begun]) {
      for (const recorded of events) {
        const after = fold.evolve(before, { ...recorded, revision: 1 });
        expect([recorded.event.type, ...Object.keys(after).sort()]).toEqual([recorded.event.type, ...fields]);
      }
    }
  }

  it('is taken by the folds of accounts, access and workspaces', () => {
    foldEach<typeof accountFold.initial, AccountEvent>(accountFold, accountEvents, ['UserCreated', 'UserInvited']);
    foldEach<typeof accessFold.initial, AccessEvent>(accessFold, accessEvents, ['UserImpersonated', 'ApiKeyCreated']);
    foldEach<typeof workspaceFold.initial, WorkspaceEvent>(workspaceFold, workspaceEvents, ['WorkspaceCreated']);
  });

  it('is taken by the folds of resources and of those who hold places in them', () => {
    for (const recorded of decoded.values()) {
      const holder = newHolder();
      foldHolder(holder, recorded);
      expect(holder.revision).toBe(0);
    }
    for (const recorded of eventsOf<ResourceEvent>(claimEvents.filter(({ type }) => type !== 'ClaimVoided'))) {
      const known = { holder: 'somebody', amount: 2, left: 2 };
      for (const entry of [null, known]) {
        entryAfter(recorded.event, entry);
        expect(evolveResource(emptyResource, recorded, entry).revision).toBe(0);
      }
    }
  });
});
