import { createHmac, timingSafeEqual } from 'node:crypto';
import { PLATFORM } from '#kernel';
import type { Secrets } from './vault.port.js';

/** What a mailed link is for. A token of one purpose is none of another. */
export type LinkPurpose = 'invitation' | 'reset' | 'email';

/** A token as it was read: whom it names, and whether it is that of a generation. Nothing is proved before `matches` says so. */
export interface LinkClaim {
  readonly workspace: string;
  readonly account: string;
  matches(generation: number): boolean;
}

const SECRET = 'link-tokens';
const ID_BYTES = 16;
const TAG_BYTES = 32;
/** Stands for the platform, whose name is no id. */
const PLATFORM_ID = '0'.repeat(ID_BYTES * 2);

/**
 * COR-6: secrets of mailed links are derived, so that a second mail gives the same one and nothing keeps them.
 * base64url of workspace ‖ account ‖ HMAC-SHA256(purpose, workspace, account, generation), 86 characters.
 */
export class LinkTokens {
  constructor(private readonly secrets: Secrets) {}

  async derive(purpose: LinkPurpose, workspace: string, account: string, generation: number): Promise<string> {
    const tag = tagOf(await this.secrets.obtain(SECRET), purpose, workspace, account, generation);
    return Buffer.concat([idBytes(workspace), idBytes(account), tag]).toString('base64url');
  }

  /** What a token claims; null for a text that never was a token. */
  async read(purpose: LinkPurpose, token: string): Promise<LinkClaim | null> {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== 2 * ID_BYTES + TAG_BYTES || bytes.toString('base64url') !== token) return null;
    const secret = await this.secrets.obtain(SECRET);
    const first = bytes.toString('hex', 0, ID_BYTES);
    const workspace = first === PLATFORM_ID ? PLATFORM : first;
    const account = bytes.toString('hex', ID_BYTES, 2 * ID_BYTES);
    const tag = bytes.subarray(2 * ID_BYTES);
    const matches = (generation: number): boolean => timingSafeEqual(tag, tagOf(secret, purpose, workspace, account, generation));
    return { workspace, account, matches };
  }
}

const idBytes = (id: string): Buffer => {
  const bytes = Buffer.from(id === PLATFORM ? PLATFORM_ID : id, 'hex');
  if (bytes.length !== ID_BYTES) throw new Error('an id that no link can carry');
  return bytes;
};

const tagOf = (secret: Buffer, purpose: LinkPurpose, workspace: string, account: string, generation: number): Buffer =>
  createHmac('sha256', secret).update(['link', purpose, workspace, account, generation].join('\0')).digest();
