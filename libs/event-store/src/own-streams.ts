/** The stream of ticks: what the store's time is read from where the server gives the time of an append alone. Only its last event is kept. */
export const CLOCK_STREAM = 'clock';

/** The stream of signed heads, where chains are not made in the append itself. */
export const HEADS_STREAM = 'chain';

/** The stream in which the chain of a workspace grows there. */
export const chainStream = (workspace: string): string => `${HEADS_STREAM}-${workspace}`;

/** Streams that the store keeps for itself: no part of the log that is told and chained. */
export const isOwnStream = (stream: string): boolean =>
  stream === CLOCK_STREAM || stream === HEADS_STREAM || stream.startsWith(`${HEADS_STREAM}-`);
