import * as fc from 'fast-check';
import type { Json } from '#kernel';
import type { Operation } from './operations.js';
import { brokenOf, NASTY_TEXTS, valuesOf } from './schema-values.js';

/** A request that a careless or a malicious client could send: right, nearly right, or wrong. */
export interface MadeUpRequest {
  readonly operation: Operation;
  readonly body: Json | undefined;
  readonly query: Readonly<Record<string, string>>;
  /** In the place of every id in the path; null for one that is there. */
  readonly id: string | null;
  readonly dry: boolean;
  readonly key: string | undefined;
}

export function requestsTo(operation: Operation): fc.Arbitrary<MadeUpRequest> {
  const query = Object.fromEntries(
    operation.parameters
      .filter((parameter) => parameter.in === 'query')
      .map(({ name, schema }) => [
        name,
        fc.oneof({ weight: 3, arbitrary: valuesOf(schema).map(String) }, fc.constantFrom(...NASTY_TEXTS)),
      ]),
  );
  const { body } = operation;
  return fc.record({
    operation: fc.constant(operation),
    body: body ? fc.oneof(valuesOf(body), brokenOf(body), fc.constant(undefined)) : fc.constant(undefined),
    query: fc.oneof(fc.constant({}), fc.record(query, { requiredKeys: [] })) as fc.Arbitrary<Record<string, string>>,
    id: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, fc.constantFrom('0'.repeat(32), 'nothing', 'inv', '%20')),
    dry: fc.boolean(),
    key: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
  });
}

/** Path with its query, and headers. `there` gives the path with ids that are there. */
export function addressed(
  { operation, query, id, dry, key }: MadeUpRequest,
  there: (operation: Operation) => string,
): { path: string; headers: Record<string, string> } {
  const path = id === null ? there(operation) : operation.template.replace(/\{\w+\}/g, id);
  const search = new URLSearchParams({ ...query, ...(dry && operation.body ? { dryRun: 'true' } : {}) }).toString();
  const headers: Record<string, string> = key === undefined || operation.method === 'GET' ? {} : { 'idempotency-key': key };
  return { path: search === '' ? path : `${path}?${search}`, headers };
}
