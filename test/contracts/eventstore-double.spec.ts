import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EventStoreDouble } from '../doubles/eventstore/server.js';

const folder = join(process.cwd(), 'test/doubles/eventstore');
type Facts = Record<string, unknown>;
const expected = JSON.parse(readFileSync(join(folder, 'facts.v24.2.json'), 'utf8')) as Facts;

describe('the double of the event store answers as real nodes do', () => {
  let place: string;
  let double: EventStoreDouble;
  let answers: Facts;

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'event-store-facts-'));
    double = await EventStoreDouble.start();
    const file = join(place, 'answers.json');
    const env = { ...process.env, WHITEBOOK_EVENTSTORE_URL: double.url };
    await promisify(execFile)(process.execPath, [join(folder, 'facts.mjs'), '--quiet', '--write', file], { env });
    answers = JSON.parse(await readFile(file, 'utf8')) as Facts;
  }, 120_000);
  afterAll(async () => {
    await double.stop();
    await rm(place, { recursive: true });
  });

  it.each(Object.entries(expected))('%s', (name, answer) => expect(answers[name]).toEqual(answer));

  it('to each of the 87 questions, and to no other', () => {
    expect(Object.keys(answers)).toEqual(Object.keys(expected));
    expect(Object.keys(answers)).toHaveLength(87);
  });
});
