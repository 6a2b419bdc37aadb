import { randomUUID } from 'node:crypto';
import { connectMongo, type MongoConnection, type MongoDatabase } from '#mongo';

/** The servers that the environment names: one that has all that is needed, and one that gives a second opinion on what is asked of it. */
const SERVERS = { first: 'WHITEBOOK_MONGODB_URL', second: 'WHITEBOOK_MONGODB_SECOND_URL' } as const;

/** A suite against a server; where the environment names none, it says that it did not run. */
export function describeOn(server: keyof typeof SERVERS, title: string, suite: (url: string) => void): void {
  const variable = SERVERS[server];
  const url = process.env[variable];
  if (url) return describe(title, () => suite(url));
  describe.skip(`${title}: did not run, as ${variable} names no server`, () => it.todo('runs where a server is named'));
}

export interface OwnDatabase {
  readonly connection: MongoConnection;
  readonly db: MongoDatabase;
  /** Drops it, and ends the connection. */
  close(): Promise<void>;
}

/** A database that nobody else has. */
export async function databaseOf(url: string): Promise<OwnDatabase> {
  const connection = await connectMongo(url);
  const db = connection.db(`test-${randomUUID()}`);
  const close = async (): Promise<void> => {
    await db.dropDatabase();
    await connection.close();
  };
  return { connection, db, close };
}
