import { EventCodec, EventLog, MemoryEventStore, UnknownEvent, type EventDefinition, type StoredEvent } from '#event-store';
import type { JsonObject } from '#kernel';
import { AT, goldenEvents, goldenKeys } from './golden.js';
import { CUSTOMER, WORKSPACE } from './samples.js';

/** One type as the first release tells it, and as two later ones might. */
const FIRST: EventDefinition = { type: 'UserDisabled', version: 1, personal: ['note'] };
const THIRD: EventDefinition = {
  type: 'UserDisabled',
  version: 3,
  personal: ['remark'],
  upcasters: {
    1: ({ note, ...rest }) => (note === undefined ? rest : { ...rest, remark: note }),
    2: ({ reason = 'other', ...rest }) => ({ ...rest, reasons: [reason] }),
  },
};
const present = new EventCodec([FIRST], goldenKeys());
const later = new EventCodec([THIRD], goldenKeys());
const { stored: first, data } = goldenEvents().find(({ name }) => name === 'UserDisabled.v1')!;
const { note = null, reason = null, ...rest } = data;

/** An event that a release with these definitions has stored. */
async function storedBy(definition: EventDefinition, data: JsonObject): Promise<StoredEvent> {
  const store = new MemoryEventStore({ clock: () => AT });
  const log = new EventLog(store, new EventCodec([definition], goldenKeys()));
  const { actor, correlationId } = (await later.decode([first]))[0]!.metadata;
  const metadata = { workspace: WORKSPACE, subject: CUSTOMER, actor, commandId: null, correlationId, at: AT };
  const event = { type: definition.type, data };
  await log.append([{ stream: 'later', expected: -1, workspace: WORKSPACE, events: [event], metadata }]);
  return (await store.read('later'))[0]!;
}

describe('RUN-3: upcasters', () => {
  it('lift the first version to the third, one step after the other', async () => {
    const [read] = await later.decode([first]);
    expect(read!.event.data).toStrictEqual({ ...rest, remark: note, reasons: [reason] });
    expect(read!.metadata.schemaVersion).toBe(1);
  });

  it('lift the second version by the second step alone, and leave the third as it is', async () => {
    const second = await storedBy({ ...THIRD, version: 2 }, { ...rest, reason, remark: note });
    const third = await storedBy(THIRD, { ...rest, reasons: ['abuse', 'overdue'], remark: note });
    const read = await later.decode([first, second, third]);
    expect(read.map(({ metadata }) => metadata.schemaVersion)).toEqual([1, 2, 3]);
    expect(read.map(({ event }) => event.data)).toEqual([
      { ...rest, remark: note, reasons: [reason] },
      { ...rest, remark: note, reasons: [reason] },
      { ...rest, remark: note, reasons: ['abuse', 'overdue'] },
    ]);
  });

  it('lift what is left of an event whose subject is erased, and what reactions see of it', async () => {
    const erased = new EventCodec([THIRD], goldenKeys([CUSTOMER]));
    const lifted = { ...rest, reasons: [reason] };
    expect((await erased.decode([first]))[0]).toMatchObject({ erased: true, event: { data: lifted } });
    expect((await erased.decode([first]))[0]!.event.data).not.toHaveProperty('remark');
    expect(later.clear(first).event.data).toStrictEqual(lifted);
  });
});

describe('COR-27: what this release cannot read', () => {
  const raised = (version: number): StoredEvent => ({
    ...first,
    metadata: first.metadata.replace('"schemaVersion":1', `"schemaVersion":${version}`),
  });
  const cases: readonly { what: string; event: StoredEvent; codec: EventCodec }[] = [
    { what: 'an unknown type', event: { ...first, type: 'UserPromoted' }, codec: present },
    { what: 'a version of the next release', event: raised(2), codec: present },
    { what: 'a version without its upcaster', event: first, codec: new EventCodec([{ ...THIRD, upcasters: {} }], goldenKeys()) },
  ];

  it.each(cases)('$what is refused by all who read, never skipped', async ({ event, codec }) => {
    await expect(codec.decode([event])).rejects.toBeInstanceOf(UnknownEvent);
    expect(() => codec.clear(event)).toThrow(UnknownEvent);
    const known = { ...event, type: first.type, metadata: raised(codec === present ? 1 : 3).metadata };
    await expect(codec.decode([known])).resolves.toHaveLength(1);
    await expect(codec.decode([known, event, known])).rejects.toBeInstanceOf(UnknownEvent);
  });
});
