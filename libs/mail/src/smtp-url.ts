import type { SmtpSettings } from './mail.port.js';

const REFUSED = 'WHITEBOOK_MAIL must be outbox, none, or smtp://user:password@host:port (smtps:// for TLS from the first byte)';

/**
 * Settings of `smtp://` (STARTTLS is required on port 587 or with a user, else none is used) and `smtps://` URLs; `?security=tls|starttls|none`
 * says otherwise. Ports default to 587 and 465. Throws, naming WHITEBOOK_MAIL and never the URL, which holds a password.
 */
export function parseSmtpUrl(text: string): SmtpSettings {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') throw new Error(REFUSED);
  const implicit = url.protocol === 'smtps:';
  const port = url.port === '' ? (implicit ? 465 : 587) : Number(url.port);
  const user = decodeURIComponent(url.username);
  const fallback = implicit ? 'tls' : port === 587 || user !== '' ? 'starttls' : 'none';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    security: securityOf(url.searchParams.get('security') ?? fallback),
    ...(user === '' ? {} : { user, password: decodeURIComponent(url.password) }),
  };
}

function securityOf(text: string): SmtpSettings['security'] {
  if (text === 'tls' || text === 'starttls' || text === 'none') return text;
  throw new Error(`${REFUSED}; security is tls, starttls or none`);
}
