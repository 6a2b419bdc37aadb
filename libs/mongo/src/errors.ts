/** What the driver's errors mean, told by name and code, so that the driver need not be loaded where it is not used. */

/** Codes of a server that cannot serve now: no primary, stepping down, shutting down, too few members, over its time, disk full. */
const OUTAGES = new Set([
  6, 7, 50, 64, 89, 91, 100, 133, 189, 202, 262, 317, 9001, 10107, 11600, 11602, 13388, 13435, 13436, 14031,
]);
const FROM_SERVER = new Set(['MongoServerError', 'MongoBulkWriteError', 'MongoWriteConcernError']);
const DEFECTS = new Set(['MongoInvalidArgumentError', 'MongoParseError', 'MongoMissingDependencyError']);
const DUPLICATE = 11000;
/** Of a socket that is gone. A big command is written in parts, and what breaks in the midst of them the driver passes on as the socket says it. */
const BROKEN_SOCKET =
  /^(EPIPE|ECONN[A-Z]+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN|ERR_(STREAM|SOCKET)_[A-Z_]+)$/;

/**
 * Why the server cannot be asked now (down, no primary, not in time, closed): a name and a code, without any data. Null where the error tells
 * of a defect. Ports throw their `StoreUnavailable` with it.
 */
export function outageOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (!error.name.startsWith('Mongo')) return brokenSocket(error);
  if (DEFECTS.has(error.name)) return null;
  // many writes whose connection broke come as if the server had answered, without any code
  if (!FROM_SERVER.has(error.name) || Number.isNaN(codeOf(error))) return error.name;
  return OUTAGES.has(codeOf(error)) ? `${error.name} ${codeOf(error)}` : null;
}

const brokenSocket = ({ code }: Error & { code?: unknown }): string | null =>
  typeof code === 'string' && BROKEN_SOCKET.test(code) ? `socket ${code}` : null;

/** Whether a document with this `_id` was there already; of many writes, whether nothing worse happened to any of them. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error) || !FROM_SERVER.has(error.name)) return false;
  const { writeErrors } = error as { writeErrors?: unknown };
  const errors = Array.isArray(writeErrors) && writeErrors.length > 0 ? (writeErrors as unknown[]) : [error];
  return errors.every((each) => codeOf(each) === DUPLICATE);
}

const codeOf = (error: unknown): number => Number((error as { code?: unknown }).code);
