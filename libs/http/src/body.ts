import type { Readable } from 'node:stream';
import { BadRequestException } from '@nestjs/common';
import type { Json } from '#kernel';

export const BODY_LIMIT = 1_048_576;
export const JSON_DEPTH = 32;
/** What is read and thrown away of a body that is too large, so that its sender gets to see the answer. */
const DRAIN_LIMIT = 64 * BODY_LIMIT;

/** A body as it arrived: what is wrong with it is judged by the guard, in its turn. */
export type ReceivedBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json' | 'form'; readonly value: Json }
  /** Said to be JSON, and empty. */
  | { readonly kind: 'empty-json' }
  | { readonly kind: 'too-large' | 'malformed' | 'unsupported' };

export const NO_BODY: ReceivedBody = { kind: 'none' };

/** Reads a body of at most `limit` bytes; null when it is larger. Rejects as the caller's fault where it does not come whole. */
export function readBody(payload: Readable, limit = BODY_LIMIT): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let whole = false;
    const finish = () => {
      whole = true;
      resolve(length > limit ? null : chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    };
    const cutOff = () => reject(new BadRequestException('the body did not come whole'));
    const take = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (length <= DRAIN_LIMIT) return;
      payload.off('data', take).pause();
      finish();
    };
    payload
      .on('data', take)
      .once('end', finish)
      .once('error', cutOff)
      .once('close', () => void (whole || cutOff()));
  });
}

/** What the bytes of a body say, by its media type and coding. */
export function parseBody(bytes: Buffer | null, contentType = '', coding = 'identity'): ReceivedBody {
  if (bytes === null) return { kind: 'too-large' };
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const isJson = type === 'application/json';
  if (bytes.length === 0) return isJson ? { kind: 'empty-json' } : NO_BODY;
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.replaceAll('"', '') ?? 'charset=utf-8';
  if (coding.toLowerCase() !== 'identity' || charset !== 'charset=utf-8') return { kind: 'unsupported' };
  if (isJson) return parseJson(bytes);
  if (type === 'application/x-www-form-urlencoded') return { kind: 'form', value: parseForm(bytes.toString('utf8')) };
  return { kind: 'unsupported' };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseJson(bytes: Buffer): ReceivedBody {
  try {
    const value = JSON.parse(utf8.decode(bytes)) as Json;
    return isSound(value, JSON_DEPTH) ? { kind: 'json', value } : { kind: 'malformed' };
  } catch {
    return { kind: 'malformed' };
  }
}

/** Not deeper than `levels`, and without a key that would become a prototype wherever it is copied. */
function isSound(value: Json, levels: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (levels === 0 || Object.hasOwn(value, '__proto__')) return false;
  for (const member of Array.isArray(value) ? value : Object.values(value)) if (!isSound(member, levels - 1)) return false;
  return true;
}

/** Fields of a form; one that is given more than once is a list, which no schema of a text takes. */
function parseForm(text: string): Json {
  const fields = new Map<string, Json>();
  const form = new URLSearchParams(text);
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name);
    fields.set(name, values.length === 1 ? (values[0] as string) : values);
  }
  return Object.fromEntries(fields);
}
