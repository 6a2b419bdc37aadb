import { randomUUID } from 'node:crypto';
import * as wire from './wire.js';

/** Answers one call of `Read`: a read, which ends, or a subscription, which does not. `double` holds the log and the faults. */
export async function read(call, double) {
  const failure = double.faults.failureOf('read');
  if (failure) return call.emit('error', failure);
  const question = wire.questionOf(call.request);
  const { stream } = question;
  if (stream !== null && double.log.isTombstoned(stream)) return call.emit('error', wire.streamDeleted(stream));
  const sender = new Sender(call);
  try {
    await (question.live ? subscribe(sender, question, double) : readOnce(sender, question, double.log));
  } catch (error) {
    return call.emit('error', error);
  }
  call.end();
}

async function readOnce(sender, question, log) {
  const { stream, backwards, count } = question;
  const events = stream === null ? log.events : log.readable(stream);
  if (events === null) return sender.send(wire.notFoundAnswer(stream));
  let index = startOf(question, events, log);
  for (let left = count; left > 0 && index >= 0 && index < events.length && !sender.gone; left--) {
    await sender.send(wire.eventAnswer(events[index]));
    index += backwards ? -1 : 1;
  }
}

/** Backwards the events of all streams begin before the position given, and those of one stream at the revision given. */
function startOf({ stream, from, backwards }, events, log) {
  if (from === 'start') return 0;
  if (from === 'end') return backwards ? events.length - 1 : events.length;
  if (stream === null) {
    if (log.indexAfter(from) === -1) throw wire.failure(wire.status.UNKNOWN, 'Unexpected ReadAllResult: InvalidPosition');
    return backwards ? log.indexFrom(from) - 1 : log.indexFrom(from);
  }
  return Math.max(from - (events[0]?.revision ?? 0), 0);
}

async function subscribe(sender, question, double) {
  const source = question.stream === null ? new AllSource(question, double.log) : new StreamSource(question, double.log);
  const news = new News(double.log, sender);
  const end = double.subscriptions.add(sender, news);
  try {
    await sender.send(wire.confirmation(randomUUID()));
    for (let told = false; !sender.gone && !news.over;) {
      const heard = news.count;
      const answers = source.next();
      for (const answer of answers) await sender.send(answer);
      if (sender.late && double.faults.dropsSlowConsumers) {
        throw wire.failure(wire.status.ABORTED, 'Operation timed out: Consumer too slow');
      }
      if (answers.length > 0) told &&= !sender.late;
      else if (!told) told = (await sender.send(wire.caughtUp()), (source.isLive = true));
      else await news.after(heard);
      sender.late = false;
    }
  } finally {
    end();
    news.stop();
  }
}

/** Events of all streams through a filter, some at a time, with the checkpoints between them. */
class AllSource {
  isLive = false;
  considered = 0;

  constructor({ from, filter }, log) {
    this.log = log;
    this.filter = filter ?? null;
    this.index = from === 'start' ? 0 : from === 'end' ? log.events.length : log.indexAfter(from);
    if (this.index === -1) throw wire.failure(wire.status.UNKNOWN, 'Unexpected ReadAllResult: Error');
  }

  next() {
    const answers = [];
    while (answers.length < 50 && this.index < this.log.events.length) {
      const event = this.log.events[this.index++];
      if (!this.filter || this.filter.matches(event)) answers.push(wire.eventAnswer(event));
      if (!this.filter || ++this.considered < this.filter.window) continue;
      this.considered = 0;
      answers.push(wire.checkpoint(event.position, this.isLive));
    }
    return answers;
  }
}

class StreamSource {
  isLive = false;

  constructor({ stream, from }, log) {
    this.log = log;
    this.stream = stream;
    this.revision = from === 'start' ? -1 : from === 'end' ? log.revisionOf(stream) : from;
  }

  next() {
    const events = (this.log.readable(this.stream) ?? []).filter(({ revision }) => revision > this.revision).slice(0, 50);
    this.revision = events.at(-1)?.revision ?? this.revision;
    return events.map(wire.eventAnswer);
  }
}

/** Waits for what is written next, or for the end of the call. */
class News {
  count = 0;
  over = false;
  wake = () => undefined;

  constructor(log, sender) {
    this.stop = log.watch(() => this.ring());
    sender.onGone = () => this.ring();
  }

  ring() {
    this.count += 1;
    this.wake();
  }

  /** A clean end: the server ends the subscription, and says nothing. */
  end() {
    this.over = true;
    this.ring();
  }

  after(heard) {
    if (this.count !== heard) return Promise.resolve();
    return new Promise((resolve) => (this.wake = resolve));
  }
}

/** Writes to a call no faster than it is read. */
class Sender {
  gone = false;
  /** It had to wait for its reader. */
  late = false;
  onGone = () => undefined;

  constructor(call) {
    this.call = call;
    for (const event of ['cancelled', 'close', 'error']) call.on(event, () => this.leave());
  }

  async send(answer) {
    if (this.gone || this.call.write(answer)) return;
    const waiting = setTimeout(() => (this.late = true), 100);
    await new Promise((resolve) => {
      this.drained = resolve;
      this.call.once('drain', resolve);
    });
    clearTimeout(waiting);
  }

  leave() {
    this.gone = true;
    this.drained?.();
    this.onGone();
  }
}
