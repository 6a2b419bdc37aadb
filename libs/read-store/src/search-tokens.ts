import { GRAM, hash, plain, startTokens } from './search-text.js';

/** Folded texts of these characters alone: nearly all. */
const ASCII = /^[\x20-\x7e]*$/;
const BLANK = 0x20;
/** Kinds of characters, the blank being none. */
const KINDS = 0x7f - BLANK;
/** What a character takes at most. */
const WIDEST = 3;

/** Bytes of each character, by its code: one, or three with this at the beginning. */
const WIDE = 0xee;
const bytesAt = (at: number): Uint8Array =>
  Uint8Array.from({ length: 0x7f }, (_, code) => Buffer.from(plain(String.fromCharCode(code)).join(''))[at] ?? 0);
const [FIRST, SECOND, THIRD] = [bytesAt(0), bytesAt(1), bytesAt(2)];

/**
 * What `tokensOf` gives of a new row, but as the bytes that the index takes: a set with a string for each of some two hundred tokens takes four times
 * as long. Pure but for the memory that it uses again.
 */
export class RowTokens {
  private bytes: Buffer = Buffer.alloc(0);
  private end = 0;
  /** By part: the row that had it last. */
  private readonly seen = new Uint8Array(KINDS ** GRAM);
  private row = 0;

  /** Tokens with blanks between them, in UTF-8, good until the next call; null where a text has other than ASCII characters. */
  of(tenant: string, fields: readonly string[], others: readonly string[] = []): Buffer | null {
    const texts = [...fields, ...others];
    if (!texts.every((text) => ASCII.test(text))) return null;
    const key = hash(tenant);
    const starts = new Set(startTokens(key, fields, others));
    const prefix = Buffer.from(` ${key}g`);
    this.begin([...starts].join(' '), prefix, texts.join('').length);
    for (const text of texts) this.addParts(prefix, text);
    return this.bytes.subarray(0, this.end);
  }

  private begin(starts: string, prefix: Uint8Array, characters: number): void {
    const room = WIDEST * starts.length + characters * GRAM * (prefix.length + GRAM * WIDEST);
    if (this.bytes.length < room) this.bytes = Buffer.allocUnsafe(2 * room);
    this.end = this.bytes.write(starts);
    this.row = (this.row + 1) % 0x100;
    if (this.row > 0) return;
    this.seen.fill(0);
    this.row = 1;
  }

  /** From each character of a word on the next one, two and three. */
  private addParts(prefix: Uint8Array, text: string): void {
    for (let at = 0; at < text.length; at++) {
      let part = 0;
      for (let length = 1; length <= GRAM; length++) {
        const kind = text.charCodeAt(at + length - 1) - BLANK;
        if (!(kind > 0)) break;
        part = part * KINDS + kind;
        if (this.seen[part] === this.row) continue;
        this.seen[part] = this.row;
        this.add(prefix, text, at, at + length);
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
