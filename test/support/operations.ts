import type { JsonObject } from '#kernel';

/** A JSON schema without references, as far as they go: OpenAPI inputs are not recursive. */
export type Schema = JsonObject;
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

/** One operation of the OpenAPI document. */
export interface Operation {
  readonly method: Method;
  /** With parameters as `{id}`. */
  readonly template: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly isPublic: boolean;
  readonly parameters: readonly Parameter[];
  /** Of a JSON body; null where none is taken. */
  readonly body: Schema | null;
  readonly bodyRequired: boolean;
  /** By status, with what is said of each. */
  readonly responses: Readonly<Record<string, JsonObject>>;
}

interface Described {
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly JsonObject[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Readonly<Record<string, JsonObject>>;
}

/** Every operation that a document describes, references resolved. */
export function operationsOf(document: JsonObject): Operation[] {
  const { paths, components } = document as unknown as {
    paths: Record<string, Record<string, Described>>;
    components: { schemas: Record<string, Schema> };
  };
  const whole = (schema: Schema): Schema => resolved(schema, components.schemas) as Schema;
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const body = described.requestBody?.content['application/json'];
      return {
        method: method.toUpperCase() as Method,
        template,
        summary: described.summary,
        tags: described.tags,
        isPublic: described.security.length === 0,
        parameters: described.parameters.map((parameter) => ({ ...parameter, schema: whole(parameter.schema) })),
        body: body ? whole(body.schema) : null,
        bodyRequired: described.requestBody?.required ?? false,
        responses: described.responses,
      };
    }),
  );
}

function resolved(value: unknown, schemas: Readonly<Record<string, Schema>>): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(each, schemas));
  if (value === null || typeof value !== 'object') return value;
  const { $ref, ...rest } = value as { $ref?: string } & JsonObject;
  const named = $ref === undefined ? {} : schemas[$ref.slice('#/components/schemas/'.length)];
  return Object.fromEntries(Object.entries({ ...named, ...rest }).map(([name, each]) => [name, resolved(each, schemas)]));
}

/** The path of an operation with ids in place of its parameters. */
export const pathOf = ({ template }: Pick<Operation, 'template'>, idOf: (name: string, template: string) => string): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(idOf(name, template)));

/** Whether a concrete path could be meant for a template. */
export function fits(template: string, path: string): boolean {
  const [wanted, parts] = [template.split('/'), path.split('/')];
  return wanted.length === parts.length && wanted.every((part, n) => part.startsWith('{') || part === parts[n]);
}

export interface Field {
  /** Names on the way to it. */
  readonly path: readonly string[];
  readonly schema: Schema;
  readonly required: boolean;
}

/** Every named field of a body, those of inner objects too. */
export function fieldsOf(schema: Schema, path: readonly string[] = []): Field[] {
  const required = (schema['required'] ?? []) as string[];
  return Object.entries((schema['properties'] ?? {}) as Record<string, Schema>).flatMap(([name, field]) => {
    const whole = present(field);
    const own = [...path, name];
    return [{ path: own, schema: whole, required: required.includes(name) }, ...fieldsOf(whole, own)];
  });
}

/** Of a schema that may be null the other one. */
function present(schema: Schema): Schema {
  const choices = (schema['anyOf'] ?? []) as Schema[];
  const real = choices.filter(({ type }) => type !== 'null');
  return real.length === 1 && choices.length > 1 ? (real[0] as Schema) : schema;
}

/** Names of the parameters in an operation's path. */
export const paramsOf = ({ template }: Pick<Operation, 'template'>): string[] =>
  [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
