import { parseSmtpUrl } from './smtp-url.js';

it.each([
  ['smtp://127.0.0.1:1025', { host: '127.0.0.1', port: 1025, security: 'none' }],
  ['smtp://[::1]:25', { host: '::1', port: 25, security: 'none' }],
  ['smtp://mail.example', { host: 'mail.example', port: 587, security: 'starttls' }],
  [
    'smtp://me%40x.co:p%3A1@mail.example:2525',
    { host: 'mail.example', port: 2525, security: 'starttls', user: 'me@x.co', password: 'p:1' },
  ],
  ['smtps://mail.example', { host: 'mail.example', port: 465, security: 'tls' }],
  ['smtp://mail.example?security=none', { host: 'mail.example', port: 587, security: 'none' }],
])('reads %s', (url, settings) => expect(parseSmtpUrl(url)).toEqual(settings));

it.each(['', 'mail.example', 'http://mail.example', 'smtp://', 'smtp://u:secret@h?security=maybe', 'smtp://u:secret@'])(
  'refuses %j',
  (url) => {
    expect(() => parseSmtpUrl(url)).toThrow('WHITEBOOK_MAIL');
    expect(() => parseSmtpUrl(url)).not.toThrow('secret');
  },
);
