import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at, itemsOf, type Api, type Fields, type Reply } from './api.js';
import { linkIn, mailTo } from './mailbox.js';
import { expectStatus, PASSWORD, type Place, type StaffRole } from './place.js';
import type { Whitebook } from './whitebook.js';

/** What a refusal says first: `409 email-taken`; other answers by their status alone. */
export const told = ({ status, body }: Reply): string =>
  typeof body['code'] === 'string' ? `${status} ${body['code']}` : `${status}`;

/** Pointer and code of every field that was refused. */
export const fieldsRefused = ({ body }: Reply): string[] =>
  ((body['errors'] ?? []) as Fields[]).map(({ pointer, code }) => `${String(pointer)} ${String(code)}`);

/** How often each answer was given. */
export function counted(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const reply of replies) counts[told(reply)] = (counts[told(reply)] ?? 0) + 1;
  return counts;
}

/** Kinds of an account's history, newest first. */
export async function kindsOf(by: Api, account: string): Promise<string[]> {
  const reply = expectStatus(await by.get(`/v1/accounts/${account}/history?limit=200`), 200);
  return itemsOf(reply).map(({ kind }) => String(kind));
}

export interface Pool {
  readonly total: number;
  readonly allocated: number;
  readonly free: number;
}
export const poolOf = async (by: Api): Promise<Pool> =>
  at(expectStatus(await by.get('/v1/workspace/pool'), 200), 'botSlots') as Pool;

/** A member of the staff, logged in anew: sessions do not outlive a clock that was moved. */
export const again = (whitebook: Whitebook, { slug, staff }: Place, role: StaffRole): Promise<Api> =>
  whitebook.signIn({ workspace: slug, email: staff[role].email, password: PASSWORD });

/** The one that an account answers with where it is read. */
export const accountOf = async (by: Api, id: string): Promise<Fields> =>
  expectStatus(await by.get(`/v1/accounts/${id}`), 200).body;

/** The secret of the link in the `count`th mail to an address. */
export const secretTo = async (whitebook: Whitebook, address: string, count = 1): Promise<string> =>
  linkIn(await mailTo(whitebook, address, count)).token;

/** Files of a folder, and of those in it, whose bytes hold the text in any case. */
export async function filesHolding(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0)); // removed meanwhile
    if (bytes.toString('latin1').toLowerCase().includes(text.toLowerCase())) found.push(entry.name);
  }
  return found;
}
