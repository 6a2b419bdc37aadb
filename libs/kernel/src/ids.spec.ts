import { v5 } from 'uuid';
import { randomIds, uuid5 } from './ids.js';
import { randomBytes } from './random.js';

const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

it('uuid5 is that of RFC 9562, as the library gives it', () => {
  expect(uuid5('www.example.com', DNS)).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  for (let n = 0; n < 500; n++) expect(uuid5(`Zoë/${n}`, DNS)).toBe(v5(`Zoë/${n}`, DNS));
});

it('ids are 32 hex digits, and none comes twice', () => {
  const ids = new Set(Array.from({ length: 5_000 }, randomIds));
  expect(ids.size).toBe(5_000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});

it('random bytes are as many as asked for, and nobody else gets or changes them', () => {
  const given = Array.from({ length: 1_000 }, (_, n) => randomBytes(n % 40));
  given.forEach((bytes, n) => expect(bytes.length).toBe(n % 40));
  const first = randomBytes(16);
  const copy = Buffer.from(first);
  for (let n = 0; n < 1_000; n++) randomBytes(16).fill(0);
  expect(first.equals(copy)).toBe(true);
  expect(randomBytes(16).equals(Buffer.alloc(16))).toBe(false);
  expect(randomBytes(10_000).length).toBe(10_000);
});
