import { Server, ServerCredentials } from '@grpc/grpc-js';
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { append, batchAppend, remove } from './appending.js';
import { Door } from './door.js';
import { Faults } from './faults.js';
import { Log } from './log.js';
import { read } from './reading.js';
import { supported } from './wire.js';

/** What the double calls itself where a node tells its version. */
export const VERSION = '24.2.0-double';
const TICKS_PER_MS = 10_000n;

/** A server of the EventStoreDB protocol on a real socket, with its log in memory and faults on demand: for tests. */
export class EventStoreDouble {
  faults = new Faults();
  subscriptions = new Subscriptions();
  /** Events that were written. */
  written = 0;
  /** Reads that end, and appends, and how many of them any node may answer. */
  asked = 0;
  askedFollowers = 0;

  /** `clock` gives the time of appends as ISO text; without one it is the machine's. */
  static async start({ port = 0, clock = () => new Date().toISOString() } = {}) {
    const double = new EventStoreDouble(clock);
    await double.serve();
    await double.door.open(port);
    return double;
  }

  constructor(clock) {
    this.log = new Log(() => BigInt(Date.parse(clock())) * TICKS_PER_MS);
    this.door = new Door(() => this.backend);
  }

  get url() {
    return `esdb://127.0.0.1:${this.door.port}?tls=false`;
  }

  /** Past the socket at which connections are cut and stalled: for those who ask for none of that, at less work for each call. Another one after a restart. */
  get urlWithoutFaults() {
    return `esdb://127.0.0.1:${this.backend}?tls=false`;
  }

  /** Client connections that are open. */
  get connections() {
    return this.door.pairs.size;
  }

  /** Names of all streams with events, those of the system among them. */
  get streams() {
    return [...this.log.streams.keys()];
  }

  async stop() {
    await this.door.shut();
    this.server.forceShutdown();
  }

  /** Ends all connections, without a word. */
  cut() {
    this.door.cut();
  }

  /** As on SIGSTOP: connections stand, new ones are taken, and nothing is answered until `resume`. */
  stall() {
    this.door.stall();
  }

  resume() {
    this.door.resume();
  }

  /** As a kill: connections are cut and none is taken until `restart`, which keeps the log and forgets which ids it has seen. */
  async kill() {
    await this.door.shut();
    this.server.forceShutdown();
  }

  async restart() {
    this.log.forget();
    await this.serve();
    await this.door.open();
  }

  /** A backup of the log. */
  backUp() {
    return this.log.copy();
  }

  /** As a node whose folder was put back from a backup: connections are cut, and whoever comes finds the log as it was then. */
  async restore(backup) {
    await this.kill();
    this.log.restore(backup);
    await this.restart();
  }

  /** Ends all subscriptions as if there were no more to come. Gives how many there were. */
  endSubscriptions() {
    return this.subscriptions.endAll();
  }

  /** Live subscriptions fall silent for good, and nobody is told. Gives how many there were. */
  silenceSubscriptions() {
    return this.subscriptions.silenceAll();
  }

  /** The next `times` appends that are new are written, and their connection is cut instead of an answer. */
  loseAcknowledgements(times) {
    this.faults.losing = times;
  }

  get acknowledgementsToLose() {
    return this.faults.losing;
  }

  /** The next `times` appends are refused as if another writer had been first. */
  sayWrongVersion(times) {
    this.faults.lying = times;
  }

  /** As a process that is stopped between two appends: those of the connection of that name wait after the first `passing` ones. */
  hold(connection, passing) {
    return this.faults.hold(connection, passing);
  }

  /** The next `times` calls of `kind` (`read` or `append`) end with the gRPC status `code`. */
  fail(kind, code, times = 1) {
    this.faults.fail(kind, code, times);
  }

  /** As a node that starts or drains. */
  get notReady() {
    return this.faults.isNotReady;
  }

  set notReady(value) {
    this.faults.isNotReady = value;
  }

  /** As nodes before version 24: who reads its subscription slowly loses it. */
  get dropsSlowConsumers() {
    return this.faults.dropsSlowConsumers;
  }

  set dropsSlowConsumers(value) {
    this.faults.dropsSlowConsumers = value;
  }

  /** Appends without a client: what other processes write. `events` have `id`, `type`, and `data` and `metadata` as text. */
  write(stream, expected, events) {
    if (this.faults.saysWrongVersion()) return { kind: 'wrong', current: this.log.revisionOf(stream) };
    const bytes = (value) => (typeof value === 'string' ? Buffer.from(value) : value);
    const result = this.log.append(
      stream,
      expected,
      events.map((event) => ({
        contentType: 'application/json',
        ...event,
        data: bytes(event.data),
        metadata: bytes(event.metadata),
      })),
    );
    this.written += result.isNew ? events.length : 0;
    return result;
  }

  loseAnswer() {
    this.door.cut();
  }

  /** A subscription decides nothing. */
  counted(call) {
    if (call.request?.getOptions().hasSubscription?.()) return call;
    this.asked += 1;
    if (call.metadata.get('requires-leader')[0] !== 'true') this.askedFollowers += 1;
    return call;
  }

  async serve() {
    this.server = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
    this.server.addService(streamsService.StreamsService, {
      read: (call) => void read(this.counted(call), this),
      append: (call, callback) => append(this.counted(call), callback, this),
      batchAppend: (call) => batchAppend(this.counted(call), this),
      delete: (call, callback) => remove(call, callback, this, false),
      tombstone: (call, callback) => remove(call, callback, this, true),
    });
    this.server.addService(featuresService.ServerFeaturesService, {
      getSupportedMethods: (_call, callback) =>
        callback(
          null,
          supported(VERSION, 'event_store.client.streams.streams', ['read', 'append', 'batchappend', 'delete', 'tombstone']),
        ),
    });
    const address = '127.0.0.1:0';
    this.backend = await new Promise((resolve, reject) =>
      this.server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      ),
    );
  }
}

/** The subscriptions that are open. */
class Subscriptions {
  open = new Set();

  /** Gives what takes it out again. */
  add(sender, news) {
    const entry = { sender, news };
    this.open.add(entry);
    return () => this.open.delete(entry);
  }

  endAll() {
    const entries = [...this.open];
    for (const { news } of entries) news.end();
    return entries.length;
  }

  silenceAll() {
    const entries = [...this.open];
    for (const { news } of entries) news.stop();
    return entries.length;
  }
}
