import { failure, status } from './wire.mjs';

/** What is to go wrong, and how often still. */
export class Faults {
  isNotReady = false;
  dropsSlowConsumers = false;
  failing = [];
  losing = 0;
  lying = 0;

  /** The next `times` calls of a kind (`read`, which subscriptions are too, or `append`) end with a gRPC status. */
  fail(kind, code, times) {
    this.failing.push({ kind, code, left: times });
  }

  failureOf(kind) {
    if (this.isNotReady && kind === 'read') return failure(status.UNAVAILABLE, 'Server Is Not Ready');
    const next = this.failing.find((entry) => entry.kind === kind && entry.left > 0);
    if (!next) return null;
    next.left -= 1;
    return failure(next.code, next.code === status.INTERNAL ? 'Received RST_STREAM with code 2' : 'on demand');
  }

  /** A repeat is answered: else nobody would ever get through. */
  losesAnswer({ isNew }) {
    return isNew && this.losing > 0 && this.losing-- > 0;
  }

  saysWrongVersion() {
    return this.lying > 0 && this.lying-- > 0;
  }
}
