import type { AllStreamSubscription } from '@eventstore/db-client';
import type { Position, StoredEvent } from './event-store.port.js';
import type { Connection } from './eventstoredb-connection.adapter.js';
import { isTold, positionOf, toPlace, toStored, type ClientEvent } from './eventstoredb-wire.adapter.js';
import { Bell } from './follow.js';

/** Events per batch, and how many the client holds back for a slow reader. */
const BATCH = 500;
/** Milliseconds between two subscriptions, the first time and at most. */
const PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;
/** Longer than any wait that ends by itself. */
const LONG_MS = 3_600_000;

export interface FollowOptions {
  readonly connection: Connection;
  /** Milliseconds after which a subscription that gave nothing is compared with the end of the log. */
  readonly silenceMs: number;
  /** Position of the last event that a subscription gives as the log is now. */
  readonly lastGiven: () => Promise<Position>;
}

/**
 * The log after `after`, through one live subscription after the other, however each of them ends: with an error, cleanly, or in silence.
 * It goes on after the last event that was given, and from nowhere else, so that nothing is left out and nothing comes twice.
 */
export async function* followAll(
  options: FollowOptions,
  after: Position,
  signal: AbortSignal,
): AsyncGenerator<StoredEvent[], void> {
  const { connection } = options;
  const goesOn = () => !signal.aborted && !connection.closed;
  let position = after;
  for (let wait = PAUSE_MS; goesOn(); wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    const subscription = new Subscription(options, position);
    try {
      while (goesOn()) {
        const heard = subscription.bell.count;
        const events = subscription.take();
        const told = events.filter(isTold).map(toStored);
        if (told.length > 0) yield told;
        if (events.length > 0) [position, wait] = [subscription.position, PAUSE_MS];
        else if (subscription.over) break;
        else await subscription.bell.wait(heard, LONG_MS, signal);
      }
      if (goesOn()) await subscription.bell.wait(subscription.bell.count, wait, signal);
    } finally {
      subscription.end();
    }
  }
}

/** A subscription gives nothing although there is something. */
class Silence extends Error {
  override readonly name = 'Silence';
}

/** One subscription to all streams but those of the server, from after a position on. */
class Subscription {
  /** Rings when there is something to take, and when there will be no more. */
  readonly bell = new Bell();
  private readonly source: AllStreamSubscription;
  private readonly watchdog: NodeJS.Timeout;
  private readonly unwatch: () => void;
  private ended = false;
  /** Where the log ended at the last look. */
  private due: Position = 0;

  constructor(
    private readonly options: FollowOptions,
    /** Of the last event taken. */
    public position: Position,
  ) {
    const { connection, silenceMs } = options;
    const filter = { filterOn: 'streamName', regex: '^[^$]', checkpointInterval: 1000 } as const;
    this.source = connection.client.subscribeToAll({ fromPosition: toPlace(position), filter }, { highWaterMark: BATCH });
    this.source.on('readable', () => this.bell.ring());
    this.source.on('error', (error) => this.fail(error));
    for (const event of ['end', 'close'] as const) this.source.on(event, () => this.finish());
    this.unwatch = connection.watch(() => this.bell.ring());
    this.watchdog = setInterval(() => void this.look(), silenceMs).unref();
  }

  /** Nothing more will come. What has come can still be taken. */
  get over(): boolean {
    return this.ended || this.options.connection.closed;
  }

  take(): ClientEvent[] {
    const events: ClientEvent[] = [];
    while (events.length < BATCH) {
      const resolved = this.source.read() as { event?: ClientEvent } | null;
      if (resolved === null) break;
      if (resolved.event) events.push(resolved.event);
    }
    this.position = events.reduce((_, event) => positionOf(event), this.position);
    return events;
  }

  end(): void {
    clearInterval(this.watchdog);
    this.unwatch();
    this.source.unsubscribe().catch(() => undefined);
  }

  /** What was there at the look before must have come by now. */
  private async look(): Promise<void> {
    const { position, due } = this;
    const last = await this.options.lastGiven().catch(() => 0);
    const nothingCame = this.position === position && this.source.readableLength === 0;
    if (nothingCame && due > position) this.fail(new Silence('a subscription has fallen silent'));
    this.due = last;
  }

  private fail(error: unknown): void {
    this.options.connection.report('follow', error);
    this.finish();
  }

  private finish(): void {
    this.ended = true;
    this.bell.ring();
  }
}
