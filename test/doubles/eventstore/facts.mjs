#!/usr/bin/env node
// What a server of the EventStoreDB protocol does, seen through its client: 87 answers that two servers can be compared by.
//
//   WHITEBOOK_EVENTSTORE_URL='esdb://127.0.0.1:2113?tls=false' node test/doubles/eventstore/facts.mjs
//       prints one fact a line
//   … --expect test/doubles/eventstore/facts.v24.2.json
//       compares with what real nodes of versions 23.10 and 24.2 answer; exit code 1 on a difference
//   … --write FILE
//       records
//
// It appends some 2,000 small events to streams of a name of its own, and stops by itself within two minutes.
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  EventStoreDBClient,
  jsonEvent,
  binaryEvent,
  streamNameFilter,
  eventTypeFilter,
  ANY,
  NO_STREAM,
  STREAM_EXISTS,
  START,
  END,
  FORWARDS,
  BACKWARDS,
} from '@eventstore/db-client';

const url = process.env.WHITEBOOK_EVENTSTORE_URL;
if (!url) {
  console.error('WHITEBOOK_EVENTSTORE_URL is not set');
  process.exit(2);
}
const client = EventStoreDBClient.connectionString(url);
const run = `f${randomUUID().slice(0, 8)}`;
const unary = { credentials: { username: 'admin', password: 'changeit' } }; // takes the unary path instead of the batch stream
const stream = (name) => `${run}-${name}`;
const event = (type = 'Happened', data = { n: 1 }, more = {}) => jsonEvent({ type, data, ...more });
const events = (count, type) => Array.from({ length: count }, (_, n) => event(type, { n }));

/** A value or an error in a form that two servers can be compared by: no ids, no positions, no texts. */
const plain = (value) =>
  JSON.parse(JSON.stringify(value ?? null, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)).replaceAll(run, 'RUN'));
const refusal = (error) => {
  const fact = { error: error.constructor.name };
  for (const field of ['type', 'streamName', 'expectedVersion', 'actualVersion', 'maxAppendSize', 'code'])
    if (error[field] !== undefined) fact[field] = error[field];
  return fact;
};
const outcome = async (work) => {
  try {
    return plain(await work());
  } catch (error) {
    return plain(refusal(error));
  }
};
const append = async (name, list, options) => {
  const result = await client.appendToStream(stream(name), list, options);
  return { next: result.nextExpectedRevision, success: result.success, position: result.position ? 'given' : 'none' };
};
const read = async (name, options) => {
  const revisions = [];
  for await (const { event: e } of client.readStream(stream(name), options)) revisions.push(Number(e.revision));
  return revisions;
};
/** What a subscription emits, until `enough` says so or `ms` pass. Checkpoints are counted apart: their number is the server's. */
const follow = (subscription, enough, ms = 8000) =>
  new Promise((resolve) => {
    const seen = { log: [], checkpoints: [], error: undefined };
    const stop = () => {
      clearTimeout(timer);
      subscription.unsubscribe().catch(() => {});
      resolve(seen);
    };
    const timer = setTimeout(stop, ms);
    const note = (what, payload) => {
      if (what === 'checkpoint') seen.checkpoints.push(payload);
      else seen.log.push(payload ?? what);
      if (enough(seen)) stop();
    };
    subscription.on('confirmation', () => note('confirmed'));
    subscription.on('caughtUp', () => note('caughtUp'));
    subscription.on('fellBehind', () => note('fellBehind'));
    subscription.on('data', ({ event: e }) => note('event', e));
    subscription.on('error', (error) => {
      seen.error = refusal(error);
      stop();
    });
    subscription.on('end', () => note('end'));
  });
const told = (seen) =>
  seen.log.map((x) => (typeof x === 'string' ? x : `${x.streamId}@${x.revision}`)).concat(seen.error ? [seen.error] : []);
const isLive = (seen) => seen.log.includes('caughtUp');
const allWithPrefix = (prefix, options = {}) =>
  client.subscribeToAll({
    fromPosition: START,
    filter: streamNameFilter({
      prefixes: [stream(prefix)],
      checkpointInterval: 1,
      checkpointReached: async (_, position) => options.onCheckpoint?.(position),
    }),
    ...options,
  });

const facts = [];
const fact = async (name, work) => {
  const value = await outcome(work);
  facts.push([name, value]);
  if (!process.argv.includes('--quiet')) console.log(`${name}: ${JSON.stringify(value)}`);
};

for (const [path_, option] of [
  ['batch', {}],
  ['unary', unary],
]) {
  const at = (name) => `${path_}-${name}`;
  const f = (name, work) => fact(`${path_} · ${name}`, work);
  await f('first append, no stream', () => append(at('a'), event(), { expectedRevision: NO_STREAM, ...option }));
  await f('two more at revision 0', () => append(at('a'), events(2), { expectedRevision: 0n, ...option }));
  await f('no stream, but it exists', () => append(at('a'), event(), { expectedRevision: NO_STREAM, ...option }));
  await f('old revision', () => append(at('a'), event(), { expectedRevision: 0n, ...option }));
  await f('future revision', () => append(at('a'), event(), { expectedRevision: 9n, ...option }));
  await f('revision on a missing stream', () => append(at('missing'), event(), { expectedRevision: 5n, ...option }));
  await f('must exist, but it does not', () => append(at('missing'), event(), { expectedRevision: STREAM_EXISTS, ...option }));
  await f('must exist, and does', () => append(at('a'), event(), { expectedRevision: STREAM_EXISTS, ...option }));
  await f('any', () => append(at('a'), event(), { expectedRevision: ANY, ...option }));
  await f('empty list on an existing stream', () => append(at('a'), [], { ...option }));
  await f('empty list on a missing stream', () => append(at('empty'), [], { ...option }));
  await f('empty list left no stream', () => read(at('empty')));

  const [e1, e2, e3] = [event('One'), event('Two'), event('Three')];
  await f('retry: first', () => append(at('i'), [e1, e2], { expectedRevision: NO_STREAM, ...option }));
  await f('retry: same ids, no stream', () => append(at('i'), [e1, e2], { expectedRevision: NO_STREAM, ...option }));
  await f('retry: same ids, any', () => append(at('i'), [e1, e2], { expectedRevision: ANY, ...option }));
  await f('retry: next one', () => append(at('i'), [e3], { expectedRevision: 1n, ...option }));
  await f('retry: later events', () => append(at('i'), events(5), { expectedRevision: 2n, ...option }));
  await f('retry: late, same ids, no stream', () => append(at('i'), [e1, e2], { expectedRevision: NO_STREAM, ...option }));
  await f('retry: late, same id, its revision', () => append(at('i'), [e3], { expectedRevision: 1n, ...option }));
  await f('retry: late, same id, other revision', () => append(at('i'), [e3], { expectedRevision: 3n, ...option }));
  await f('retry: prefix of the batch', () => append(at('i'), [e1], { expectedRevision: NO_STREAM, ...option }));
  await f('retry: not its prefix', () => append(at('i'), [e2], { expectedRevision: NO_STREAM, ...option }));
  await f('retry: known ids and a new one', () => append(at('i'), [e1, e2, event()], { expectedRevision: NO_STREAM, ...option }));
  await f('retry: same id, other data', () =>
    append(at('i'), [{ ...e1, data: { other: 1 } }], { expectedRevision: NO_STREAM, ...option }),
  );
  await f('retry: same id in another stream', () => append(at('i-other'), [e1], { expectedRevision: NO_STREAM, ...option }));
  await f('retry: what the stream holds', async () => {
    const types = [];
    for await (const { event: e } of client.readStream(stream(at('i')))) types.push(`${e.revision}:${e.type}`);
    return types;
  });
  await f('data of exactly 1 MiB', () => append(at('big'), jsonEvent({ type: 'Big', data: 'x'.repeat(1048574) }), { ...option }));
  await f('data of 1 MiB and a byte', () =>
    append(at('big'), jsonEvent({ type: 'Big', data: 'x'.repeat(1048575) }), { ...option }),
  );
  if (path_ === 'unary') {
    // on the batch path the server answers such an append twice, and the client dies of the second answer
    await f('id that is no uuid', () => append(at('bad'), event('A', {}, { id: 'xyz' }), { ...option }));
    await f('empty type', () => append(at('bad'), event(''), { ...option }));
  }
  await f('64 at once on one revision', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 64 }, () =>
        client.appendToStream(stream(at('race')), event(), { expectedRevision: NO_STREAM, ...option }),
      ),
    );
    const names = results.map((r) => (r.status === 'fulfilled' ? 'appended' : r.reason.constructor.name));
    return Object.fromEntries([...new Set(names)].sort().map((n) => [n, names.filter((x) => x === n).length]));
  });
}

await client.appendToStream(stream('r'), events(5));
await fact('read · forwards', () => read('r'));
await fact('read · backwards from the end', () => read('r', { direction: BACKWARDS, fromRevision: END }));
await fact('read · from 3, one', () => read('r', { direction: FORWARDS, fromRevision: 3n, maxCount: 1 }));
await fact('read · past the end', () => read('r', { fromRevision: 99n }));
await fact('read · missing stream', () => read('none'));
await fact('read · missing stream, backwards', () => read('none', { direction: BACKWARDS, fromRevision: END }));
await fact('read · shape of an event', async () => {
  for await (const { event: e } of client.readStream(stream('r'), { maxCount: 1 }))
    return Object.fromEntries(
      Object.keys(e)
        .sort()
        .map((k) => [k, e[k]?.constructor?.name ?? typeof e[k]]),
    );
});
await fact('read · json, metadata and binary come back', async () => {
  const data = { text: 'Zoë 𝛑 \u0000', big: 9007199254740991, list: [null, true, 1.5] };
  await client.appendToStream(stream('kinds'), [
    jsonEvent({ type: 'Json', data, metadata: { who: 'é' } }),
    binaryEvent({ type: 'Binary', data: Buffer.from([0, 255, 7]), metadata: { a: 1 } }),
  ]);
  const got = [];
  for await (const { event: e } of client.readStream(stream('kinds')))
    got.push([e.type, e.isJson, e.isJson ? e.data : [...e.data], e.isJson ? e.metadata : e.metadata?.constructor?.name]);
  return got;
});
await fact('read · stream names with spaces, slashes and letters beyond ASCII', async () => {
  await client.appendToStream(stream('a b/ç-1'), event());
  return read('a b/ç-1');
});
await fact('read · positions rise over streams, commit equals prepare for one event', async () => {
  const at = [];
  for (let n = 0; n < 5; n++) at.push((await client.appendToStream(stream(`p${n % 2}`), event())).position);
  return [at.every((p, n) => n === 0 || p.commit > at[n - 1].commit), at.every((p) => p.commit === p.prepare)];
});
await fact('read · events of one append have their own positions in all', async () => {
  await client.appendToStream(stream('own'), events(3));
  const seen = await follow(allWithPrefix('own'), isLive);
  const at = seen.log.filter((x) => x.position).map((x) => x.position);
  return [at.length, new Set(at.map((p) => `${p.commit}`)).size, at.every((p) => p.commit === p.prepare)];
});

await client.appendToStream(stream('d'), events(3));
await fact('delete · wrong revision', () => client.deleteStream(stream('d'), { expectedRevision: 7n }).then(() => 'deleted'));
await fact('delete · right revision', () => client.deleteStream(stream('d'), { expectedRevision: 2n }).then(() => 'deleted'));
await fact('delete · read after', () => read('d'));
await fact('delete · append after, no stream', () => append('d', event(), { expectedRevision: NO_STREAM }));
await fact('delete · numbering goes on', () => read('d'));
await client.appendToStream(stream('t'), events(2));
await fact('tombstone', () => client.tombstoneStream(stream('t'), { expectedRevision: 1n }).then(() => 'tombstoned'));
await fact('tombstone · read after', () => read('t'));
await fact('tombstone · append after', () => append('t', event()));

await client.appendToStream(stream('s1'), events(3, 'Red'));
await client.appendToStream(stream('s2'), events(2, 'Blue'));
await fact('follow all · from the start, by prefix', async () => told(await follow(allWithPrefix('s'), isLive)));
await fact('follow all · live after it has caught up', async () => {
  const done = follow(allWithPrefix('s'), (seen) => seen.log.filter((x) => x.streamId).length >= 6);
  await new Promise((r) => setTimeout(r, 1000));
  await client.appendToStream(stream('s1'), event('Late'));
  return told(await done).at(-1);
});
await fact('follow all · from a position is exclusive', async () => {
  const first = await follow(allWithPrefix('s'), isLive);
  const third = first.log.filter((x) => x.streamId)[2];
  return told(await follow(allWithPrefix('s', { fromPosition: third.position }), isLive));
});
await fact('follow all · by event type', async () => {
  const filter = eventTypeFilter({ regex: '^Blue$' });
  const seen = await follow(client.subscribeToAll({ fromPosition: START, filter }), isLive);
  return seen.log.filter((x) => x.streamId?.startsWith(run)).map((x) => x.type);
});
await fact('follow all · nothing matches', async () => told(await follow(allWithPrefix('nothing'), isLive)));
await fact('follow all · checkpoints come while nothing matches, and no resume from one loses or repeats', async () => {
  await client.appendToStream(stream('c1'), events(3));
  for (let n = 0; n < 10; n++) await client.appendToStream(stream(`noise${n}`), events(50));
  await client.appendToStream(stream('c2'), events(3));
  const marks = [];
  const whole = await follow(allWithPrefix('c', { onCheckpoint: (p) => marks.push(p) }), isLive);
  const ids = (seen) => seen.log.filter((x) => x.streamId).map((x) => x.id);
  const sample = marks.filter((_, n) => n % Math.ceil(marks.length / 10) === 0);
  let right = 0;
  for (const mark of sample) {
    const rest = await follow(allWithPrefix('c', { fromPosition: mark }), isLive);
    const expected = whole.log.filter((x) => x.streamId && x.position.commit > mark.commit).map((x) => x.id);
    if (JSON.stringify(ids(rest)) === JSON.stringify(expected)) right++;
  }
  return { events: ids(whole).length, checkpoints: marks.length > 0, resumedRight: right === sample.length };
});
await fact('follow one stream · from revision 0 is exclusive', async () =>
  told(await follow(client.subscribeToStream(stream('s2'), { fromRevision: 0n }), isLive)),
);
await fact('follow one stream · from the end, then an event', async () => {
  const done = follow(client.subscribeToStream(stream('s2'), { fromRevision: END }), (s) => s.log.some((x) => x.streamId));
  await new Promise((r) => setTimeout(r, 1000));
  await client.appendToStream(stream('s2'), event('Late'));
  return told(await done);
});

const [flag, file] = [process.argv.find((a) => a === '--expect' || a === '--write'), process.argv.at(-1)];
const recorded = Object.fromEntries(facts);
if (flag === '--write') writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`);
if (flag === '--expect') {
  const expected = JSON.parse(readFileSync(file, 'utf8'));
  const names = [...new Set([...Object.keys(expected), ...Object.keys(recorded)])];
  const different = names.filter((n) => JSON.stringify(expected[n]) !== JSON.stringify(recorded[n]));
  for (const n of different)
    console.log(`DIFFERENT ${n}\n  expected ${JSON.stringify(expected[n])}\n  got      ${JSON.stringify(recorded[n])}`);
  console.log(`${names.length - different.length} passed, ${different.length} failed`);
  process.exit(different.length ? 1 : 0);
}
process.exit(0);
