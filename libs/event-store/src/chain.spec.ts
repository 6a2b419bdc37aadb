import { createHash } from 'node:crypto';
import { canonicalJson } from '#kernel';
import { chainOf, leafOf, verifyChain } from './chain.js';
import { NO_STREAM, type NumberedEvent } from './event-store.port.js';
import { MemoryEventStore } from './memory.adapter.js';

const ZERO = '0'.repeat(64);
let log: NumberedEvent[];

beforeEach(async () => {
  const store = new MemoryEventStore({ clock: () => '2026-03-01T12:00:00.000Z' });
  for (const [index, workspace] of ['w1', 'w2', 'w1', 'w1', 'w2'].entries()) {
    const data = canonicalJson({ n: index, text: 'Zoë "\u2028"' });
    const events = [{ id: `e${index}`, type: 'Happened', data, metadata: canonicalJson({ workspace }) }];
    await store.append([{ stream: `s-${index}`, expected: NO_STREAM, workspace, events }]);
  }
  log = (await store.readAll(0, 10)) as NumberedEvent[];
});

/** The log with the event at `index` changed. */
const edited = (index: number, change: (event: NumberedEvent) => Partial<NumberedEvent>): NumberedEvent[] =>
  log.map((event, at) => (at === index ? { ...event, ...change(event) } : event));

it('COR-25: a leaf covers the canonical JSON of the event, and the chain links leaves as bytes', () => {
  const [first] = log as [NumberedEvent];
  const { data, id, metadata, number, revision, stream, type } = first;
  const text = canonicalJson({ data: JSON.parse(data), id, metadata: JSON.parse(metadata), number, revision, stream, type });
  expect(leafOf(first)).toBe(createHash('sha256').update(`\0${text}`).digest('hex'));
  const link = createHash('sha256')
    .update(Buffer.from(`01${ZERO}${first.leaf}`, 'hex'))
    .digest('hex');
  expect(chainOf(ZERO, first.leaf)).toBe(link);
  expect(first).toMatchObject({ leaf: leafOf(first), chain: link });
});

it('COR-25: a whole log is ok, and says where each chain ends', async () => {
  expect(await verifyChain(log)).toEqual({
    ok: true,
    heads: new Map([
      ['w1', { number: 3, chain: log[3]?.chain }],
      ['w2', { number: 2, chain: log[4]?.chain }],
    ]),
  });
  expect(await verifyChain([])).toEqual({ ok: true, heads: new Map() });
});

it.each<[string, (event: NumberedEvent) => Partial<NumberedEvent>]>([
  ['data', () => ({ data: '{}' })],
  ['id', () => ({ id: 'other' })],
  ['metadata', () => ({ metadata: '{}' })],
  ['number', () => ({ number: 7 })],
  ['revision', () => ({ revision: 7 })],
  ['stream', () => ({ stream: 'other' })],
  ['type', () => ({ type: 'Other' })],
  ['leaf', () => ({ leaf: ZERO })],
  ['chain', () => ({ chain: ZERO })],
  ['data with its leaf', (event) => ({ data: '{}', leaf: leafOf({ ...event, data: '{}' }) })],
  ['the border of data and id', ({ data, id }) => ({ data: `${data},"id":"${id}"`.slice(0, -1), id: '' })],
])('COR-25: finds an event whose %s was changed', async (_what, change) => {
  expect(await verifyChain(edited(2, change))).toEqual({ ok: false, workspace: 'w1', number: 2 });
});

it('COR-25: the same text with another border between its fields is no intact event', async () => {
  const [first] = log as [NumberedEvent];
  const smuggled = { ...first, data: `${first.data},"id":"e0","metadata":${first.metadata.slice(0, -1)}` };
  expect(() => void JSON.parse(smuggled.data)).toThrow();
  const leaf = leafOf(smuggled);
  expect(await verifyChain([{ ...smuggled, leaf, chain: chainOf(ZERO, leaf) }])).toMatchObject({ ok: false, number: 1 });
});

it('COR-25: finds an event removed, inserted or moved', async () => {
  const [e0, e1, e2, e3, e4] = log as [NumberedEvent, NumberedEvent, NumberedEvent, NumberedEvent, NumberedEvent];
  expect(await verifyChain([e0, e1, e3, e4])).toEqual({ ok: false, workspace: 'w1', number: 2 });
  expect(await verifyChain([e0, e0, e1, e2, e3, e4])).toEqual({ ok: false, workspace: 'w1', number: 2 });
  expect(await verifyChain([e0, e1, e3, e2, e4])).toEqual({ ok: false, workspace: 'w1', number: 2 });
  expect(await verifyChain([e0, e1, e2, e3, { ...e4, workspace: 'w1' }])).toEqual({ ok: false, workspace: 'w1', number: 4 });
});
