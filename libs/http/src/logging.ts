import type { LoggerService } from '@nestjs/common';
import { destination as destinationOf, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';

export interface LoggerOptions {
  /** `fatal` to `trace`, or `silent`; `info` by default. */
  readonly level?: string;
  /** Where lines go; stdout by default: JSON, and for people where it is a terminal. */
  readonly destination?: DestinationStream;
}

export function createLogger({ level = 'info', destination }: LoggerOptions = {}): Logger {
  const onTerminal = destination === undefined && process.stdout.isTTY;
  const stream = onTerminal ? pretty({ sync: true, ignore: 'pid,hostname' }) : destination;
  const options = { level, timestamp: stdTimeFunctions.isoTime, base: null };
  // not a write per line: lines that come while others are being written go with the next ones, and whatever ends the process writes the rest
  return pino(options, stream ?? destinationOf({ dest: 1, sync: false }));
}

/** One answered request. Ids only: no address, no query, no body, no header. */
export interface RequestLine {
  readonly requestId: string;
  readonly method: string;
  /** Template of the path, without ids. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly workspace?: string;
  readonly actor?: string;
}

/** Probes come every few seconds and say nothing when all is well. */
const PROBES: ReadonlySet<string> = new Set(['/live', '/ready', '/metrics']);
/** Whether a path, or the template of one, is for whoever keeps the process running. */
export const isProbe = (path: string): boolean => PROBES.has(path.split('?', 1)[0] ?? '');

export function logRequest(logger: Logger, line: RequestLine): void {
  if (line.status >= 500) logger.error(line, 'request');
  else if (isProbe(line.route)) logger.debug(line, 'request');
  else logger.info(line, 'request');
}

/** Nest's own messages as lines of ours. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }
  error(message: unknown, ...details: unknown[]): void {
    this.logger.error({ context: details.at(-1) }, String(message));
  }
  warn(message: unknown, context?: unknown): void {
    this.logger.warn({ context }, String(message));
  }
  debug(message: unknown, context?: unknown): void {
    this.logger.trace({ context }, String(message));
  }
  verbose(message: unknown, context?: unknown): void {
    this.logger.trace({ context }, String(message));
  }
  fatal(message: unknown, context?: unknown): void {
    this.logger.fatal({ context }, String(message));
  }
}
