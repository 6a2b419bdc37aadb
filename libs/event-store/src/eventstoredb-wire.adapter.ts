import type { EventData, RecordedEvent } from '@eventstore/db-client';
import { canonicalJson, type JsonObject } from '#kernel';
import {
  NO_STREAM,
  type EventBytes,
  type Position,
  type Revision,
  type StoredEvent,
  type StreamAppend,
} from './event-store.port.js';
import { isOwnStream } from './own-streams.js';

/** A record as the client gives it: types are those of whoever wrote it. */
export type ClientEvent = Pick<
  RecordedEvent,
  'streamId' | 'id' | 'revision' | 'type' | 'data' | 'metadata' | 'created' | 'position'
>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The events as the client takes them. Throws on what must never reach the server: an id that is no UUID or an empty type (the client's
 * process would die of the answer), bytes that would not come back as they are, and a workspace that the metadata does not name.
 */
export function toClientEvents({ events, workspace }: Pick<StreamAppend, 'events' | 'workspace'>): EventData[] {
  return events.map((event) => {
    if (!UUID.test(event.id)) throw new TypeError('the id of an event is a UUID in small letters');
    if (event.type === '') throw new TypeError('an event has a type');
    const metadata = parsed(event, 'metadata');
    if (metadata.workspace !== workspace) throw new TypeError(`the metadata of ${event.type} names another workspace`);
    return { id: event.id, type: event.type, contentType: 'application/json', data: parsed(event, 'data'), metadata };
  });
}

/** Values of canonical JSON have one text alone: what is read is written out again as it was. */
function parsed(event: EventBytes, part: 'data' | 'metadata'): JsonObject {
  const value = JSON.parse(event[part]) as JsonObject;
  if (canonicalJson(value) !== event[part]) throw new TypeError(`the ${part} of ${event.type} is not canonical JSON`);
  return value;
}

export function toStored(event: ClientEvent): StoredEvent {
  const metadata = (event.metadata ?? {}) as JsonObject;
  return {
    stream: event.streamId,
    revision: toNumber(event.revision),
    position: positionOf(event),
    id: event.id,
    type: event.type,
    data: canonicalJson(event.data),
    metadata: canonicalJson(metadata),
    created: event.created.toISOString(),
    workspace: typeof metadata.workspace === 'string' ? metadata.workspace : '',
  };
}

/** Whether an event belongs to the log as its readers know it: neither the server's own nor the store's. */
export const isTold = ({ streamId }: Pick<ClientEvent, 'streamId'>): boolean => !isSystem({ streamId }) && !isOwnStream(streamId);
export const isSystem = ({ streamId }: Pick<ClientEvent, 'streamId'>): boolean => streamId.startsWith('$');

/** The commit position. Servers from version 20 give one with every event. */
export function positionOf({ position, type }: Pick<ClientEvent, 'position' | 'type'>): Position {
  if (!position) throw new RangeError(`the server gave no position of an event of type ${type}`);
  return toNumber(position.commit);
}

/** See decision 0001: what is no safe integer is refused. */
export function toNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`beyond what a number can hold: ${value}`);
  return number;
}

export const toPlace = (position: Position): 'start' | { commit: bigint; prepare: bigint } =>
  position === 0 ? 'start' : { commit: BigInt(position), prepare: BigInt(position) };
export const toExpected = (revision: Revision): 'no_stream' | bigint => (revision === NO_STREAM ? 'no_stream' : BigInt(revision));
