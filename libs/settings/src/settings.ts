import { isIP, isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';

/** Configuration of one process, checked at boot. */
export interface Settings {
  readonly profile: 'embedded' | 'distributed';
  /** Where the servers of the distributed profile are; null in the embedded one. */
  readonly servers: Servers | null;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly dataDir: string;
  /** Host name of the platform itself; every other `Host` that is no verified domain counts as it too. */
  readonly platformHost: string;
  /** Base of links where no brand's domain applies, without a trailing slash. Null: `http://localhost:<port>`. */
  readonly publicUrl: string | null;
  readonly operatorEmail: string | null;
  readonly operatorPassword: string | null;
  /** Makes a demo workspace at the first start; `npm start` sets it where it finds an empty data folder. */
  readonly demo: boolean;
  readonly masterKey: string | null;
  readonly masterKeyFile: string | null;
  /** The installation's default transport for mails. */
  readonly mail: 'outbox' | 'none' | { readonly smtpUrl: string };
  /** `address[:port]` of resolvers for domain checks; empty: the system's. */
  readonly dnsServers: readonly string[];
  readonly smtpAllowPrivate: boolean;
  readonly trustedProxies: readonly string[];
  readonly loginFailuresPerAddress: number;
  readonly loginFailuresPerSource: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

/** Addresses with credentials: never shown. */
export interface Servers {
  readonly eventStore: string;
  /** The path names the database: `whitebook` where it is empty. */
  readonly mongodb: string;
  readonly redis: string;
  /** Begins the name of every queue, so that installations can share a Redis. */
  readonly redisPrefix: string;
}

/** The platform's host is a place of development: outbox, domains under `.localhost` and demo accounts exist only there. */
export const isDevelopment = (settings: Pick<Settings, 'platformHost'>): boolean => settings.platformHost === 'localhost';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
/** An address, a range of them (`10.0.0.0/8`), or one of the names that the HTTP server knows. */
function isProxy(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', bits, ...more] = text.split('/');
  const most = isIPv4(address) ? 32 : 128;
  return isIP(address) > 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}
/** `address`, or with a port: `192.0.2.1:53`, `[2001:db8::1]:53`. */
function isResolver(text: string): boolean {
  const [, six, four, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const known = six === undefined ? isIPv4(four ?? '') : isIPv6(six);
  return isIPv6(text) || (known && Number(port ?? 53) <= 65_535);
}
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must lie between ${least} and ${most}`);

const schema = z.object({
  WHITEBOOK_PROFILE: z.enum(['embedded', 'distributed']).default('embedded'),
  WHITEBOOK_EVENTSTORE_URL: z.url({ protocol: /^esdb(\+discover)?$/ }).optional(),
  WHITEBOOK_MONGODB_URL: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/\S+$/, 'must begin with mongodb:// or mongodb+srv://')
    .optional(),
  WHITEBOOK_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  WHITEBOOK_REDIS_PREFIX: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'must be of lower-case letters, digits and dashes')
    .default('whitebook'),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(3000),
  WHITEBOOK_DATA_DIR: z.string().default('./data'),
  WHITEBOOK_PLATFORM_HOST: z.string().toLowerCase().default('localhost'),
  WHITEBOOK_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  WHITEBOOK_OPERATOR_EMAIL: z.string().optional(),
  WHITEBOOK_OPERATOR_PASSWORD: z.string().optional(),
  WHITEBOOK_DEMO: flag.default(false),
  WHITEBOOK_MASTER_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits')
    .optional(),
  WHITEBOOK_MASTER_KEY_FILE: z.string().optional(),
  WHITEBOOK_MAIL: z.union([z.enum(['outbox', 'none']), z.url({ protocol: /^smtps?$/ })]).optional(),
  WHITEBOOK_DNS_SERVERS: list
    .refine((servers) => servers.every(isResolver), 'must be addresses, each with a port where it is not 53, by commas')
    .default([]),
  WHITEBOOK_SMTP_ALLOW_PRIVATE: flag.default(false),
  WHITEBOOK_TRUSTED_PROXIES: list
    .refine((proxies) => proxies.every(isProxy), 'must be addresses or ranges, by commas')
    .default([]),
  WHITEBOOK_LOGIN_FAILURES_PER_ADDRESS: wholeNumber(1, 1_000_000).default(10),
  WHITEBOOK_LOGIN_FAILURES_PER_SOURCE: wholeNumber(1, 1_000_000).default(100),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** A setting that cannot be used; the message names the variable and never its value. */
export class BadSetting extends Error {
  override readonly name = 'BadSetting';
}

/** Reads the environment; empty values count as not given. Throws `BadSetting` naming every variable that is wrong. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success)
    throw new BadSetting(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  const env = parsed.data;
  const development = isDevelopment({ platformHost: env.WHITEBOOK_PLATFORM_HOST });
  const mail = env.WHITEBOOK_MAIL ?? (development ? 'outbox' : 'none');
  if (mail === 'outbox' && !development) throw new BadSetting('WHITEBOOK_MAIL: outbox is for a platform host of localhost only');
  if (env.WHITEBOOK_DEMO && !development)
    throw new BadSetting('WHITEBOOK_DEMO: demo accounts are for a platform host of localhost only');
  return {
    profile: env.WHITEBOOK_PROFILE,
    servers: serversOf(env),
    host: env.HOST,
    port: env.PORT,
    dataDir: env.WHITEBOOK_DATA_DIR,
    platformHost: env.WHITEBOOK_PLATFORM_HOST,
    publicUrl: env.WHITEBOOK_PUBLIC_URL?.replace(/\/$/, '') ?? null,
    operatorEmail: env.WHITEBOOK_OPERATOR_EMAIL ?? null,
    operatorPassword: env.WHITEBOOK_OPERATOR_PASSWORD ?? null,
    demo: env.WHITEBOOK_DEMO,
    masterKey: env.WHITEBOOK_MASTER_KEY ?? null,
    masterKeyFile: env.WHITEBOOK_MASTER_KEY_FILE ?? null,
    mail: mail === 'outbox' || mail === 'none' ? mail : { smtpUrl: mail },
    dnsServers: env.WHITEBOOK_DNS_SERVERS,
    smtpAllowPrivate: env.WHITEBOOK_SMTP_ALLOW_PRIVATE,
    trustedProxies: env.WHITEBOOK_TRUSTED_PROXIES,
    loginFailuresPerAddress: env.WHITEBOOK_LOGIN_FAILURES_PER_ADDRESS,
    loginFailuresPerSource: env.WHITEBOOK_LOGIN_FAILURES_PER_SOURCE,
    logLevel: env.LOG_LEVEL,
  };
}

/**
 * Variables that look like settings and are none: a slip of the pen, most likely. They are told and not refused, since an orchestrator makes
 * some by itself, such as `WHITEBOOK_SERVICE_HOST`. Those of the tests are left out.
 */
export const unknownSettings = (environment: Readonly<Record<string, string | undefined>>): string[] =>
  Object.keys(environment).filter(
    (name) => /^WHITEBOOK_(?!TEST_)/.test(name) && !(name in schema.shape) && environment[name] !== '',
  );

/** The distributed profile needs all of its servers, and a key that all of its processes share. */
function serversOf(env: z.infer<typeof schema>): Servers | null {
  if (env.WHITEBOOK_PROFILE === 'embedded') return null;
  const missing: string[] = [];
  const required = (name: 'WHITEBOOK_EVENTSTORE_URL' | 'WHITEBOOK_MONGODB_URL' | 'WHITEBOOK_REDIS_URL'): string => {
    const value = env[name];
    if (value === undefined) missing.push(`${name}: the distributed profile needs it`);
    return value ?? '';
  };
  const servers = {
    eventStore: required('WHITEBOOK_EVENTSTORE_URL'),
    mongodb: required('WHITEBOOK_MONGODB_URL'),
    redis: required('WHITEBOOK_REDIS_URL'),
    redisPrefix: env.WHITEBOOK_REDIS_PREFIX,
  };
  if (env.WHITEBOOK_MASTER_KEY === undefined && env.WHITEBOOK_MASTER_KEY_FILE === undefined)
    missing.push('WHITEBOOK_MASTER_KEY: the distributed profile needs it, or WHITEBOOK_MASTER_KEY_FILE');
  if (missing.length > 0) throw new BadSetting(missing.join('; '));
  return servers;
}
