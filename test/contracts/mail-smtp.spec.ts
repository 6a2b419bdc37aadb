import { simpleParser } from 'mailparser';
import { composeMailer, MailFailed } from '#mail';
import type { Mail, Mailer, SmtpSettings } from '#mail';
import { HOSTILE_ADDRESSES, HOSTILE_TEXTS, LINK, mail, startServer } from './mail.fixtures.js';
import type { TestServer } from './mail.fixtures.js';

const NOON = '2026-01-31T12:00:00.000Z';
const compose = (changes: { allowPrivate?: boolean; installation?: string; timeoutMs?: number } = {}): Promise<Mailer> =>
  composeMailer({
    installation: 'none',
    outboxDir: '/nowhere',
    allowPrivate: true,
    clock: () => NOON,
    timeoutMs: 2000,
    ...changes,
  });
const refusing = (responseCode: number): Error =>
  Object.assign(new Error('5.1.1 sara@northwind.test is unknown'), { responseCode });

describe('smtp: mail', () => {
  let server: TestServer;
  const start = async (options?: Parameters<typeof startServer>[0]): Promise<TestServer> => (server = await startServer(options));
  afterEach(() => server.close());

  const send = async (message: Mail = mail(), smtp: Partial<SmtpSettings> = {}): Promise<string> =>
    (await compose()).send(message, { via: 'workspace', smtp: { ...server.smtp, ...smtp } });
  const failure = async (sending: Promise<string>): Promise<MailFailed> => {
    const error: unknown = await sending.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MailFailed);
    expect((error as MailFailed).message).not.toMatch(/sara|northwind|secret/);
    return error as MailFailed;
  };

  it('hands the mail to the workspace server and gives its answer (ACC-2, WS-5)', async () => {
    await start();
    expect(await send()).toBe('250 taken as test-1');
    const [delivery] = server.deliveries;
    expect(delivery).toMatchObject({ from: 'no-reply@brand.example', to: ['sara@northwind.test'] });
    const parsed = await simpleParser(delivery?.raw ?? '');
    expect(parsed).toMatchObject({
      subject: 'Your invitation',
      messageId: '<invitation-7-1@brand.example>',
      date: new Date(NOON),
    });
    expect(parsed.from?.value).toEqual([{ name: 'Brand', address: 'no-reply@brand.example' }]);
    expect(parsed.to).toMatchObject({ value: [{ name: 'Sara Ng', address: 'sara@northwind.test' }] });
    expect(parsed.replyTo?.value).toMatchObject([{ address: 'help@brand.example' }]);
    expect(parsed.html).toContain(`href="${LINK}"`);
  });

  it('keeps the link whole on a line of its own (ACC-2)', async () => {
    await start();
    await send();
    expect(server.deliveries[0]?.raw.split('\r\n')).toContain(LINK);
    await send(mail({ text: `Grüße!\n\n${LINK}\n` }));
    const parsed = await simpleParser(server.deliveries[1]?.raw ?? '');
    expect(parsed.text?.split('\n')).toEqual(expect.arrayContaining(['Grüße!', LINK]));
    expect(Buffer.from(server.deliveries[1]?.raw ?? '').every((byte) => byte < 128)).toBe(true);
  });

  it('logs in with the settings of the workspace (WS-5)', async () => {
    await start();
    await send(mail(), { user: 'brand', password: 'secret' });
    expect(server.deliveries[0]?.user).toBe('brand');
  });

  it.each(HOSTILE_ADDRESSES)('takes no hostile address as recipient: %j', async (address) => {
    await start();
    const refused = [{ to: { address } }, { from: { address } }, { replyTo: { address } }];
    for (const changes of refused) expect((await failure(send(mail(changes)))).permanent).toBe(true);
    expect(server.deliveries).toEqual([]);
    expect(server.connections()).toBe(0);
  });

  it.each(HOSTILE_TEXTS)('lets a hostile name or subject add no header and no recipient: %j', async (text) => {
    await start();
    await send(
      mail({
        to: { name: text, address: 'sara@northwind.test' },
        from: { name: text, address: 'no-reply@brand.example' },
        replyTo: { name: text, address: 'help@brand.example' },
        subject: text,
      }),
    );
    const [delivery] = server.deliveries;
    expect(delivery?.to).toEqual(['sara@northwind.test']);
    const parsed = await simpleParser(delivery?.raw ?? '');
    expect([...parsed.headers.keys()].sort()).toEqual(
      ['auto-submitted', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'reply-to', 'subject', 'to'].sort(),
    );
    expect(parsed.to).toMatchObject({ value: [{ address: 'sara@northwind.test' }] });
    expect(parsed.from?.value).toMatchObject([{ address: 'no-reply@brand.example' }]);
    expect(parsed.replyTo?.value).toMatchObject([{ address: 'help@brand.example' }]);
    expect(parsed.text).toContain(LINK);
  });

  it('takes no id that is more than an id', async () => {
    await start();
    for (const id of ['a>\r\nBcc: evil@z.co', 'a b', '../../etc/passwd', '']) await failure(send(mail({ id })));
    expect(server.connections()).toBe(0);
  });

  it.each([
    [550, true],
    [554, true],
    [503, false],
    [450, false],
    [421, false],
  ])('knows from answer %i to the recipient whether trying again is of use: permanent %s (WS-5)', async (code, permanent) => {
    await start({ onRcptTo: (_address, _session, callback) => callback(refusing(code)) });
    const failed = await failure(send());
    expect(failed.permanent).toBe(permanent);
    expect(failed.message).toMatch(new RegExp(`^the mail server answered ${code} 5\\.1\\.1 to (RCPT|CONN)$`));
  });

  it('tells a refused login and a refused message apart by step and code (WS-5)', async () => {
    await start({ onAuth: (_auth, _session, callback) => callback(refusing(535)) });
    const login = await failure(send(mail(), { user: 'brand', password: 'secret' }));
    expect(login).toMatchObject({ permanent: true, message: 'the mail server answered 535 5.1.1 to AUTH' });
    await server.close();
    await start({
      onData(stream, _session, callback) {
        stream.resume();
        stream.on('end', () => callback(refusing(552)));
      },
    });
    expect(await failure(send())).toMatchObject({ permanent: true, message: 'the mail server answered 552 5.1.1 to DATA' });
  });

  it('may be tried again where the server cannot be reached or does not answer', async () => {
    await start({ onMailFrom: () => undefined });
    const patient = compose({ timeoutMs: 10 });
    const silent = (await patient).send(mail(), { via: 'workspace', smtp: server.smtp });
    expect((await failure(silent)).permanent).toBe(false);
    await server.close();
    expect(await failure(send())).toMatchObject({ permanent: false, message: 'the mail server could not be reached' });
    const unknown = await failure(send(mail(), { host: 'mail.invalid' }));
    expect(unknown.permanent).toBe(false);
  });

  it('sends nothing, no login either, where TLS is required and not given (WS-5)', async () => {
    let logins = 0;
    const onAuth: NonNullable<Parameters<typeof startServer>[0]>['onAuth'] = (_auth, _session, callback) => {
      logins += 1;
      callback(null, { user: 'brand' });
    };
    await start({ onAuth });
    const secret = { user: 'brand', password: 'secret' };
    await failure(send(mail(), { ...secret, security: 'starttls' }));
    await failure(send(mail(), { ...secret, security: 'tls' }));
    await server.close();
    const warning = jest.spyOn(console, 'error').mockImplementation(() => undefined); // about its certificate, which nobody has signed
    await start({ onAuth, disabledCommands: [] });
    warning.mockRestore();
    await failure(send(mail(), { ...secret, security: 'starttls' }));
    expect({ logins, deliveries: server.deliveries }).toEqual({ logins: 0, deliveries: [] });
  });

  it('connects to no private address unless that is allowed', async () => {
    await start();
    const mailer = await compose({ allowPrivate: false });
    for (const host of [
      '127.0.0.1',
      'localhost',
      '::1',
      '::ffff:127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '0.0.0.0',
      '0x7f.1',
      '2130706433',
    ]) {
      const failed = await failure(mailer.send(mail(), { via: 'workspace', smtp: { ...server.smtp, host } }));
      expect(failed).toMatchObject({ permanent: true, message: expect.stringContaining('private') });
    }
    expect(server.connections()).toBe(0);
  });

  it('uses the server of the installation where the workspace has none, on a private address too', async () => {
    await start();
    const mailer = await compose({ installation: `smtp://127.0.0.1:${server.smtp.port}`, allowPrivate: false });
    expect(mailer.installation).toBe(true);
    await mailer.send(mail(), { via: 'installation' });
    expect(server.deliveries).toHaveLength(1);
    const none = await compose();
    expect(none.installation).toBe(false);
    await failure(none.send(mail(), { via: 'installation' }));
    await none.forget('ann7');
  });
});
