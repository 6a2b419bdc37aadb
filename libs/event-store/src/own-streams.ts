/** The stream of ticks: what the store's time is read from where the server gives the time of an append alone. */
export const CLOCK_STREAM = 'clock';

/** The stream in which the chain of a workspace grows where it is not made in the append itself. */
export const chainStream = (workspace: string): string => `chain-${workspace}`;

/** Streams that the store keeps for itself: no part of the log that `readAll` and `follow` give. */
export const isOwnStream = (stream: string): boolean => stream === CLOCK_STREAM || stream.startsWith('chain-');
