import { randomBytes, randomUUID } from 'node:crypto';
import { START, type Checkpoint, type PersonKeys } from '#event-store';
import { addDays, addSeconds } from '#kernel';
import type { Clock, Instant } from '#kernel';
import { DocumentApiKeys } from './api-keys.documents.js';
import type { Collections, Documents, Filter } from './documents.port.js';
import { sealingUnder } from './sealing.js';
import type { Sealing } from './sealing.js';
import { DocumentSessions } from './sessions.documents.js';
import { Touches } from './touches.js';
import type {
  Answers,
  Credential,
  Credentials,
  Errand,
  ErrandPlace,
  Errands,
  KeptAnswer,
  Secrets,
  Throttle,
  Vault,
} from './vault.port.js';

const KEY_BYTES = 32;
/** Days after which a failure is forgotten even if its key is never seen again; longer than any window. */
const FAILURES_KEPT_DAYS = 1;
/** Seconds between two looks for such failures, in one process. */
const FAILURES_SWEPT_SECONDS = 600;

function personKeysIn(documents: Documents, sealing: Sealing): PersonKeys {
  return {
    insert: (person) => documents.insert({ _id: person, wrapped: sealing.seal(person, randomBytes(KEY_BYTES)) }),
    async getMany(persons) {
      const found = await documents.find<{ _id: string; wrapped: Buffer | null }>({ _id: { $in: [...persons] } });
      return new Map(found.map(({ _id, wrapped }) => [_id, wrapped === null ? 'destroyed' : sealing.open(_id, wrapped)]));
    },
    destroy: (person) => documents.put(person, { wrapped: null }),
  };
}

const credentialsIn = (documents: Documents): Credentials => ({
  insert: async ({ id, account, hash }) => void (await documents.insert({ _id: id, account, hash })),
  async get(id) {
    const found = await documents.current<Omit<Credential, 'id'>>({ _id: id });
    return found && { id, account: found.account, hash: found.hash };
  },
  remove: (id) => documents.remove({ _id: id }),
  removeOf: (account) => documents.remove({ account }),
});

function secretsIn(documents: Documents, sealing: Sealing): Secrets {
  const get: Secrets['get'] = async (name) => {
    const found = await documents.current<{ sealed: Buffer }>({ _id: name });
    return found && sealing.open(name, found.sealed);
  };
  const obtain: Secrets['obtain'] = async (name) => {
    const there = await get(name);
    if (there) return there;
    const made = randomBytes(KEY_BYTES);
    return (await documents.insert({ _id: name, sealed: sealing.seal(name, made) })) ? made : obtain(name);
  };
  return {
    get,
    obtain,
    put: (name, value) => documents.put(name, { sealed: sealing.seal(name, value) }),
    remove: (name) => documents.remove({ _id: name }),
  };
}

function answersIn(documents: Documents): Answers {
  const get: Answers['get'] = async (commandId) => {
    const found = await documents.current<Omit<KeptAnswer, 'commandId'>>({ _id: commandId });
    return found && { commandId, fingerprint: found.fingerprint, answer: found.answer, at: found.at };
  };
  return {
    get,
    async insert(answer) {
      const { commandId, ...kept } = answer;
      return (await documents.insert({ _id: commandId, ...kept })) ? answer : ((await get(commandId)) ?? answer);
    },
    expire: (before) => documents.remove({ at: { $lt: before } }),
  };
}

function throttleIn(documents: Documents): Throttle {
  let sweptAt: Instant | null = null;
  const sweep = async (at: Instant): Promise<void> => {
    if (sweptAt !== null && at < addSeconds(sweptAt, FAILURES_SWEPT_SECONDS)) return;
    sweptAt = at;
    await documents.remove({ at: { $lt: addDays(at, -FAILURES_KEPT_DAYS) } });
  };
  return {
    async fail(key, at, since) {
      await documents.insert({ _id: randomUUID(), key, at });
      await documents.remove({ key, at: { $lt: since } });
      await sweep(at);
      return documents.count({ key, at: { $gte: since } });
    },
    async get(key, since) {
      const found = await documents.find<{ at: Instant }>({ key, at: { $gte: since } }, { sort: ['at'] });
      return { failures: found.length, last: found.at(-1)?.at ?? null };
    },
    clear: (key) => documents.remove({ key }),
  };
}

const BEFORE_ALL: ErrandPlace = { at: '', key: '' };

function errandsIn(documents: Documents): Errands {
  type Kept = Omit<Errand, 'key'> & { readonly _id: string; readonly openSince: Instant | null };
  const errandOf = ({ _id: key, type, data, at }: Kept): Errand => ({ key, type, data, at });
  return {
    async take({ key, ...errand }) {
      const open = { ...errand, openSince: errand.at };
      if (!(await documents.insert({ _id: key, ...open }))) await documents.update({ _id: key, at: { $lt: errand.at } }, open);
    },
    async get(key) {
      const kept = await documents.current<Kept>({ _id: key });
      return kept && { ...errandOf(kept), done: kept.openSince === null };
    },
    done: async (key, at) => void (await documents.update({ _id: key, at }, { openSince: null })),
    async open(before, limit, after = BEFORE_ALL) {
      const look = (filter: Filter, most: number) => documents.find<Kept>(filter, { sort: ['openSince', '_id'], limit: most });
      const same = await look({ openSince: after.at, _id: { $gt: after.key } }, limit);
      const left = limit - same.length;
      const later = left > 0 ? await look({ openSince: { $gt: after.at, $lt: before } }, left) : [];
      return [...same, ...later].map(errandOf);
    },
    expire: (before) => documents.remove({ openSince: null, at: { $lt: before } }),
  };
}

/** The vault over collections of documents, wherever they lie. Only this process ever sees an opened key. */
export function vaultOnDocuments(collection: Collections, masterKey: Buffer, clock: Clock): Vault {
  const [sessions, apiKeys, checkpoints] = [collection('sessions'), collection('apiKeys'), collection('checkpoints')];
  const sessionTouches = new Touches(sessions, { used: true });
  const keyTouches = new Touches(apiKeys, {});
  return {
    keys: personKeysIn(collection('personKeys'), sealingUnder(masterKey, 'person-keys')),
    credentials: credentialsIn(collection('credentials')),
    sessions: new DocumentSessions(sessions, clock, sessionTouches),
    apiKeys: new DocumentApiKeys(apiKeys, keyTouches),
    secrets: secretsIn(collection('secrets'), sealingUnder(masterKey, 'secrets')),
    answers: answersIn(collection('answers')),
    throttle: throttleIn(collection('failures')),
    errands: errandsIn(collection('errands')),
    async checkpoint(reaction) {
      const { position, eventId } = (await checkpoints.current<Partial<Checkpoint>>({ _id: reaction })) ?? START;
      return { position: position ?? 0, eventId: eventId ?? null };
    },
    setCheckpoint: (reaction, { position, eventId }) => checkpoints.put(reaction, { position, eventId }),
    // what a server keeps of deleted documents is for its operator to bound: encrypted disks, a short oplog
    scrub: async () => undefined,
    close: async () => void (await Promise.all([sessionTouches.flush(), keyTouches.flush()])),
  };
}
