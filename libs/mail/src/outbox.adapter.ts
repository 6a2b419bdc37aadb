import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
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

/** Opens the outbox in `folder`. Files are written in a folder beside it and renamed, so that a reader never sees half a mail. */
export async function openOutbox(folder: string, clock: Clock): Promise<Outbox> {
  const unfinished = `${folder}.tmp`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await mkdir(unfinished, { recursive: true });
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
      await writeFile(join(unfinished, name), bytes as Buffer, { mode: 0o600 });
      await rename(join(unfinished, name), join(folder, name));
      return name;
    },
    async forget(account) {
      for (const place of [unfinished, folder]) {
        const names = (await readdir(place)).filter((name) => name.endsWith(`.${account}.eml`));
        await Promise.all(names.map((name) => rm(join(place, name), { force: true })));
      }
    },
  };
}
