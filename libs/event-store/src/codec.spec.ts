import { MissingKey, EventCodec, open, seal, UnknownEvent, Unreadable, type MetadataInput } from './codec.js';
import type { DomainEvent, EventDefinition } from './envelope.js';
import type { EventBytes, StoredEvent } from './event-store.port.js';
import type { PersonKey, PersonKeys } from './person-keys.port.js';

const NOON = '2026-03-01T12:00:00.000Z';
const SARA = 'account-sara';
const ADMIN = 'account-admin';
const key = (byte: number): PersonKey => Buffer.alloc(32, byte);

class FixedKeys implements PersonKeys {
  readonly keys = new Map<string, PersonKey | 'destroyed'>([
    [SARA, key(1)],
    [ADMIN, key(2)],
  ]);
  async insert(): Promise<boolean> {
    throw new Error('the codec never makes a key');
  }
  async getMany(persons: readonly string[]): Promise<Map<string, PersonKey | 'destroyed'>> {
    return new Map([...this.keys].filter(([person]) => persons.includes(person)));
  }
  async destroy(person: string): Promise<void> {
    this.keys.set(person, 'destroyed');
  }
}

const created = (fullName: string): DomainEvent => ({ type: 'UserCreated', data: { role: 'user', fullName } });
const disabled: DomainEvent = { type: 'UserDisabled', data: { at: NOON } };
const DEFINITIONS: EventDefinition[] = [
  { type: 'UserCreated', version: 1, personal: ['fullName'] },
  { type: 'UserDisabled', version: 1, personal: [] },
];
const metadata: MetadataInput = {
  workspace: 'w1',
  subject: SARA,
  actor: { id: ADMIN, role: 'admin', workspace: 'w1' },
  commandId: 'command-1',
  correlationId: 'request-1',
  at: NOON,
};
const origin = { address: '192.0.2.7', agent: 'Browser' };

let keys: FixedKeys;
let codec: EventCodec;
beforeEach(() => {
  keys = new FixedKeys();
  codec = new EventCodec(DEFINITIONS, keys);
});

/** Bytes as a store gives them back. */
const storedOf = (bytes: readonly EventBytes[]): StoredEvent[] =>
  bytes.map((event, index) => ({
    ...event,
    stream: 's-1',
    revision: index,
    position: index + 1,
    created: NOON,
    workspace: 'w1',
    number: index + 1,
    leaf: '',
    chain: '',
  }));
const only = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1);
  return list[0] as T;
};
const encodeOne = async (event: DomainEvent, meta = metadata) => only(await codec.encode('s-1', [event], meta));
const decodeOne = async (bytes: EventBytes, by = codec) => only(await by.decode(storedOf([bytes])));

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('personal fields', () => {
  it('are sealed in the bytes, and joined in again on reading', async () => {
    const bytes = await encodeOne(created('Sara Lund'));
    expect(bytes.data + bytes.metadata).not.toContain('Sara');
    const read = await decodeOne(bytes);
    expect(read).toMatchObject({ event: created('Sara Lund'), clear: { role: 'user' }, erased: false, stream: 's-1', number: 1 });
    expect(open(key(1), `UserCreated/${SARA}`, read.sealed ?? '')).toEqual({ fullName: 'Sara Lund' });
  });

  it('are written as canonical JSON, and without a sealed part where there are none (COR-25)', async () => {
    const bytes = await encodeOne({ type: 'UserDisabled', data: { z: 1, a: { c: 1, b: undefined } } });
    expect(bytes.data).toBe('{"a":{"c":1},"z":1}');
    expect(bytes.metadata).toMatch(/^\{"actor":.*"workspace":"w1"\}$/);
    expect(await decodeOne(bytes)).toMatchObject({ sealed: null, erased: false });
  });

  it('are absent for ever once the key of the subject is destroyed', async () => {
    const bytes = await encodeOne(created('Sara Lund'));
    await keys.destroy(SARA);
    const read = await decodeOne(bytes);
    expect(read.event.data).toEqual({ role: 'user' });
    expect(read.erased).toBe(true);
  });

  it('COR-13: without key and tombstone nothing is read, and nothing is sealed', async () => {
    const bytes = await encodeOne(created('Sara Lund'));
    keys.keys.delete(SARA);
    await expect(decodeOne(bytes)).rejects.toBeInstanceOf(MissingKey);
    await expect(encodeOne(created('Sara Lund'))).rejects.toBeInstanceOf(MissingKey);
    await expect(encodeOne(created('Sara Lund'), { ...metadata, subject: null })).rejects.toBeInstanceOf(MissingKey);
  });

  it('are not sealed under a key that is destroyed', async () => {
    await keys.destroy(SARA);
    await expect(encodeOne(created('Sara Lund'))).rejects.toBeInstanceOf(MissingKey);
    await expect(encodeOne(disabled)).resolves.toBeDefined();
  });

  it('cannot be opened under another key, moved to another context, or altered', () => {
    const sealed = seal(key(1), 'here', { name: 'Sara' });
    expect(open(key(1), 'here', sealed)).toEqual({ name: 'Sara' });
    expect(() => open(key(2), 'here', sealed)).toThrow();
    expect(() => open(key(1), 'there', sealed)).toThrow();
    const bytes = Buffer.from(sealed, 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    expect(() => open(key(1), 'here', bytes.toString('base64'))).toThrow();
  });

  it('COR-20: that are damaged or cut off are unreadable, which is told without code, cause or content', async () => {
    const sealed = seal(key(1), 'here', { name: 'Sara' });
    const whole = Buffer.from(sealed, 'base64');
    const damaged = Array.from(whole, (_byte, length) => whole.subarray(0, length).toString('base64'));
    for (const bytes of [...damaged, 'no base64 !', seal(key(1), 'elsewhere', { name: 'Sara' })]) {
      const error = thrownBy(() => open(key(1), 'here', bytes));
      expect(error).toBeInstanceOf(Unreadable);
      expect(error).not.toHaveProperty('code');
      expect(error).not.toHaveProperty('cause');
    }
    const bytes = await encodeOne(created('Sara Lund'));
    const cut = bytes.data.replace(/"sealed":"[^"]*"/, '"sealed":"AAAA"');
    await expect(decodeOne({ ...bytes, data: cut })).rejects.toBeInstanceOf(Unreadable);
    await expect(decodeOne({ ...bytes, data: cut.slice(3) })).rejects.toBeInstanceOf(Unreadable);
  });
});

describe('COR-15: address and agent', () => {
  it("are sealed under the actor's key, not the subject's", async () => {
    const bytes = await encodeOne(disabled, { ...metadata, origin });
    expect(bytes.metadata).not.toContain(origin.address);
    const { metadata: read } = await decodeOne(bytes);
    expect(open(key(2), 'origin', read.origin ?? '')).toEqual(origin);
    expect(() => open(key(1), 'origin', read.origin ?? '')).toThrow();
  });

  it('bear the same sealed text within a turn of the event loop, and another one in the next', async () => {
    const sealedNow = async (agent = 'Browser') =>
      (await decodeOne(await encodeOne(disabled, { ...metadata, origin: { ...origin, agent } }))).metadata.origin;
    const [first, again, other] = [await sealedNow(), await sealedNow(), await sealedNow('Another')];
    expect(again).toBe(first);
    expect(open(key(2), 'origin', other ?? '')).toEqual({ ...origin, agent: 'Another' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await sealedNow()).not.toBe(first);
  });

  it('are left out where the actor is nobody or erased, and need a key where it is somebody', async () => {
    const nobody = { ...metadata, origin, actor: { ...metadata.actor, id: null } };
    expect((await decodeOne(await encodeOne(disabled, nobody))).metadata.origin).toBeUndefined();
    await keys.destroy(ADMIN);
    expect((await decodeOne(await encodeOne(disabled, { ...metadata, origin }))).metadata.origin).toBeUndefined();
    keys.keys.delete(ADMIN);
    await expect(encodeOne(disabled, { ...metadata, origin })).rejects.toBeInstanceOf(MissingKey);
  });
});

describe('COR-2: event ids', () => {
  const idOf = async (event: DomainEvent, stream = 's-1', meta = metadata) => only(await codec.encode(stream, [event], meta)).id;

  it('are the same for the same bytes', async () => {
    expect(await idOf(disabled)).toBe(await idOf(disabled));
    expect(await idOf(disabled)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('differ with command, stream, place in the list, data, metadata, and with each sealing', async () => {
    const twice = await codec.encode('s-1', [disabled, disabled], metadata);
    const ids = [
      ...twice.map(({ id }) => id),
      await idOf(disabled, 's-2'),
      await idOf(disabled, 's-1', { ...metadata, commandId: 'command-2' }),
      await idOf(disabled, 's-1', { ...metadata, at: '2026-03-01T12:00:00.001Z' }),
      await idOf({ ...disabled, data: { at: null } }),
      await idOf(created('Sara Lund')),
      await idOf(created('Sara Lund')),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('versions', () => {
  const lifted = (upcasters?: EventDefinition['upcasters']) =>
    new EventCodec([{ type: 'UserCreated', version: 3, personal: ['fullName', 'name'], upcasters }], keys);

  it('lift joined data step by step to the present one', async () => {
    const present = lifted({
      1: ({ fullName, ...rest }) => ({ ...rest, name: fullName ?? null }),
      2: (data) => ({ ...data, plan: 'free' }),
    });
    const read = await decodeOne(await encodeOne(created('Sara Lund')), present);
    expect(read.event.data).toEqual({ role: 'user', name: 'Sara Lund', plan: 'free' });
    expect(read.metadata.schemaVersion).toBe(1);
  });

  it('COR-20: data that cannot be lifted are unreadable, whatever code the failure bears', async () => {
    const coded = Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL' });
    const failing = lifted({
      1: () => {
        throw coded;
      },
    });
    const error: unknown = await decodeOne(await encodeOne(created('Sara Lund')), failing).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'Unreadable', message: 'lifting UserCreated from version 1: TypeError' });
    expect(error).not.toHaveProperty('code');
  });

  it('COR-27: unknown types, later versions and missing upcasters are never skipped', async () => {
    const old = await encodeOne(created('Sara Lund'));
    const late = only(await lifted().encode('s-1', [created('Sara Lund')], metadata));
    await expect(decodeOne({ ...old, type: 'NeverHeardOf' })).rejects.toBeInstanceOf(UnknownEvent);
    await expect(encodeOne({ type: 'NeverHeardOf', data: {} })).rejects.toBeInstanceOf(UnknownEvent);
    await expect(decodeOne(late)).rejects.toBeInstanceOf(UnknownEvent);
    await expect(decodeOne(old, lifted({ 1: (data) => data }))).rejects.toBeInstanceOf(UnknownEvent);
  });
});
