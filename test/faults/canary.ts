import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A text that is looked for afterwards, in every form in which bytes can hold it: any case, two and one bytes a character, base64, hex. */
export class Canary {
  private readonly exact: readonly string[];
  private readonly anyCase: readonly string[];

  constructor(readonly text: string) {
    const utf16 = Buffer.from(text.toLowerCase(), 'utf16le').toString('latin1');
    this.anyCase = [text.toLowerCase(), utf16, encodeURIComponent(text).toLowerCase(), Buffer.from(text).toString('hex')];
    this.exact = [text, text.toLowerCase()].flatMap(base64Parts);
  }

  isIn(bytes: Buffer | string): boolean {
    const held = typeof bytes === 'string' ? bytes : bytes.toString('latin1');
    const lower = held.toLowerCase();
    return this.anyCase.some((form) => lower.includes(form)) || this.exact.some((form) => held.includes(form));
  }
}

/** What base64 makes of it wherever it stands in a longer text, without the characters that hang on its neighbours. */
const base64Parts = (text: string): string[] =>
  [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(text)])
      .toString('base64')
      .replaceAll('=', '');
    const whole = encoded.slice(before === 0 ? 0 : before + 1, -1);
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')];
  });

/** `file: text` of all files of a folder, and of those in it, that hold any of them. */
export async function filesWith(folder: string, canaries: readonly Canary[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const bytes = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0)); // removed meanwhile
    const names = Buffer.concat([bytes, Buffer.from(entry.name)]);
    for (const canary of canaries.filter((each) => each.isIn(names))) found.push(`${entry.name}: ${canary.text}`);
  }
  return found;
}
