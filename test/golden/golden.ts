import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessEvents, signinStream } from '#access/records';
import { mailEvents } from '#accounts/records';
import { accessStream, accountStream, claimEvents, ownersStream, poolStream, workspaceStream } from '#commands';
import {
  EventCodec,
  EventLog,
  MemoryEventStore,
  NO_STREAM,
  type EventDefinition,
  type MetadataInput,
  type PersonKey,
  type PersonKeys,
  type StoredEvent,
} from '#event-store';
import type { JsonObject } from '#kernel';
import { workspaceEvents } from '#workspaces/records';
import { ADMIN, CUSTOMER, samples, WORKSPACE, type EventType } from './samples.js';

/** An event as a release has stored it, alone in its log, and the data that it was made of. */
export interface Golden {
  /** `<Type>.v<version>`: the name of its file. */
  readonly name: string;
  readonly version: number;
  readonly stored: StoredEvent;
  readonly data: JsonObject;
}

export const FOLDER = join('test', 'golden', 'events');
export const AT = '2026-02-03T04:05:06.789Z';
export const ORIGIN = { address: '198.51.100.23', agent: 'Golden/1.0' };

/** The keys under which golden events are sealed: fixed for ever, like the files. */
const KEYS: Readonly<Record<string, PersonKey>> = {
  [CUSTOMER]: Buffer.alloc(32, 1),
  [ADMIN]: Buffer.alloc(32, 2),
  [WORKSPACE]: Buffer.alloc(32, 3),
};

/** The fixed keys; those of `erased` are destroyed. */
export const goldenKeys = (erased: readonly string[] = []): PersonKeys => ({
  insert: () => Promise.reject(new Error('golden keys are fixed')),
  destroy: () => Promise.reject(new Error('golden keys are fixed')),
  getMany: async (persons) =>
    new Map(
      persons.flatMap((person) => {
        const key = KEYS[person];
        return key ? [[person, erased.includes(person) ? ('destroyed' as const) : key] as const] : [];
      }),
    ),
});

/** All golden events, by name. */
export function goldenEvents(folder = FOLDER): Golden[] {
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const { stored, data } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Pick<Golden, 'stored' | 'data'>;
      const [, name = file, version] = /^(.+\.v(\d+))\.json$/.exec(file) ?? [];
      return { name, version: Number(version), stored, data };
    });
}

/**
 * Writes the golden file of every present version that has none, and gives the names of the new files.
 * What is there already stays as it is: what was recorded does not change either.
 */
export async function writeMissing(definitions: readonly EventDefinition[], folder = FOLDER): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const written: string[] = [];
  for (const definition of definitions) {
    const file = join(folder, `${definition.type}.v${definition.version}.json`);
    if (existsSync(file)) continue;
    const type = definition.type as EventType;
    const golden = { stored: await storedSample(type, definitions), data: samples[type] };
    writeFileSync(file, `${JSON.stringify(golden, null, 2)}\n`, { flag: 'wx' });
    written.push(file);
  }
  return written;
}

/** The sample of a type as the present release stores it. */
export async function storedSample(type: EventType, definitions: readonly EventDefinition[]): Promise<StoredEvent> {
  const store = new MemoryEventStore({ clock: () => AT });
  const log = new EventLog(store, new EventCodec(definitions, goldenKeys()));
  const { stream, metadata } = placeOf(type);
  const events = [{ type, data: samples[type] }];
  await log.append([{ stream, expected: NO_STREAM, workspace: WORKSPACE, events, metadata }]);
  const [stored] = await store.read(stream);
  await store.close();
  return stored!;
}

const isOf = (definitions: readonly EventDefinition[], type: EventType): boolean =>
  definitions.some((definition) => definition.type === type);

/** Where events of a type are recorded, and with what metadata: with all of it where somebody decided, with little where the system kept books. */
function placeOf(type: EventType): { stream: string; metadata: MetadataInput } {
  if (type === 'ClaimVoided') return { stream: accountStream(WORKSPACE, CUSTOMER), metadata: kept };
  if (type === 'OwnerListed') return { stream: ownersStream(WORKSPACE), metadata: kept };
  if (isOf(claimEvents, type)) return { stream: poolStream(WORKSPACE), metadata: kept };
  if (isOf(workspaceEvents, type)) return { stream: workspaceStream(WORKSPACE), metadata: decided(WORKSPACE) };
  if (isOf(mailEvents, type)) return { stream: `mail-${WORKSPACE}-${CUSTOMER}`, metadata: { ...kept, subject: CUSTOMER } };
  if (type === 'SignInLocked') return { stream: signinStream(WORKSPACE), metadata: anonymous(null) };
  if (type === 'LoginFailed') return { stream: accessStream(WORKSPACE, CUSTOMER), metadata: anonymous(CUSTOMER) };
  const stream = isOf(accessEvents, type) ? accessStream : accountStream;
  return { stream: stream(WORKSPACE, CUSTOMER), metadata: decided(CUSTOMER) };
}

const kept: MetadataInput = {
  workspace: WORKSPACE,
  subject: null,
  actor: { id: null, role: 'system', workspace: WORKSPACE },
  commandId: null,
  correlationId: 'correlation-1',
  causationId: 'cause-1',
  at: AT,
};

const anonymous = (subject: string | null): MetadataInput => ({
  ...kept,
  subject,
  actor: { id: null, role: 'anonymous', workspace: WORKSPACE },
  requestId: 'request-1',
  origin: ORIGIN,
});

const decided = (subject: string): MetadataInput => ({
  ...kept,
  subject,
  actor: { id: ADMIN, role: 'admin', workspace: WORKSPACE },
  onBehalfOf: CUSTOMER,
  commandId: '9b1f6c1e-54a8-5d0c-8f47-2f1f4a1f7d10',
  fingerprint: 'fingerprint-1',
  requestId: 'request-1',
  claims: {
    taken: { [`9b1f6c1e-54a8-5d0c-8f47-2f1f4a1f7d10/pool-${WORKSPACE}/0`]: 2 },
    kept: { [`c0a1d4f2-7c52-5a3e-9d7e-5d1d7a9c4b21/pool-${WORKSPACE}/0`]: 0 },
  },
  origin: ORIGIN,
});
