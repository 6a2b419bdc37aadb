import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventCodec, open, verifyChain, type EventDefinition } from '#event-store';
import type { JsonObject } from '#kernel';
import { eventDefinitions } from '#profile';
import { AT, goldenEvents, goldenKeys, ORIGIN, storedSample, writeMissing } from './golden.js';
import { ADMIN, CUSTOMER, lifted, samples, WORKSPACE, type EventType } from './samples.js';

const everybody = [CUSTOMER, ADMIN, WORKSPACE];
const codec = new EventCodec(eventDefinitions, goldenKeys());
const erasedCodec = new EventCodec(eventDefinitions, goldenKeys(everybody));
const golden = goldenEvents();
const versions = new Map(eventDefinitions.map(({ type, version }) => [type, version]));
const present = golden.filter(({ stored, version }) => versions.get(stored.type) === version);

/** What the data of a golden event is today. */
const today = ({ name, version, stored, data }: (typeof golden)[number]): object | undefined =>
  versions.get(stored.type) === version ? data : lifted[name as keyof typeof lifted];

const parts = ({ data, metadata }: { data: string; metadata: string }) => {
  const { sealed, ...clear } = JSON.parse(data) as JsonObject;
  const { origin, ...rest } = JSON.parse(metadata) as JsonObject;
  return { clear, isSealed: typeof sealed === 'string', metadata: rest, hasOrigin: typeof origin === 'string' };
};

describe('RUN-3: events that were ever written', () => {
  it('have a golden file of every version of every type, and types have samples', () => {
    const names = eventDefinitions.flatMap(({ type, version }) => Array.from({ length: version }, (_, n) => `${type}.v${n + 1}`));
    expect(golden.map(({ name }) => name)).toEqual(names.sort());
    expect(Object.keys(samples).sort()).toEqual([...versions.keys()].sort());
  });

  it.each(golden)('$name is what its file says it is', ({ name, stored, version }) => {
    const { schemaVersion } = JSON.parse(stored.metadata) as { schemaVersion: number };
    expect(`${stored.type}.v${schemaVersion}`).toBe(name);
    expect(version).toBe(schemaVersion);
  });

  it.each(golden)('$name is read as its data of today', async (event) => {
    const [read] = await codec.decode([event.stored]);
    const { id, stream, workspace } = event.stored;
    expect(read).toMatchObject({ id, stream, workspace, revision: 0, number: 1, created: AT, erased: false });
    expect(read!.event).toStrictEqual({ type: event.stored.type, data: today(event) });
    if (read!.metadata.origin !== undefined) {
      const keys = await goldenKeys().getMany([ADMIN]);
      expect(open(keys.get(ADMIN) as Buffer, 'origin', read!.metadata.origin)).toEqual(ORIGIN);
    }
  });

  it.each(golden)('$name stands in an unbroken chain', async ({ stored }) => {
    expect(await verifyChain([stored])).toMatchObject({ ok: true });
    const changed = { ...stored, data: stored.data.replace('{', '{ ') };
    expect(await verifyChain([changed])).toMatchObject({ ok: false });
  });

  it.each(golden)('$name is read without what was personal once its subject is erased', async ({ stored }) => {
    const { clear, isSealed } = parts(stored);
    const [read] = await erasedCodec.decode([stored]);
    expect(read!.erased).toBe(isSealed);
    expect(read!.clear).toEqual(clear);
    expect(read!.event).toEqual(erasedCodec.clear(stored).event);
  });

  it.each(present)('$name is what the present release writes: other data is another version', async (event) => {
    const type = event.stored.type as EventType;
    expect(samples[type]).toStrictEqual(event.data);
    const now = await storedSample(type, eventDefinitions);
    expect(parts(now)).toEqual(parts(event.stored));
    expect(now.stream).toBe(event.stored.stream);
  });
});

describe('golden files', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'golden-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are written once: what is there stays, and a raised version has a file of its own', async () => {
    const file = join(folder, 'UserDisabled.v1.json');
    const first: EventDefinition = { type: 'UserDisabled', version: 1, personal: ['note'] };
    expect(await writeMissing([first], folder)).toEqual([file]);
    const [event] = goldenEvents(folder);
    expect(event).toMatchObject({ name: 'UserDisabled.v1', version: 1, data: samples.UserDisabled });
    expect(await new EventCodec([first], goldenKeys()).decode([event!.stored])).toMatchObject([{ event: { data: event!.data } }]);

    writeFileSync(file, 'as it is');
    const raised = join(folder, 'UserDisabled.v2.json');
    expect(await writeMissing([{ ...first, version: 2 }, first], folder)).toEqual([raised]);
    expect(await writeMissing([{ ...first, version: 2 }, first], folder)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('as it is');
  });
});
