import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { composeMailer, MailFailed } from '#mail';
import type { Mailer } from '#mail';
import { HOSTILE_ADDRESSES, LINK, mail } from './mail.fixtures.js';

describe('outbox: mail', () => {
  let data: string;
  let now: string;
  let mailer: Mailer;
  const open = (): Promise<Mailer> =>
    composeMailer({ installation: 'outbox', outboxDir: join(data, 'outbox'), allowPrivate: false, clock: () => now });
  const files = (): Promise<string[]> => readdir(join(data, 'outbox'));
  const send = (changes?: Parameters<typeof mail>[0]): Promise<string> => mailer.send(mail(changes), { via: 'installation' });

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'whitebook-mail-'));
    now = '2026-01-31T09:00:00.000Z';
    mailer = await open();
  });
  afterEach(() => rm(data, { recursive: true }));

  it('writes each mail as one whole message, and leaves nothing elsewhere (ACC-2)', async () => {
    await send();
    expect(await files()).toEqual(['20260131T090000.000Z-invitation-7-1.ann7.eml']);
    expect(await readdir(join(data, 'outbox.tmp'))).toEqual([]);
    const parsed = await simpleParser(await readFile(join(data, 'outbox', (await files())[0] ?? '')));
    expect(parsed).toMatchObject({
      subject: 'Your invitation',
      messageId: '<invitation-7-1@brand.example>',
      date: new Date(now),
    });
    expect(parsed.to).toMatchObject({ value: [{ name: 'Sara Ng', address: 'sara@northwind.test' }] });
    expect(parsed.text).toContain(LINK);
    expect(parsed.html).toContain(LINK);
  });

  it('shows the link whole on a line of the file, whatever else the text holds (ACC-2)', async () => {
    const long = `https://brand.example/accept#${'x'.repeat(900)}`;
    await send();
    await send({ id: 'second', text: `Grüße!\n\n${long}\n` });
    const lines = await Promise.all(
      (await files()).map(async (name) => (await readFile(join(data, 'outbox', name), 'utf8')).split('\r\n')),
    );
    expect(lines[0]).toContain(LINK);
    expect(lines[1]).toEqual(expect.arrayContaining(['Grüße!', long]));
  });

  it('names files in the order in which they were written', async () => {
    for (const id of ['b', 'a', 'c']) await send({ id });
    now = '2026-01-31T09:00:01.000Z';
    await send({ id: 'a' });
    const order = (await files()).sort().map((name) => name.replace(/^.*Z-/, ''));
    expect(order).toEqual(['b.ann7.eml', 'a.ann7.eml', 'c.ann7.eml', 'a.ann7.eml']);
  });

  it('removes the mails about a deleted account, after a restart too, and no others (COR-16)', async () => {
    await send();
    await send({ id: 'reset-1' });
    await send({ id: 'other', account: 'bobann7' });
    await writeFile(join(data, 'outbox.tmp', 'left-by-a-crash.ann7.eml'), 'sara@northwind.test');
    mailer = await open();
    expect(await readdir(join(data, 'outbox.tmp'))).toEqual([]);
    await mailer.forget('ann7');
    expect((await files()).map((name) => name.replace(/^.*Z-/, ''))).toEqual(['other.bobann7.eml']);
  });

  it('RUN-2: a mail that cannot be written now is tried again, and leaves nothing half behind', async () => {
    await rm(join(data, 'outbox.tmp'), { recursive: true });
    await expect(send()).rejects.toMatchObject({ name: 'MailFailed', permanent: false });
    expect(await files()).toEqual([]);
    await mkdir(join(data, 'outbox.tmp'));
    await send();
    expect(await files()).toHaveLength(1);
    await mailer.forget('ann7');
    expect(await files()).toEqual([]);
  });

  it.each(HOSTILE_ADDRESSES)('takes no hostile address: %j', async (address) => {
    await expect(send({ to: { address } })).rejects.toThrow(MailFailed);
    expect(await files()).toEqual([]);
  });

  it('takes no id or account that leads out of the folder', async () => {
    await expect(send({ id: '../x' })).rejects.toThrow(MailFailed);
    await expect(send({ account: '../x' })).rejects.toThrow(MailFailed);
    expect(await readdir(data)).toEqual(['outbox', 'outbox.tmp']);
  });
});
