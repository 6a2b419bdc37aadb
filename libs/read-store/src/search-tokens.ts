import { BEGINNINGS, GRAM, hash, OF_FIELDS, plain } from './search-text.js';

/** Folded texts of these characters alone: nearly all. */
const ASCII = /^[\x20-\x7e]*$/;
const BLANK = 0x20;
/** Kinds of characters, the blank being none. */
const KINDS = 0x7f - BLANK;
/** What a character takes at most. */
const WIDEST = 3;
/** Characters of a token after its prefix, at most: how a text begins, or a hash. */
const LONGEST = Math.max(...BEGINNINGS);

/** Bytes of each character, by its code: one, or three with this at the beginning. */
const WIDE = 0xee;
const bytesAt = (at: number): Uint8Array =>
  Uint8Array.from({ length: 0x7f }, (_, code) => Buffer.from(plain(String.fromCharCode(code)).join(''))[at] ?? 0);
const [FIRST, SECOND, THIRD] = [bytesAt(0), bytesAt(1), bytesAt(2)];

/** What the tokens of a tenant begin with, by kind. */
interface Prefixes {
  readonly tenant: string;
  readonly whole: Buffer;
  readonly part: Buffer;
  readonly beginning: Buffer;
  readonly ofField: readonly Buffer[];
}

function prefixesOf(tenant: string, fields: number): Prefixes {
  const key = hash(tenant);
  const ofField = Array.from({ length: fields }, (_, at) => Buffer.from(` ${key}f${at}x`));
  const [whole, part, beginning] = [Buffer.from(` ${key}w`), Buffer.from(` ${key}g`), Buffer.from(` ${key}b`)];
  return { tenant, whole, part, beginning, ofField };
}

/**
 * What `tokensOf` gives of a new row, but as the bytes that the index takes: a set with a string for each of some two hundred tokens takes four times
 * as long. Where two texts are alike, or begin alike, that is told twice: the index keeps it once. Pure but for the memory that it uses again.
 */
export class RowTokens {
  private bytes: Buffer = Buffer.alloc(0);
  private end = 0;
  /** Of the rows before: they nearly all have the same tenant. */
  private prefixes = prefixesOf('', 0);
  /** By part: the row that had it last. */
  private readonly seen = new Uint8Array(KINDS ** GRAM);
  private row = 0;

  /** Tokens with blanks before them, in UTF-8, good until the next call; null where a text has other than ASCII characters. */
  of(tenant: string, fields: readonly string[], others: readonly string[] = []): Buffer | null {
    const texts = [...fields, ...others];
    if (!texts.every((text) => ASCII.test(text))) return null;
    if (tenant !== this.prefixes.tenant || fields.length > this.prefixes.ofField.length)
      this.prefixes = prefixesOf(tenant, fields.length);
    this.begin(texts);
    for (const [at, text] of texts.entries()) {
      if (text === '') continue;
      this.addWhole(text);
      this.addBeginnings(text, at < fields.length ? this.prefixes.ofField[at] : undefined);
      this.addParts(text);
    }
    return this.bytes.subarray(0, this.end);
  }

  private begin(texts: readonly string[]): void {
    const { length } = this.prefixes.ofField.at(-1) ?? this.prefixes.part;
    const tokens = texts.reduce((sum, text) => sum + GRAM * text.length + 2 * BEGINNINGS.length + 1, 0);
    const room = tokens * (length + LONGEST * WIDEST);
    if (this.bytes.length < room) this.bytes = Buffer.allocUnsafe(2 * room);
    this.end = 0;
    this.row = (this.row + 1) % 0x100;
    if (this.row > 0) return;
    this.seen.fill(0);
    this.row = 1;
  }

  private addWhole(text: string): void {
    const hashed = hash(text);
    this.add(this.prefixes.whole, hashed, 0, hashed.length);
  }

  private addBeginnings(text: string, ofField: Buffer | undefined): void {
    for (const [at, length] of BEGINNINGS.entries()) {
      if (length > text.length) return;
      this.add(this.prefixes.beginning, text, 0, length);
      if (ofField && at >= OF_FIELDS) this.add(ofField, text, 0, length);
    }
  }

  /** From each character of a word on the next one, two and three. */
  private addParts(text: string): void {
    for (let at = 0; at < text.length; at++) {
      let part = 0;
      for (let length = 1; length <= GRAM; length++) {
        const kind = text.charCodeAt(at + length - 1) - BLANK;
        if (!(kind > 0)) break;
        part = part * KINDS + kind;
        if (this.seen[part] === this.row) continue;
        this.seen[part] = this.row;
        this.add(this.prefixes.part, text, at, at + length);
      }
    }
  }

  private add(prefix: Uint8Array, text: string, from: number, to: number): void {
    const { bytes } = this;
    let { end } = this;
    for (let at = 0; at < prefix.length; at++) bytes[end++] = prefix[at] ?? 0;
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      const first = FIRST[code] ?? 0;
      bytes[end++] = first;
      if (first !== WIDE) continue;
      bytes[end++] = SECOND[code] ?? 0;
      bytes[end++] = THIRD[code] ?? 0;
    }
    this.end = end;
  }
}
