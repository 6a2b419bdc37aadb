import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonObject } from '#kernel';

export interface Exchanged {
  readonly method: string;
  /** Path as it was asked for; a query is left aside. */
  readonly path: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  /** JSON as a value; any other body as text; undefined or '' for none. */
  readonly body: unknown;
}

/** Compares one answer with the document; gives every complaint, none for an answer that is documented. */
export type Conformance = (exchanged: Exchanged) => string[];

interface Answer {
  headers?: Record<string, { $ref: string }>;
  content?: Record<string, { schema: JsonObject }>;
}
interface Document {
  paths: Record<string, Record<string, { responses: Record<string, Answer> }>>;
  components: { schemas: JsonObject; headers: Record<string, { required: boolean; schema: JsonObject }> };
}

export function conformanceTo(openApi: JsonObject): Conformance {
  const document = openApi as unknown as Document;
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: true,
    inlineRefs: false,
    code: { optimize: false },
  });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'document:', components: document.components });
  const compiled = new Map<JsonObject, ValidateFunction>();

  const complaints = (schema: JsonObject, value: unknown): string[] => {
    const validate = compiled.get(schema) ?? ajv.compile(absolute(schema));
    compiled.set(schema, validate);
    return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };

  return ({ method, path, status, headers, body }) => {
    const place = `${method} ${path} → ${status}`;
    const template = templateFor(Object.keys(document.paths), path.split('?', 1)[0] ?? path);
    const operation =
      template === undefined ? undefined : document.paths[template]?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
    if (!operation) return [`${place}: no such operation`];
    const answer = operation.responses[String(status)];
    if (!answer) return [`${place}: the status is not documented`];
    const found = [
      ...headerComplaints(document, answer, headers, complaints),
      ...(method === 'HEAD' ? [] : bodyComplaints(answer, headers, body, complaints)),
    ];
    return found.map((complaint) => `${place}: ${complaint}`);
  };
}

type Complaints = (schema: JsonObject, value: unknown) => string[];

function headerComplaints(document: Document, answer: Answer, headers: Exchanged['headers'], complaints: Complaints): string[] {
  const documented = Object.keys(answer.headers ?? {});
  const undocumented = Object.keys(document.components.headers).filter(
    (name) => !documented.includes(name) && headers[name.toLowerCase()] !== undefined,
  );
  const wrong = documented.flatMap((name) => {
    const { required = false, schema = {} } = document.components.headers[name] ?? {};
    const value = headers[name.toLowerCase()];
    if (value === undefined) return required ? [`header ${name} is missing`] : [];
    const typed = schema['type'] === 'integer' ? Number(value) : value;
    return complaints(schema, typed).map((complaint) => `header ${name}${complaint}`);
  });
  return [...undocumented.map((name) => `header ${name} is not documented`), ...wrong];
}

function bodyComplaints(answer: Answer, headers: Exchanged['headers'], body: unknown, complaints: Complaints): string[] {
  const empty = body === undefined || body === '';
  const type = String(headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  if (!answer.content) return empty ? [] : ['a body is not documented'];
  const media = answer.content[type];
  if (!media) return [`media type "${type}" is not documented`];
  return complaints(media.schema, body);
}

/** The template that a path is meant for: the one with the fewest parameters. */
function templateFor(templates: readonly string[], path: string): string | undefined {
  const parts = path.split('/');
  const parametersIn = (template: string) => template.split('{').length;
  return templates
    .filter((template) => {
      const wanted = template.split('/');
      return wanted.length === parts.length && wanted.every((part, i) => part.startsWith('{') || part === parts[i]);
    })
    .sort((a, b) => parametersIn(a) - parametersIn(b))[0];
}

const absolute = (schema: JsonObject): JsonObject =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' && value.startsWith('#') ? `document:${value}` : value,
  ) as JsonObject;
