import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import { canonicalJson, randomBytes, uuid5, type JsonObject } from '#kernel';
import type { DomainEvent, EventDefinition, Metadata, Recorded } from './envelope.js';
import type { EventBytes, StoredEvent } from './event-store.port.js';
import type { PersonKey, PersonKeys } from './person-keys.port.js';

/** An event of a type, or of a version, that this release cannot read. Never skipped: who meets it stops. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
}
/** Neither key nor tombstone of a person: the vault is older than the log. Stop and alarm, never null. */
export class MissingKey extends Error {
  override readonly name = 'MissingKey';
}
/**
 * What is stored cannot be read: a sealed part was damaged or is another one's, or lifting the data failed. Bears neither code nor cause of what
 * failed: codes are of stores that are down, and causes may hold personal data.
 */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

const IV = 12;
const TAG = 16;
/** Field of the stored data that holds the sealed part. No event declares a field of that name. */
const SEALED = 'sealed';

/** AES-256-GCM, base64 of iv ‖ tag ‖ ciphertext; `context` is bound in, so that a sealed value cannot be moved elsewhere. */
export function seal(key: PersonKey, context: string, value: JsonObject): string {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
}

/** Opens what `seal` gave; throws `Unreadable` when key, context or bytes are other ones. */
export function open(key: PersonKey, context: string, sealed: string): JsonObject {
  try {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV), { authTagLength: TAG });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(IV, IV + TAG));
    const body = Buffer.concat([decipher.update(bytes.subarray(IV + TAG)), decipher.final()]);
    return JSON.parse(body.toString('utf8')) as JsonObject;
  } catch {
    throw new Unreadable('a sealed part cannot be opened');
  }
}

/** What the caller says of an event's metadata; the codec adds the schema version. */
export type MetadataInput = Omit<Metadata, 'schemaVersion' | 'origin'> & { readonly origin?: { address: string; agent: string } };

/** Turns events into stored bytes and back: splits and joins personal fields, upcasts, gives event ids. */
export class EventCodec {
  private readonly definitions: Map<string, EventDefinition>;
  private readonly origins = new Origins();

  constructor(
    definitions: readonly EventDefinition[],
    private readonly keys: PersonKeys,
  ) {
    this.definitions = new Map(definitions.map((definition) => [definition.type, definition]));
  }

  /**
   * The bytes of `events` for one stream. Rejects with `MissingKey` where subject or actor has no key, and with `UnknownEvent` for an undeclared type.
   * `index` of an event id counts within the stream's list, so a list re-sent unchanged has the same ids only if these very bytes are re-sent.
   */
  async encode(stream: string, events: readonly DomainEvent[], metadata: MetadataInput): Promise<EventBytes[]> {
    const { origin, ...rest } = metadata;
    const parts = events.map((event) => partsOf(this.definitionOf(event.type), event));
    const sealsData = parts.some(({ personal }) => personal !== null);
    const needed = [sealsData && metadata.subject, origin && metadata.actor.id].filter(
      (person): person is string => typeof person === 'string',
    );
    const keys: Keys = needed.length === 0 ? NO_KEYS : await this.keys.getMany(needed);
    const sealedOrigin = origin && this.origins.sealed(origin, metadata.actor.id, keys);
    const cause = metadata.commandId ?? metadata.correlationId;
    return parts.map(({ definition: { type, version }, clear, personal }, index) => {
      const data = canonicalJson(personal ? { ...clear, [SEALED]: sealPersonal(type, personal, metadata.subject, keys) } : clear);
      const meta: Metadata = { ...rest, schemaVersion: version, ...(sealedOrigin ? { origin: sealedOrigin } : {}) };
      const metaText = canonicalJson(meta);
      const id = uuid5(`${cause}/${stream}/${index}/${hash('sha256', `${data}\0${metaText}`)}`, EVENT_IDS);
      return { id, type, data, metadata: metaText };
    });
  }

  /**
   * The events with personal fields joined in where the subject's key lives; `erased` where it is destroyed. Rejects with `UnknownEvent`, `MissingKey`
   * or `Unreadable` where an event cannot be had; all else comes from the keys' store.
   */
  async decode<E extends DomainEvent = DomainEvent>(stored: readonly StoredEvent[]): Promise<Recorded<E>[]> {
    const parsed = stored.map((event) => ({ event, ...parsedOf(event) }));
    const persons = new Set(
      parsed.flatMap(({ metadata, data }) => (metadata.subject && SEALED in data ? [metadata.subject] : [])),
    );
    const keys: Keys = persons.size > 0 ? await this.keys.getMany([...persons]) : NO_KEYS;
    return parsed.map(({ event, metadata, data }) => this.join<E>(event, metadata, data, keys));
  }

  /** The event with its clear data alone, whatever became of its subject's key, and what is sealed as it is: for those who need no more than that. */
  clear(stored: StoredEvent): Recorded {
    const { metadata, data } = parsedOf(stored);
    return this.join(stored, metadata, data, null);
  }

  private definitionOf(type: string): EventDefinition {
    const definition = this.definitions.get(type);
    if (!definition) throw new UnknownEvent(`unknown event type ${type}`);
    return definition;
  }

  private join<E extends DomainEvent>(stored: StoredEvent, metadata: Metadata, data: JsonObject, keys: Keys | null): Recorded<E> {
    const definition = this.definitionOf(stored.type);
    if (metadata.schemaVersion > definition.version)
      throw new UnknownEvent(`${stored.type} of version ${metadata.schemaVersion}`);
    const sealed = data[SEALED];
    const clear = sealed === undefined ? data : clearOf(data);
    let joined = clear;
    let erased = false;
    if (keys && typeof sealed === 'string') {
      const key = keys.get(metadata.subject ?? '');
      if (key === undefined)
        throw new MissingKey(`neither key nor tombstone of the subject of ${stored.type} at ${stored.position}`);
      if (key === 'destroyed') erased = true;
      else joined = { ...clear, ...open(key, `${stored.type}/${metadata.subject}`, sealed) };
    }
    for (let version = metadata.schemaVersion; version < definition.version; version++) {
      const lift = definition.upcasters?.[version];
      if (!lift) throw new UnknownEvent(`no upcaster of ${stored.type} from version ${version}`);
      joined = lifted(lift, joined, `${stored.type} from version ${version}`);
    }
    const { id, stream, revision, position, created, workspace, number } = stored;
    const event = { type: stored.type, data: joined } as unknown as E;
    return {
      event,
      id,
      stream,
      revision,
      position,
      created,
      workspace,
      ...(number === undefined ? {} : { number }),
      metadata,
      clear,
      sealed: typeof sealed === 'string' ? sealed : null,
      erased,
    };
  }
}

function parsedOf({ type, metadata, data }: StoredEvent): { readonly metadata: Metadata; readonly data: JsonObject } {
  try {
    return { metadata: JSON.parse(metadata) as Metadata, data: JSON.parse(data) as JsonObject };
  } catch {
    throw new Unreadable(`${type} is no JSON`);
  }
}

function lifted(lift: (data: JsonObject) => JsonObject, data: JsonObject, what: string): JsonObject {
  try {
    return lift(data);
  } catch (error) {
    throw new Unreadable(`lifting ${what}: ${error instanceof Error ? error.name : typeof error}`);
  }
}

/** The stored data but for the sealed part. */
function clearOf(data: JsonObject): JsonObject {
  const clear: JsonObject = {};
  for (const name in data) if (name !== SEALED) clear[name] = data[name] ?? null;
  return clear;
}

type Keys = ReadonlyMap<string, PersonKey | 'destroyed'>;
const NO_KEYS: Keys = new Map();

/** An event's data as they are stored: in the clear, and what is personal of them; null where nothing is. */
interface Parts {
  readonly definition: EventDefinition;
  readonly clear: JsonObject;
  readonly personal: JsonObject | null;
}

function partsOf(definition: EventDefinition, event: DomainEvent): Parts {
  const clear: JsonObject = {};
  const personal: JsonObject = {};
  for (const [name, value] of Object.entries(event.data)) {
    if (value === undefined) continue;
    (definition.personal.includes(name) ? personal : clear)[name] = value as JsonObject[string];
  }
  return { definition, clear, personal: Object.keys(personal).length > 0 ? personal : null };
}

function sealPersonal(type: string, personal: JsonObject, subject: string | null, keys: Keys): string {
  const key = subject === null ? undefined : keys.get(subject);
  if (!(key instanceof Buffer)) throw new MissingKey(`no key to seal ${type} under`);
  return seal(key, `${type}/${subject}`, personal);
}

/** Origins of events, sealed. What one actor does from one place within a turn of the event loop bears the same sealed text: sealing costs more than to look. */
class Origins {
  private readonly ofTurn = new Map<string, string>();

  /** Undefined where the actor is nobody, or erased. */
  sealed(origin: { address: string; agent: string }, actor: string | null, keys: Keys): string | undefined {
    if (actor === null) return undefined;
    const key = keys.get(actor);
    if (key === undefined) throw new MissingKey('no key to seal the origin under');
    if (key === 'destroyed') return undefined;
    const name = `${actor} ${origin.address} ${origin.agent}`;
    const known = this.ofTurn.get(name);
    if (known !== undefined) return known;
    if (this.ofTurn.size === 0) setImmediate(() => this.ofTurn.clear());
    const sealed = seal(key, 'origin', origin);
    this.ofTurn.set(name, sealed);
    return sealed;
  }
}

/** Whether a part of the event is sealed, under its subject's key. */
export const isSealed = ({ data }: Pick<StoredEvent, 'data'>): boolean => SEALED in (JSON.parse(data) as JsonObject);

/** Name space of event ids. */
const EVENT_IDS = '6d1c1a0e-6d0f-5b1c-9d55-6f6e2f0a7c11';
