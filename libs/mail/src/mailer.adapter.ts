import type { Clock } from '#kernel';
import { MailFailed } from './mail.port.js';
import type { Mail, Mailer, SmtpSettings } from './mail.port.js';
import { toMessage } from './message.js';
import { openOutbox } from './outbox.adapter.js';
import { sendBySmtp } from './smtp.adapter.js';
import { parseSmtpUrl } from './smtp-url.js';

export interface MailerOptions {
  /** `outbox`, `none`, or the URL of the installation's server (see `parseSmtpUrl`). */
  readonly installation: string;
  readonly outboxDir: string;
  /** Whether a workspace may name a mail server on a private address. The installation's own server may always be on one. */
  readonly allowPrivate: boolean;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

/** The mailer of this installation. Rejects where `installation` has another form, naming the variable. */
export async function composeMailer(options: MailerOptions): Promise<Mailer> {
  const { installation, outboxDir, allowPrivate, clock, timeoutMs } = options;
  const outbox = installation === 'outbox' ? await openOutbox(outboxDir, clock) : null;
  const server = installation === 'outbox' || installation === 'none' ? null : parseSmtpUrl(installation);

  const bySmtp = async (mail: Mail, smtp: SmtpSettings, privateToo: boolean): Promise<string> =>
    sendBySmtp(toMessage(mail, new Date(clock()), { eightBit: false }), smtp, { allowPrivate: privateToo, timeoutMs });

  return {
    installation: installation !== 'none',
    async send(mail, transport) {
      if (transport.via === 'workspace') return bySmtp(mail, transport.smtp, allowPrivate);
      if (outbox !== null) return `written to the outbox as ${await outbox.write(mail)}`;
      if (server !== null) return bySmtp(mail, server, true);
      throw new MailFailed('the installation has no mail server', true);
    },
    async forget(account) {
      await outbox?.forget(account);
    },
  };
}
