/** Waits before another attempt at a race: exponential, with jitter: 2–4 ms after the first, half a second at most. */
export function jitter(attempt: number): Promise<void> {
  const most = Math.min(500, 2 ** attempt * 2);
  return new Promise((resolve) => setTimeout(resolve, most / 2 + Math.random() * (most / 2)));
}
