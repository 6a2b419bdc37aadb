/** A server of the EventStoreDB protocol on a real socket, with its log in memory and faults on demand: for tests. */
export class EventStoreDouble {
  /** `clock` gives the time of appends as ISO text; without one it is the machine's. Port 0 (the default) takes a free one. */
  static start(options?: { readonly port?: number; readonly clock?: () => string }): Promise<EventStoreDouble>;
  /** `esdb://127.0.0.1:PORT?tls=false`. */
  readonly url: string;
  readonly urlWithoutFaults: string;
  /** Names of all streams with events, those of the system among them. */
  readonly streams: readonly string[];
  /** Events that were written. */
  readonly written: number;
  /** Reads that end, and appends, and how many of them any node may answer. */
  readonly asked: number;
  readonly askedFollowers: number;
  /** Client connections that are open. */
  readonly connections: number;
  stop(): Promise<void>;

  /** Ends all connections, without a word. */
  cut(): void;
  /** As on SIGSTOP: connections stand, new ones are taken, and nothing is answered until `resume`. */
  stall(): void;
  resume(): void;
  /** As a kill: connections are cut and none is taken until `restart`, which keeps the log and forgets which ids it has seen. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** A backup of the log as it is now. */
  backUp(): LogBackup;
  /** As a node whose folder was put back from a backup: connections are cut, and whoever comes finds the log as it was then, though other stores are newer. */
  restore(backup: LogBackup): Promise<void>;
  /** Ends all subscriptions as if there were no more to come. Gives how many there were. */
  endSubscriptions(): number;
  /** Live subscriptions fall silent for good, and nobody is told. Gives how many there were. */
  silenceSubscriptions(): number;
  /** The next `times` appends that are new are written, and their connection is cut instead of an answer. */
  loseAcknowledgements(times: number): void;
  /** Losses of acknowledgements that are still to come. */
  readonly acknowledgementsToLose: number;
  /** The next `times` appends are refused as if another writer had been first. */
  sayWrongVersion(times: number): void;
  /** The next `times` calls of `kind` end with the gRPC status `code`; subscriptions are reads. */
  fail(kind: 'read' | 'append', code: number, times?: number): void;
  /**
   * As a process that is stopped between two appends: those of the connection of that name (`connectionName` in the address) wait after the
   * first `passing` ones, until `release`. Ticks wait, and are not counted.
   */
  hold(connection: string, passing: number): { isReached(): boolean; release(): void };
  /** As a node that starts or drains. */
  notReady: boolean;
  /** As nodes before version 24: who reads its subscription slowly loses it. */
  dropsSlowConsumers: boolean;
  /** Appends without a client: what other processes write. Gives whether it was written. */
  write(
    stream: string,
    expected: number | 'any' | 'no_stream' | 'stream_exists',
    events: readonly { readonly id: string; readonly type: string; readonly data: string; readonly metadata: string }[],
  ): { readonly kind: 'appended' | 'wrong' | 'deleted' };
}
declare const backedUp: unique symbol;
/** A log at one moment. */
export interface LogBackup {
  readonly [backedUp]: true;
}

/** What the double calls itself where a node tells its version. */
export const VERSION: string;
