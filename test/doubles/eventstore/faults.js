import { failure, status } from './wire.js';

/** What is to go wrong, and how often still. */
export class Faults {
  isNotReady = false;
  dropsSlowConsumers = false;
  failing = [];
  losing = 0;
  lying = 0;
  /** By the name of a connection: how many appends pass, and what the others wait for. */
  held = new Map();

  /** The next `times` calls of a kind (`read`, which subscriptions are too, or `append`) end with a gRPC status. */
  fail(kind, code, times) {
    this.failing.push({ kind, code, left: times });
  }

  failureOf(kind) {
    if (kind === 'read' && this.isNotReady) return this.notReadyYet();
    const next = this.failing.find((entry) => entry.kind === kind && entry.left > 0);
    if (!next) return null;
    next.left -= 1;
    return failure(next.code, next.code === status.INTERNAL ? 'Received RST_STREAM with code 2' : 'on demand');
  }

  /** What a call of its own is told while the server starts; on the batch stream it is an answer like others. */
  notReadyYet() {
    return this.isNotReady ? failure(status.UNAVAILABLE, 'Server Is Not Ready') : null;
  }

  /** Appends of one connection wait after the first `passing` ones, those to the clock apart, until `release`. */
  hold(connection, passing) {
    const hold = { left: passing, reached: false };
    hold.released = new Promise((resolve) => (hold.release = resolve));
    this.held.set(connection, hold);
    return {
      isReached: () => hold.reached,
      release: () => {
        this.held.delete(connection);
        hold.release();
      },
    };
  }

  /** What an append must wait for; null where it may pass. */
  heldBy(call, { stream }) {
    const hold = this.held.get(String(call.metadata.get('connection-name')[0]));
    if (!hold || (stream !== 'clock' && hold.left-- > 0)) return null;
    hold.reached ||= stream !== 'clock';
    return hold.released;
  }

  /** A repeat is answered: else nobody would ever get through. */
  losesAnswer({ isNew }) {
    return isNew && this.losing > 0 && this.losing-- > 0;
  }

  saysWrongVersion() {
    return this.lying > 0 && this.lying-- > 0;
  }
}
