/** What stands in `$tb` of a stream that was deleted softly. */
const EVERYTHING = 2 ** 53;

/**
 * The log of the double, in memory: streams, positions that are offsets and not counts, and the answers of real nodes to appends that
 * come again. Revisions and positions are numbers here, and 64-bit integers on the wire.
 */
export class Log {
  /** All events, in order. */
  events = [];
  streams = new Map();
  /** Where each event id was written last: what a node remembers, until it is restarted. */
  remembered = new Map();
  end = 0;
  watchers = new Set();

  /** `ticks` gives the time of an append: 100 ns since 1970, a bigint. */
  constructor(ticks) {
    this.ticks = ticks;
  }

  /** Forgets what a restart makes a node forget. */
  forget() {
    this.remembered.clear();
  }

  /** All that is in it now, for `restore`. */
  copy() {
    return {
      events: [...this.events],
      tombstoned: [...this.streams].flatMap(([name, { tombstoned }]) => (tombstoned ? [name] : [])),
    };
  }

  /** As it was when it was copied: what came after is gone, and its positions are given again. */
  restore({ events, tombstoned }) {
    this.events = [...events];
    this.end = events.at(-1)?.position ?? 0;
    this.streams.clear();
    for (const event of events) this.holder(event.stream).events.push(event);
    for (const name of tombstoned) this.holder(name).tombstoned = true;
  }

  revisionOf(stream) {
    return (this.streams.get(stream)?.events.length ?? 0) - 1;
  }

  /** Events of a stream that a reader gets, oldest first; null where the stream is missing or deleted. */
  readable(stream) {
    const all = this.streams.get(stream)?.events ?? [];
    const from = this.firstOf(stream);
    return all.length === 0 || from === EVERYTHING ? null : all.slice(from);
  }

  isTombstoned(stream) {
    return this.streams.get(stream)?.tombstoned ?? false;
  }

  /**
   * `expected`: a revision, `any`, `no_stream` or `stream_exists`. Gives `appended` with the last revision and its position (null where the
   * events were cut off since), and whether they are new, or `wrong` or `deleted`, with the present revision.
   */
  append(stream, expected, events) {
    if (this.isTombstoned(stream)) return { kind: 'deleted' };
    const current = this.revisionOf(stream);
    if (expected === 'stream_exists' && this.readable(stream) === null) return { kind: 'wrong', current };
    const known = this.known(stream, expected, current, events);
    if (known !== null) return known;
    if (this.firstOf(stream) === EVERYTHING) this.setMetadata(stream, { $tb: current + 1 });
    for (const event of events) this.write(stream, event);
    const last = this.streams.get(stream)?.events.at(-1);
    return { kind: 'appended', isNew: true, revision: this.revisionOf(stream), position: last?.position ?? this.end };
  }

  /** The answer to what was written before, or cannot be written; null where the events are to be written. */
  known(stream, expected, current, events) {
    const wrong = { kind: 'wrong', current };
    const written = this.streams.get(stream)?.events ?? [];
    if (expected === 'any' || expected === 'stream_exists') {
      const places = events.map(({ id }) => this.remembered.get(id)).filter((place) => place?.stream === stream);
      if (events.length === 0 || places.length === 0) return null;
      return places.length === events.length ? this.again(stream, places.at(-1)) : wrong;
    }
    const after = expected === 'no_stream' ? -1 : expected;
    if (after > current) return wrong;
    if (after === current) return null;
    if (events.length > 0 && events.every(({ id }, n) => written[after + 1 + n]?.id === id))
      return this.again(stream, written[after + events.length]);
    return after === -1 && this.firstOf(stream) === EVERYTHING && written[0]?.id !== events[0]?.id ? null : wrong;
  }

  again(stream, event) {
    return {
      kind: 'appended',
      isNew: false,
      revision: event.revision,
      position: event.revision < this.firstOf(stream) ? null : event.position,
    };
  }

  /** Softly: the stream reads as missing until the next append. Gives `deleted` with a position, or `wrong`. */
  delete(stream, expected, tombstone) {
    const current = this.revisionOf(stream);
    const right = expected === 'any' || (expected === 'no_stream' ? -1 : expected) === current;
    if (!right) return { kind: 'wrong', current };
    if (tombstone) this.holder(stream).tombstoned = true;
    else this.setMetadata(stream, { $tb: EVERYTHING });
    return { kind: 'deleted', position: this.end };
  }

  /** Calls `watcher` after each event; gives what ends that. */
  watch(watcher) {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Index in `events` of the first one after a position; -1 where the position is that of no event. */
  indexAfter(position) {
    if (position === 0) return 0;
    const index = this.indexFrom(position);
    return this.events[index]?.position === position ? index + 1 : -1;
  }

  /** Index in `events` of the first one at or after a position. */
  indexFrom(position) {
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.events[middle].position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Revision of the first event of a stream that its metadata leaves readable. */
  firstOf(stream) {
    const last = stream.startsWith('$$') ? undefined : this.streams.get(`$$${stream}`)?.events.at(-1);
    if (!last) return 0;
    const { $tb = 0, $maxCount = Infinity } = JSON.parse(Buffer.from(last.data).toString('utf8'));
    return $tb >= EVERYTHING ? EVERYTHING : Math.max($tb, this.revisionOf(stream) + 1 - $maxCount, 0);
  }

  setMetadata(stream, metadata) {
    const data = Buffer.from(JSON.stringify(metadata));
    const id = `00000000-0000-4000-8000-${String(this.events.length).padStart(12, '0')}`;
    this.write(`$$${stream}`, { id, type: '$metadata', contentType: 'application/json', data, metadata: Buffer.alloc(0) });
  }

  holder(stream) {
    const holder = this.streams.get(stream) ?? { events: [], tombstoned: false };
    this.streams.set(stream, holder);
    return holder;
  }

  write(stream, event) {
    const { events } = this.holder(stream);
    this.end += 100 + stream.length + event.data.length + event.metadata.length;
    const recorded = { ...event, stream, revision: events.length, position: this.end, ticks: this.ticks() };
    events.push(recorded);
    this.events.push(recorded);
    this.remembered.set(event.id, recorded);
    for (const watcher of this.watchers) watcher();
  }
}
