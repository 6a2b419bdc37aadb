/** The double's words on the wire, made with the client's own generated definitions. */
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { Metadata, status } from '@grpc/grpc-js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statuses from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';

export { status };
/** Bytes of data that one append may have. */
export const MAX_APPEND = 1024 * 1024;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const { ReadReq, ReadResp, AppendResp, BatchAppendResp } = streams;
const textOf = (identifier) => Buffer.from(identifier.getStreamName_asU8()).toString('utf8');
const identifierOf = (stream) => new shared.StreamIdentifier().setStreamName(new Uint8Array(Buffer.from(stream, 'utf8')));

/** Stream and expected revision that the options of an append or a delete name. */
export function targetOf(options, revision = () => Number(options.getRevision())) {
  const stream = textOf(options.getStreamIdentifier());
  if (options.hasAny()) return { stream, expected: 'any' };
  if (options.hasNoStream()) return { stream, expected: 'no_stream' };
  if (options.hasStreamExists()) return { stream, expected: 'stream_exists' };
  return { stream, expected: revision() };
}
export const batchTargetOf = (options) => targetOf(options, () => Number(options.getStreamPosition()));

export const proposedOf = (message) => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  contentType: message.getMetadataMap().get('content-type') ?? '',
  data: message.getData_asU8(),
  metadata: message.getCustomMetadata_asU8(),
});

/** Why events cannot be taken whatever their stream is; null where they can. */
export function flawOf(events) {
  if (events.some(({ id, type }) => !UUID.test(id) || type === '')) return 'invalid';
  const bytes = events.reduce((sum, { data }) => sum + data.length, 0);
  return bytes > MAX_APPEND ? 'too-large' : null;
}

/** What a read asks for: where, from where, in which direction, how many, and through which filter. */
export function questionOf(request) {
  const options = request.getOptions();
  const live = options.hasSubscription();
  const count = live ? Infinity : Number(options.getCount());
  const backwards = !live && options.getReadDirection() === ReadReq.Options.ReadDirection.BACKWARDS;
  if (options.hasStream()) {
    const stream = options.getStream();
    const from = stream.hasEnd() ? 'end' : stream.hasStart() ? 'start' : Number(stream.getRevision());
    return { stream: textOf(stream.getStreamIdentifier()), from, backwards, count, live };
  }
  const all = options.getAll();
  const from = all.hasEnd() ? 'end' : all.hasStart() ? 'start' : Number(all.getPosition().getCommitPosition());
  return { stream: null, from, backwards, count, live, filter: options.hasFilter() ? filterOf(options.getFilter()) : null };
}

/** `matches` an event; a checkpoint is due every `window` events considered. */
function filterOf(filter) {
  const byStream = filter.hasStreamIdentifier();
  const expression = byStream ? filter.getStreamIdentifier() : filter.getEventType();
  const prefixes = expression.getPrefixList();
  const regex = prefixes.length > 0 ? null : new RegExp(expression.getRegex(), 'u');
  const window = (filter.hasMax() ? filter.getMax() : 32) * Math.max(1, filter.getCheckpointintervalmultiplier());
  const matches = ({ stream, type }) => {
    const text = byStream ? stream : type;
    return regex ? regex.test(text) : prefixes.some((prefix) => text.startsWith(prefix));
  };
  return { matches, window };
}

export function eventAnswer(event) {
  const { id, type, contentType, data, metadata, stream, revision, position, ticks } = event;
  const recorded = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(id))
    .setStreamIdentifier(identifierOf(stream))
    .setStreamRevision(String(revision))
    .setCommitPosition(String(position))
    .setPreparePosition(String(position))
    .setData(data)
    .setCustomMetadata(metadata);
  recorded.getMetadataMap().set('type', type).set('content-type', contentType).set('created', String(ticks));
  return new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(position)));
}

export const notFoundAnswer = (stream) =>
  new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(identifierOf(stream)));
export const confirmation = (id) => new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(id));
export const caughtUp = () => new ReadResp().setCaughtUp(new ReadResp.CaughtUp());
/** While a subscription catches up, nodes may leave the prepare position out. */
export const checkpoint = (position, isLive) =>
  new ReadResp().setCheckpoint(
    new ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(isLive ? position : 0)),
  );

/** A status with the trailers by which the client knows an error. */
export function failure(code, details, trailers = {}) {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, String(value));
  return { code, details, metadata };
}
export const streamDeleted = (stream) =>
  failure(status.FAILED_PRECONDITION, 'Stream is deleted', { exception: 'stream-deleted', 'stream-name': stream });
export const wrongVersion = (stream, expected, current) =>
  failure(status.FAILED_PRECONDITION, 'Wrong expected version', {
    exception: 'wrong-expected-version',
    'stream-name': stream,
    'expected-version': expected,
    ...(current === -1 ? {} : { 'actual-version': current }),
  });
export const tooLarge = () =>
  failure(status.INVALID_ARGUMENT, 'Maximum append size exceeded', {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': MAX_APPEND,
  });

/** The answer of a unary append. */
export function appendAnswer(result, expected) {
  if (result.kind === 'wrong') {
    const wrong = new AppendResp.WrongExpectedVersion();
    if (result.current === -1) wrong.setCurrentNoStream(new shared.Empty());
    else wrong.setCurrentRevision(String(result.current));
    if (expected === 'no_stream') wrong.setExpectedNoStream(new shared.Empty());
    else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new shared.Empty());
    else if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
    else wrong.setExpectedRevision(String(expected));
    return new AppendResp().setWrongExpectedVersion(wrong);
  }
  const success = new AppendResp.Success();
  if (result.revision === -1) success.setNoStream(new shared.Empty());
  else success.setCurrentRevision(String(result.revision));
  if (result.position === null) success.setNoPosition(new shared.Empty());
  else success.setPosition(place(new AppendResp.Position(), result.position));
  return new AppendResp().setSuccess(success);
}

/** The answer of an append on the batch stream; `id` tells which. */
export function batchAnswer(id, { stream, expected }, result) {
  const answer = new BatchAppendResp().setCorrelationId(id).setStreamIdentifier(identifierOf(stream));
  if (result.kind !== 'appended') return answer.setError(batchError(expected, result));
  const success = new BatchAppendResp.Success();
  if (result.revision === -1) success.setNoStream(new empty.Empty());
  else success.setCurrentRevision(String(result.revision));
  if (result.position === null) success.setNoPosition(new empty.Empty());
  else success.setPosition(place(new shared.AllStreamPosition(), result.position));
  return answer.setSuccess(success);
}

function batchError(expected, result) {
  switch (result.kind) {
    case 'wrong':
      return errorOf(status.ALREADY_EXISTS, 'WrongExpectedVersion', wrongVersionDetails(expected, result.current));
    case 'deleted':
      return errorOf(status.FAILED_PRECONDITION, 'StreamDeleted', new shared.StreamDeleted());
    case 'too-large':
      return errorOf(
        status.INVALID_ARGUMENT,
        'MaximumAppendSizeExceeded',
        new shared.MaximumAppendSizeExceeded().setMaxappendsize(MAX_APPEND),
      );
    case 'timeout':
      return errorOf(status.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());
    case 'not-ready':
      return errorOf(status.UNAVAILABLE, 'Server Is Not Ready', new empty.Empty(), 'google.protobuf.Empty');
    default:
      return errorOf(status.INVALID_ARGUMENT, 'Bad request', new shared.BadRequest(), 'event_store.client.BadRequest');
  }
}

function wrongVersionDetails(expected, current) {
  const wrong = new shared.WrongExpectedVersion();
  if (current === -1) wrong.setCurrentNoStream(new empty.Empty());
  else wrong.setCurrentStreamRevision(String(current));
  if (expected === 'no_stream') return wrong.setExpectedNoStream(new empty.Empty());
  if (expected === 'stream_exists') return wrong.setExpectedStreamExists(new empty.Empty());
  return expected === 'any' ? wrong.setExpectedAny(new empty.Empty()) : wrong.setExpectedStreamPosition(String(expected));
}

function errorOf(code, message, details, type = `event_store.client.${message}`) {
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), type);
  return new statuses.Status().setCode(code).setMessage(message).setDetails(packed);
}

const place = (message, position) => message.setCommitPosition(String(position)).setPreparePosition(String(position));

/** `Success` of a delete or tombstone. */
export const deletedAnswer = (Answer, position) => new Answer().setPosition(place(new Answer.Position(), position));

/** The methods of a service and the version that the double announces. */
export const supported = (version, service, methods) =>
  new features.SupportedMethods()
    .setEventStoreServerVersion(version)
    .setMethodsList(methods.map((name) => new features.SupportedMethod().setServiceName(service).setMethodName(name)));
