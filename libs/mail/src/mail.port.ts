/** A name and an address, always apart: never one string that a header parser could read in another way. */
export interface MailAddress {
  readonly name?: string;
  readonly address: string;
}

export interface Mail {
  /** Stable per (thing asked for, generation), so that a repeated send is seen as the same mail. Without `<>` and host. */
  readonly id: string;
  /** Id of the account that the mail is about: its files are removed with it. */
  readonly account: string;
  readonly to: MailAddress;
  readonly from: MailAddress;
  readonly replyTo?: MailAddress;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte, `starttls` required, or `none`. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly user?: string;
  readonly password?: string;
}

/** The server (or folder) that takes the mail. */
export type Transport = { readonly via: 'workspace'; readonly smtp: SmtpSettings } | { readonly via: 'installation' };

/** A mail that was not taken. `permanent`: trying again is of no use. The message holds no personal data. */
export class MailFailed extends Error {
  override readonly name = 'MailFailed';
  constructor(
    message: string,
    readonly permanent: boolean,
  ) {
    super(message);
  }
}

export interface Mailer {
  /** Whether the installation has a default transport. */
  readonly installation: boolean;
  /** Resolves with the server's answer once it has taken the mail; rejects with `MailFailed`. */
  send(mail: Mail, transport: Transport): Promise<string>;
  /** Removes what files of mails about the account there are (outbox of a development place). */
  forget(account: string): Promise<void>;
}
