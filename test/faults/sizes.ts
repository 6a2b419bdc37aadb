/**
 * How much the suites about faults do. By default as much as fits into a run of continuous integration; the full size is one
 * option away:
 *
 * - `WHITEBOOK_TEST_ROUNDS`: rounds of each race, and lives of accounts that are stopped while they are used (200 is the full size).
 * - `WHITEBOOK_TEST_KILLS`: kills of the program under load (200 is the full size).
 * - `WHITEBOOK_TEST_OUTAGES`: how often each store is taken away from a whole installation (10 is the full size).
 * - `WHITEBOOK_TEST_RESTARTS`: APIs that are replaced under load (20 is the full size).
 * - `WHITEBOOK_TEST_SEED`: the chance that the kills are drawn with; each run prints its own, so that it can be had again.
 */
export const rounds = (usual: number): number => given('WHITEBOOK_TEST_ROUNDS') ?? usual;
export const kills = (usual: number): number => given('WHITEBOOK_TEST_KILLS') ?? usual;
export const outages = (usual: number): number => given('WHITEBOOK_TEST_OUTAGES') ?? usual;
export const restarts = (usual: number): number => given('WHITEBOOK_TEST_RESTARTS') ?? usual;
export const seed = (): number => given('WHITEBOOK_TEST_SEED') ?? Date.now() % 1_000_000_007;

/** Milliseconds for a test of `count` rounds that take at most `seconds` each on a loaded machine. */
export const timeFor = (count: number, seconds: number): number => 60_000 + count * seconds * 1_000;

function given(name: string): number | null {
  const text = process.env[name];
  if (text === undefined || text === '') return null;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
}

/** Numbers from 0 to 1, the same for the same seed. */
export function chance(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
