import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secrets } from '#vault';

/** The tokens of one generation of a session. Impersonations have no refresh token. */
export interface TokenPair {
  readonly token: string;
  readonly refreshToken: string;
}

/** Whose refresh token it is, and of which generation: proved by its HMAC, without a look-up. */
export interface RefreshClaim {
  readonly session: string;
  readonly generation: number;
}

export const SESSION_PREFIX = 'wbs_';
export const REFRESH_PREFIX = 'wbr_';
export const API_KEY_PREFIX = 'wbk_';

const SESSION_SECRET = 'session-tokens';
const API_KEY_SECRET = 'api-keys';
const ID_BYTES = 16;
const HEAD_BYTES = ID_BYTES + 4;
const TAG_BYTES = 32;

/** What is kept of a token. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** COR-6: tokens are derived from session and generation, so that a repeated refresh gives the same successor. */
export class SessionTokens {
  constructor(private readonly secrets: Secrets) {}

  async pair(session: string, generation: number): Promise<TokenPair> {
    const secret = await this.secrets.obtain(SESSION_SECRET);
    const tag = mac(secret, 'refresh', session, generation);
    return {
      token: SESSION_PREFIX + mac(secret, 'access', session, generation).toString('base64url'),
      refreshToken: REFRESH_PREFIX + Buffer.concat([headOf(session, generation), tag]).toString('base64url'),
    };
  }

  /** Null for what is no refresh token of this installation. */
  async readRefresh(token: string): Promise<RefreshClaim | null> {
    if (!token.startsWith(REFRESH_PREFIX)) return null;
    const text = token.slice(REFRESH_PREFIX.length);
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length !== HEAD_BYTES + TAG_BYTES || bytes.toString('base64url') !== text) return null;
    const session = bytes.toString('hex', 0, ID_BYTES);
    const generation = bytes.readUInt32BE(ID_BYTES);
    const tag = mac(await this.secrets.obtain(SESSION_SECRET), 'refresh', session, generation);
    return timingSafeEqual(tag, bytes.subarray(HEAD_BYTES)) ? { session, generation } : null;
  }

  /** The key of that id: the same one for a command that is repeated after a crash. */
  async apiKey(id: string): Promise<string> {
    const secret = await this.secrets.obtain(API_KEY_SECRET);
    return API_KEY_PREFIX + createHmac('sha256', secret).update(id).digest('base64url');
  }
}

const mac = (secret: Buffer, purpose: 'access' | 'refresh', session: string, generation: number): Buffer =>
  createHmac('sha256', secret).update([purpose, session, generation].join('\0')).digest();

function headOf(session: string, generation: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(session, 'hex');
  head.writeUInt32BE(generation, ID_BYTES);
  return head;
}
