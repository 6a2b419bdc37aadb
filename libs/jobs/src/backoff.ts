const LONGEST_BACKOFF_SECONDS = 300;

/** Seconds until a job runs again after `attempts` failed runs: 1, 2, 4 … 300. */
export const backoffSeconds = (attempts: number): number => Math.min(2 ** (attempts - 1), LONGEST_BACKOFF_SECONDS);

/** What is kept of an error: its class. A message may hold anything. */
export const errorName = (error: unknown): string => (error instanceof Error ? error.name : 'Error');
