import { mkdir, readdir, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Clock } from '#kernel';
import { MailFailed } from './mail.port.js';
import type { Mail } from './mail.port.js';
import { toMessage } from './message.js';

/** A folder that takes mails in place of a server, one file each, in order of time by name. */
export interface Outbox {
  /** Resolves with the name of the file, once it is there in whole. */
  write(mail: Mail): Promise<string>;
  /** Removes the files of all mails about an account. */
  forget(account: string): Promise<void>;
}

const PLAIN = /^[A-Za-z0-9_-]+$/;

/** `<time>-<id>.<account>.eml`: the account stands in the name, so that its files are found without opening any. */
const fileName = (time: number, mail: Mail): string => {
  const stamp = new Date(time).toISOString().replace(/[-:]/g, '');
  return `${stamp}-${mail.id}.${mail.account}.eml`;
};

/** Fine where there is none. */
async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}

/** Names of files by the account that they are about. Nobody else writes them, so that the folder, which may be long, is listed once. */
function filesOf(names: readonly string[]): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const name of names) {
    const account = /\.([A-Za-z0-9_-]+)\.eml$/.exec(name)?.[1];
    if (account !== undefined) files.set(account, [...(files.get(account) ?? []), name]);
  }
  return files;
}

/** Opens the outbox in `folder`. Files are written in a folder beside it and renamed, so that a reader never sees half a mail. */
export async function openOutbox(folder: string, clock: Clock): Promise<Outbox> {
  const unfinished = `${folder}.tmp`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await mkdir(unfinished, { recursive: true });
  const files = filesOf(await readdir(folder));
  const composer = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  let last = 0;

  return {
    async write(mail) {
      if (!PLAIN.test(mail.account)) throw new MailFailed('the id of the account is not plain', true);
      const message = toMessage(mail, new Date(clock()), { eightBit: true });
      last = Math.max(last + 1, Date.parse(clock())); // two mails of one moment keep their order
      const name = fileName(last, mail);
      const { message: bytes } = await composer.sendMail(message);
      files.set(mail.account, [...(files.get(mail.account) ?? []), name]);
      try {
        await writeFile(join(unfinished, name), bytes as Buffer, { mode: 0o600 });
        await rename(join(unfinished, name), join(folder, name));
      } catch {
        await removeFile(join(unfinished, name)).catch(() => undefined);
        throw new MailFailed('the outbox cannot be written now', false);
      }
      return name;
    },
    async forget(account) {
      const names = files.get(account) ?? [];
      await Promise.all([unfinished, folder].flatMap((place) => names.map((name) => removeFile(join(place, name)))));
      const since = (files.get(account) ?? []).filter((name) => !names.includes(name));
      if (since.length > 0) files.set(account, since);
      else files.delete(account);
    },
  };
}
