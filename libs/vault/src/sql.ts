/** What a column takes. */
export type SqlValue = string | number | null | Uint8Array;

/** One connection with its prepared statements, so that the files of statements name no driver. */
export interface Sql {
  /** Runs a statement; gives the number of rows that it changed. */
  run(statement: string, ...values: SqlValue[]): number;
  /** The first row; undefined where there is none. */
  get<Row>(statement: string, ...values: SqlValue[]): Row | undefined;
  all<Row>(statement: string, ...values: SqlValue[]): Row[];
}
