import type { Instant } from '#kernel';

/** A wake-up, not the truth: the deadline stands in an event, and whoever is woken checks it again. Holds ids only, no personal data. */
export interface Job {
  readonly type: string;
  readonly data: Readonly<Record<string, string | number>>;
}

export interface JobContext {
  /** 1 on the first run. */
  readonly attempt: number;
  readonly key: string;
  /** From 0 to 1. */
  progress(share: number): Promise<void>;
}

/** Resolves when the job is done, or not to be tried again. Rejects to have it run again later (1 s, 2 s, 4 s … at most 5 min). */
export type JobHandler = (job: Job, context: JobContext) => Promise<void>;

export interface JobState {
  readonly key: string;
  readonly job: Job;
  readonly dueAt: Instant;
  readonly attempts: number;
  readonly progress: number;
  /** Name of the last error, without personal data. */
  readonly error: string | null;
}

/** Runs at or after a time, at least once. A lost queue loses nothing: the sweep derives due work anew. */
export interface Jobs {
  /**
   * Wakes at `time`; the same key again replaces time and job. Resolves when it is stored; where the queue is a server that does not answer
   * now, at once: this process remembers the order until it is stored, and what is lost with the process the sweep finds.
   */
  at(key: string, time: Instant, job: Job): Promise<void>;
  /** Forgets the key; an unknown one is fine. A run that has begun goes on. Resolves as `at` does. */
  cancel(key: string): Promise<void>;
  /** Calls `work` every `seconds`, first at once, never twice at the same time in this process, as long as it runs. */
  every(name: string, seconds: number, work: () => Promise<void>): void;
  /** Registers who runs jobs of a type; before `start`. */
  handle(type: string, handler: JobHandler): void;
  /** The job under a key; null once it is done or unknown. */
  state(key: string): Promise<JobState | null>;
  start(): Promise<void>;
  /** Waits for runs under way, takes no more. */
  stop(): Promise<void>;
}
