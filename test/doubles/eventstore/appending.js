import { setImmediate as nextTurn } from 'node:timers/promises';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import * as wire from './wire.js';

/** Unary `Append`: options first, then the events one by one. */
export function append(call, callback, double) {
  let target = null;
  const events = [];
  call.on('data', (message) => {
    if (message.hasOptions()) target = wire.targetOf(message.getOptions());
    else events.push(wire.proposedOf(message.getProposedMessage()));
  });
  call.on('error', () => undefined);
  const { cuts } = double.door;
  call.on('end', async () => {
    // A call that is cut off ends, too, with a part of its events: nodes drop it.
    await nextTurn();
    if (call.cancelled || target === null || double.door.cuts !== cuts) return;
    const held = double.faults.heldBy(call, target);
    if (held) held.then(() => answer(call, callback, double, target, events));
    else answer(call, callback, double, target, events);
  });
}

function answer(call, callback, double, target, events) {
  const failure = double.faults.failureOf('append') ?? double.faults.notReadyYet();
  if (failure) return callback(failure);
  const flaw = wire.flawOf(events);
  if (flaw === 'too-large') return callback(wire.tooLarge());
  if (flaw) return callback(wire.failure(wire.status.UNKNOWN, 'Exception was thrown by handler.'));
  const result = double.write(target.stream, target.expected, events);
  if (double.faults.losesAnswer(result)) return double.loseAnswer(call);
  callback(
    ...(result.kind === 'deleted' ? [wire.streamDeleted(target.stream)] : [null, wire.appendAnswer(result, target.expected)]),
  );
}

/** The batch stream: appends in pieces, answered by their ids. An error of one leaves the stream as it is. */
export function batchAppend(call, double) {
  const open = new Map();
  call.on('error', () => undefined);
  call.on('end', () => call.end());
  call.on('data', (message) => {
    const id = message.getCorrelationId();
    const key = id.getString();
    if (message.hasOptions()) {
      const options = message.getOptions();
      open.set(key, { target: wire.batchTargetOf(options), deadline: options.getDeadline()?.toDate(), events: [] });
    }
    const pending = open.get(key);
    pending.events.push(...message.getProposedMessagesList().map(wire.proposedOf));
    if (!message.getIsFinal()) return;
    open.delete(key);
    const failure = double.faults.failureOf('append');
    if (failure) return call.emit('error', failure);
    const held = double.faults.heldBy(call, pending.target);
    if (held) held.then(() => settle(call, id, pending, double));
    else settle(call, id, pending, double);
  });
}

function settle(call, id, { target, deadline, events }, double) {
  const answer = (result) => !call.cancelled && !call.destroyed && call.write(wire.batchAnswer(id, target, result));
  if (double.faults.isNotReady) return answer({ kind: 'not-ready' });
  if (deadline && deadline.getTime() < Date.now()) return answer({ kind: 'timeout' });
  const flaw = wire.flawOf(events);
  if (flaw) {
    answer({ kind: flaw });
    // Nodes answer a second time at the deadline, which is the end of the client that asked.
    if (flaw === 'invalid' && deadline) setTimeout(() => answer({ kind: 'timeout' }), deadline.getTime() - Date.now()).unref();
    return;
  }
  const result = double.write(target.stream, target.expected, events);
  if (double.faults.losesAnswer(result)) double.loseAnswer(call);
  else answer(result);
}

/** `Delete` and `Tombstone`. */
export function remove(call, callback, double, tombstone) {
  const { stream, expected } = wire.targetOf(call.request.getOptions());
  const result = double.log.delete(stream, expected, tombstone);
  if (result.kind === 'wrong') return callback(wire.wrongVersion(stream, expected, result.current));
  callback(null, wire.deletedAnswer(tombstone ? streams.TombstoneResp : streams.DeleteResp, result.position));
}
