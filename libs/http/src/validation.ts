import type { z } from 'zod';
import { refuse, type FieldError, type Json, type Refusal } from '#kernel';
import type { ReceivedBody } from './body.js';
import type { InputOf, Route } from './route.js';
import { flag } from './schemas.js';

/** More errors than this help nobody. */
const MOST_ERRORS = 50;
const LONGEST_NAME = 100;
const LONE_SURROGATE = /\p{Cs}/u;

export interface RawInput {
  readonly params: InputOf<Route>['params'];
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: ReceivedBody;
}

/** The value of a body; undefined where there is none. */
export const bodyValue = (body: ReceivedBody): Json | undefined => ('value' in body ? body.value : undefined);

/** The path's parameters, or null where one of them cannot be any id. */
export function paramsOf(route: Route, raw: unknown): InputOf<Route>['params'] | null {
  const parsed = route.params.safeParse(raw);
  return parsed.success ? parsed.data : null;
}

/** The validated input of a route, and whether it is a dry run. Throws 422 `invalid-input` with every field that is wrong. */
export function validate(route: Route, raw: RawInput): { input: InputOf<Route>; dryRun: boolean } {
  const { dryRun: dry, ...rest } = raw.query;
  const query = route.query.safeParse(route.write ? rest : raw.query);
  const sent = bodyValue(raw.body);
  const given = sent === undefined ? {} : sent;
  const body = route.body.safeParse(given);
  const dryRun = flag.safeParse(route.write ? (dry ?? 'false') : 'false');
  const errors = [
    ...unusable(raw.query, parameterPointer),
    ...unusable(given, bodyPointer),
    ...errorsOf(query, raw.query, parameterPointer),
    ...errorsOf(dryRun, dry, () => parameterPointer(['dryRun'])),
    ...errorsOf(body, given, bodyPointer),
  ];
  if (errors.length > 0 || !query.success || !body.success || !dryRun.success) throw invalidInput(errors);
  return { input: { params: raw.params, query: query.data, body: body.data }, dryRun: dryRun.data };
}

export const invalidInput = (errors: readonly FieldError[]): Refusal =>
  refuse('invalid-input', { errors: errors.slice(0, MOST_ERRORS) });

type Path = readonly PropertyKey[];
type Pointer = (path: Path) => string;

const shortened = (name: string): string =>
  (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name).replaceAll(new RegExp(LONE_SURROGATE, 'gu'), '\ufffd');
const bodyPointer: Pointer = (path) =>
  path.map((part) => `/${shortened(String(part)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
const parameterPointer: Pointer = (path) => `?${shortened(String(path[0] ?? ''))}`;

/** Where there is text that no store keeps as it is: NUL, and halves of surrogate pairs, in keys as well. */
function unusable(value: unknown, pointer: Pointer): FieldError[] {
  const found: FieldError[] = [];
  const path: PropertyKey[] = [];
  const check = (text: string): void => {
    if (isUsable(text) || found.length === MOST_ERRORS) return;
    found.push({ pointer: pointer(path), code: 'invalid-characters', message: 'has characters that no text can have' });
  };
  const visit = (at: unknown): void => {
    if (typeof at === 'string') return check(at);
    if (at === null || typeof at !== 'object') return;
    for (const key of Array.isArray(at) ? at.keys() : Object.keys(at)) {
      path.push(key);
      if (typeof key === 'string') check(key);
      visit((at as Record<PropertyKey, unknown>)[key]);
      path.pop();
    }
  };
  visit(value);
  return found;
}

const isUsable = (value: string): boolean => !value.includes('\0') && !LONE_SURROGATE.test(value);

function errorsOf(result: z.ZodSafeParseResult<unknown>, raw: unknown, pointer: Pointer): FieldError[] {
  return result.success ? [] : result.error.issues.flatMap((issue) => fieldErrors(issue, raw, pointer));
}

function fieldErrors(issue: z.core.$ZodIssue, raw: unknown, pointer: Pointer): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, MOST_ERRORS).map((key) => ({
      pointer: pointer([...issue.path, key]),
      code: 'unknown-field',
      message: 'is not known here',
    }));
  }
  const missing = valueAt(raw, issue.path) === undefined;
  const message = missing ? 'is needed' : issue.message;
  return [{ pointer: pointer(issue.path), code: missing ? 'required' : codeOf(issue), message }];
}

function codeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return 'invalid-type';
    case 'too_small':
      return isNumeric(issue.origin) ? 'too-small' : 'too-short';
    case 'too_big':
      return isNumeric(issue.origin) ? 'too-big' : 'too-long';
    case 'invalid_format':
      return 'invalid-format';
    case 'custom':
      return typeof issue.params?.['code'] === 'string' ? issue.params['code'] : 'invalid-value';
    case 'unrecognized_keys':
      return 'unknown-field';
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'invalid_value':
      return 'invalid-value';
  }
}

const isNumeric = (origin: string): boolean => origin === 'number' || origin === 'int' || origin === 'bigint';

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) => (at !== null && typeof at === 'object' ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}
