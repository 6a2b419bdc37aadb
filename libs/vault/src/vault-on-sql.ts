import { randomBytes } from 'node:crypto';
import { START, type Checkpoint, type PersonKeys } from '#event-store';
import { later } from '#kernel';
import type { Clock, Instant } from '#kernel';
import { answerReads } from './answers.sql.js';
import { apiKeyReads } from './api-keys.sql.js';
import { credentialReads } from './credentials.sql.js';
import { errandReads } from './errands.sql.js';
import type { Engine } from './operations.js';
import { personKeyReads } from './person-keys.sql.js';
import { sealingUnder } from './sealing.js';
import type { Sealing } from './sealing.js';
import { secretReads } from './secrets.sql.js';
import { sessionReads } from './sessions.sql.js';
import type { Sql } from './sql.js';
import { throttleReads } from './throttle.sql.js';
import type { Answers, ApiKeys, Credentials, Errands, Secrets, Session, Sessions, Throttle, Vault } from './vault.port.js';

const KEY_BYTES = 32;

type OpenedKeys = Map<string, Buffer | 'destroyed'>;

/** The keys of `persons`, for the caller to wipe: as `opened` has them, else unwrapped, and then noted there. */
export function openKeys(sql: Sql, sealing: Sealing, persons: readonly string[], opened: OpenedKeys): OpenedKeys {
  const found: OpenedKeys = new Map();
  for (const person of persons) {
    const wrapped = opened.has(person) ? undefined : personKeyReads.wrapped(sql, person);
    const key = wrapped === undefined ? opened.get(person) : wrapped === null ? 'destroyed' : sealing.open(person, wrapped);
    if (key === undefined) continue;
    opened.set(person, key);
    found.set(person, key === 'destroyed' ? key : Buffer.from(key));
  }
  return found;
}

/** COR-14: what is decrypted is kept for the turn of the event loop in which it was opened, not over a change, and then wiped. */
function personKeysOn(engine: Engine, sealing: Sealing): PersonKeys {
  const opened: OpenedKeys = new Map();
  const forget = (): void => {
    for (const key of opened.values()) if (key !== 'destroyed') key.fill(0);
    opened.clear();
  };
  return {
    insert: (person) => engine.write('keys.insert', person, sealing.seal(person, randomBytes(KEY_BYTES))),
    getMany: (persons) =>
      engine.read('keys.getMany', (sql) => {
        if (opened.size === 0) setImmediate(forget);
        return openKeys(sql, sealing, persons, opened);
      }),
    destroy: async (person) => {
      await engine.write('keys.destroy', person).finally(forget);
    },
  };
}

const credentialsOn = (engine: Engine): Credentials => ({
  insert: (credential) => engine.write('credentials.insert', credential),
  get: (id) => engine.read('credentials.get', (sql) => credentialReads.get(sql, id)),
  remove: (id) => engine.write('credentials.remove', id),
  removeOf: (account) => engine.write('credentials.removeOf', account),
});

interface Touch {
  readonly at: Instant;
  readonly generation: number | null;
}

function sessionsOn(engine: Engine, clock: Clock): Sessions {
  // A touch is stored lazily, but whether a token was used must be known at once: it decides about a replayed refresh.
  const touches = new Map<string, Touch>();
  const touched = (session: Session): Session => {
    const touch = touches.get(session.id);
    if (touch === undefined || (touch.generation ?? session.generation) !== session.generation) return session;
    return { ...session, used: true, lastUsedAt: later(session.lastUsedAt, touch.at) };
  };
  const readOne = (operation: string, work: (sql: Sql) => Session | null): Promise<Session | null> =>
    engine.read(operation, (sql) => {
      const session = work(sql);
      return session === null ? null : touched(session);
    });
  return {
    insert: (session) => engine.write('sessions.insert', session),
    byToken: (hash) => readOne('sessions.byToken', (sql) => sessionReads.byToken(sql, hash)),
    byRefresh: (hash) => readOne('sessions.byRefresh', (sql) => sessionReads.byRefresh(sql, hash)),
    byId: (id) => readOne('sessions.byId', (sql) => sessionReads.byId(sql, id)),
    list: (account) => engine.read('sessions.list', (sql) => sessionReads.list(sql, account).map(touched)),
    rotate: (id, from, next) => engine.write('sessions.rotate', id, from, next),
    unlock: (id, credential, judged) => engine.write('sessions.unlock', id, credential, judged),
    // Who opens a session reads the streams after it stands: one that is not there yet need not be waited for.
    end: async (stream, before, except) =>
      (await engine.read('sessions.listed', (sql) => sessionReads.listed(sql, stream, before, except ?? null)))
        ? engine.write('sessions.end', stream, before, except ?? null, clock())
        : [],
    endOne: (id) => engine.write('sessions.endOne', id, clock()),
    expire: (now) => engine.write('sessions.expire', now),
    async touch(id, at, generation) {
      const touch = { at, generation: generation ?? null };
      touches.set(id, touch);
      void engine.later(`session ${id}`, 'sessions.touch', id, at, touch.generation).then(() => {
        if (touches.get(id) === touch) touches.delete(id);
      });
    },
  };
}

const apiKeysOn = (engine: Engine): ApiKeys => ({
  insert: (key) => engine.write('apiKeys.insert', key),
  byHash: (hash) => engine.read('apiKeys.byHash', (sql) => apiKeyReads.byHash(sql, hash)),
  byId: (id) => engine.read('apiKeys.byId', (sql) => apiKeyReads.byId(sql, id)),
  list: (account) => engine.read('apiKeys.list', (sql) => apiKeyReads.list(sql, account)),
  async bar(stream, revision, barred) {
    const listed = await engine.read('apiKeys.listed', (sql) => apiKeyReads.listed(sql, stream, revision));
    if (listed) await engine.write('apiKeys.bar', stream, revision, barred);
  },
  remove: (id) => engine.write('apiKeys.remove', id),
  removeOf: (account) => engine.write('apiKeys.removeOf', account),
  async touch(id, at) {
    void engine.later(`api key ${id}`, 'apiKeys.touch', id, at);
  },
});

function secretsOn(engine: Engine, sealing: Sealing): Secrets {
  const get: Secrets['get'] = async (name) => {
    const sealed = await engine.read('secrets.get', (sql) => secretReads.sealed(sql, name));
    return sealed === null ? null : sealing.open(name, sealed);
  };
  return {
    get,
    put: (name, value) => engine.write('secrets.put', name, sealing.seal(name, value)),
    obtain: async (name) =>
      (await get(name)) ??
      sealing.open(name, await engine.write('secrets.insert', name, sealing.seal(name, randomBytes(KEY_BYTES)))),
    remove: (name) => engine.write('secrets.remove', name),
  };
}

const answersOn = (engine: Engine): Answers => ({
  insert: (answer) => engine.write('answers.insert', answer),
  get: (commandId) => engine.read('answers.get', (sql) => answerReads.get(sql, commandId)),
  expire: (before) => engine.write('answers.expire', before),
});

const throttleOn = (engine: Engine): Throttle => ({
  fail: (key, at, since) => engine.write('throttle.fail', key, at, since),
  get: (key, since) => engine.read('throttle.get', (sql) => throttleReads.failures(sql, key, since)),
  clear: (key) => engine.write('throttle.clear', key),
});

const errandsOn = (engine: Engine): Errands => ({
  take: (errand) => engine.write('errands.take', errand),
  get: (key) => engine.read('errands.get', (sql) => errandReads.get(sql, key)),
  done: (key, at) => engine.write('errands.done', key, at),
  open: (before, limit, after) => engine.read('errands.open', (sql) => errandReads.open(sql, before, limit, after)),
  expire: (before) => engine.write('errands.expire', before),
});

/** The vault over any engine that runs its operations. Only this process ever sees an opened key. */
export const vaultOnSql = (engine: Engine, masterKey: Buffer, clock: Clock): Vault => ({
  keys: personKeysOn(engine, sealingUnder(masterKey, 'person-keys')),
  credentials: credentialsOn(engine),
  sessions: sessionsOn(engine, clock),
  apiKeys: apiKeysOn(engine),
  secrets: secretsOn(engine, sealingUnder(masterKey, 'secrets')),
  answers: answersOn(engine),
  throttle: throttleOn(engine),
  errands: errandsOn(engine),
  checkpoint: (reaction) =>
    engine.read('checkpoints.get', (sql) => {
      const text = 'SELECT position, event_id AS eventId FROM reaction_checkpoints WHERE reaction = ?';
      return sql.get<Checkpoint>(text, reaction) ?? START;
    }),
  setCheckpoint: (reaction, checkpoint) => engine.write('checkpoints.set', reaction, checkpoint),
  scrub: () => engine.scrub(),
  close: () => engine.close(),
});
