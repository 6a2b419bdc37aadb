import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import type { Mail, SmtpSettings } from '#mail';

export const LINK = `https://brand.example/accept#${'aZ09_-'.repeat(15)}`;

export const mail = (changes: Partial<Mail> = {}): Mail => ({
  id: 'invitation-7-1',
  account: 'ann7',
  to: { name: 'Sara Ng', address: 'sara@northwind.test' },
  from: { name: 'Brand', address: 'no-reply@brand.example' },
  replyTo: { address: 'help@brand.example' },
  subject: 'Your invitation',
  text: `You are invited:\n\n${LINK}\n\nBye\n`,
  html: `<p>You are invited: <a href="${LINK}">accept</a></p>`,
  ...changes,
});

/** Texts by which somebody could try to add a recipient, a header or an SMTP command. */
export const HOSTILE_ADDRESSES = [
  'b@y.co <evil@z.co>',
  'b@y.co,evil@z.co',
  'b@y.co;evil@z.co',
  'b@y.co evil@z.co',
  'b@y.co\r\nBcc: evil@z.co',
  'b@y.co\nRCPT TO:<evil@z.co>',
  'b@y.co>\r\nRCPT TO:<evil@z.co',
  '<evil@z.co>',
  '"b,evil@z.co"@y.co',
  'b@y.co(evil@z.co)',
  'group:evil@z.co;',
  'b@y.co\u0000',
  'b@y.co\u2028evil@z.co',
  'b@[127.0.0.1]',
  'b@evil@z.co',
  'b',
  '',
];

export const HOSTILE_TEXTS = [
  'Hi\r\nBcc: evil@z.co',
  'Hi\nBcc: evil@z.co',
  'Hi\r\n\r\nBody of another mail',
  'x <evil@z.co>',
  'x, evil@z.co',
  '"x" <evil@z.co>, y',
  '=?utf-8?q?x=0D=0ABcc:_evil@z.co?=',
  'Grüße\r\nBcc: evil@z.co',
];

export interface Delivery {
  readonly from: string;
  readonly to: string[];
  readonly raw: string;
  readonly user: string | undefined;
}

export interface TestServer {
  readonly smtp: SmtpSettings;
  readonly deliveries: Delivery[];
  /** Connections that were opened. */
  connections(): number;
  close(): Promise<void>;
}

/** An SMTP server on 127.0.0.1 that keeps what it takes. */
export async function startServer(options: SMTPServerOptions = {}): Promise<TestServer> {
  const deliveries: Delivery[] = [];
  let connections = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onConnect(_session, callback) {
      connections += 1;
      callback();
    },
    onAuth(auth, _session, callback) {
      callback(null, { user: auth.username });
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        deliveries.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
          user: session.user,
        });
        callback(null, 'taken as test-1');
      });
    },
    ...options,
  });
  server.on('error', () => undefined); // a client that hangs up in a handshake is what some tests look for
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    smtp: { host: '127.0.0.1', port, security: 'none' },
    deliveries,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
