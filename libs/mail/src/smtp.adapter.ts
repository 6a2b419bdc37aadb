import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import { MailFailed } from './mail.port.js';
import type { SmtpSettings } from './mail.port.js';
import type { Message } from './message.js';
import { resolveHost } from './private-addresses.adapter.js';

export interface SmtpOptions {
  /** Whether the server may be on a private or local address. */
  readonly allowPrivate: boolean;
  /** Waiting for the connection and the greeting; ten times as long for an answer in between. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/** Hands one message to an SMTP server. Resolves with its answer; rejects with `MailFailed`. */
export async function sendBySmtp(
  message: Message,
  smtp: SmtpSettings,
  { allowPrivate, timeoutMs }: SmtpOptions,
): Promise<string> {
  const address = await resolveHost(smtp.host, allowPrivate);
  const timeout = timeoutMs ?? TIMEOUT_MS;
  const transport = createTransport({
    host: address,
    port: smtp.port,
    secure: smtp.security === 'tls',
    requireTLS: smtp.security === 'starttls',
    ignoreTLS: smtp.security === 'none',
    tls: { minVersion: 'TLSv1.2', ...(isIP(smtp.host) === 0 ? { servername: smtp.host } : {}) },
    ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: smtp.password ?? '' } }),
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout * 10,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const { response } = await transport.sendMail(message);
    return response ?? '';
  } catch (error) {
    throw toMailFailed(error as SmtpError);
  } finally {
    transport.close();
  }
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

/** What went wrong where there is no answer of the server. */
const CAUSES: Readonly<Record<string, string>> = {
  ECONNECTION: 'the mail server could not be reached',
  ESOCKET: 'the mail server could not be reached',
  EDNS: 'the name of the mail server could not be looked up',
  ETIMEDOUT: 'the mail server did not answer in time',
  ETLS: 'the mail server gave no secure connection',
  EAUTH: 'the mail server did not accept the login',
  EENVELOPE: 'the mail server did not take the sender or the recipient',
};

/** The server's words may hold addresses: only the step, the code and the enhanced code are kept. */
function toMailFailed(error: SmtpError): MailFailed {
  const { responseCode, response } = error;
  if (responseCode === undefined) return new MailFailed(CAUSES[error.code ?? ''] ?? 'the mail could not be sent', false);
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1];
  const step = /^[A-Z]+/.exec(error.command ?? '')?.[0] ?? 'CONN';
  const codes = enhanced === undefined ? `${responseCode}` : `${responseCode} ${enhanced}`;
  return new MailFailed(`the mail server answered ${codes} to ${step}`, isPermanent(responseCode));
}

/** 5xx says never, but 503 says only that the commands came in a wrong order. */
const isPermanent = (code: number): boolean => code >= 500 && code < 600 && code !== 503;
