import { randomFillSync } from 'node:crypto';

const stock = Buffer.alloc(4096);
let used = stock.length;

/** Random bytes of the system's generator, from a stock that is filled at once: a few of them are asked for many times a request. */
export function randomBytes(count: number): Buffer {
  if (count > stock.length) return randomFillSync(Buffer.alloc(count));
  if (used + count > stock.length) {
    randomFillSync(stock);
    used = 0;
  }
  const bytes = Buffer.from(stock.subarray(used, used + count));
  stock.fill(0, used, used + count); // given out once, and kept nowhere
  used += count;
  return bytes;
}
