import { hash } from 'node:crypto';
import { randomBytes } from './random.js';

/** Gives a new id: 32 lower-case hex digits (128 random bits). A provider, so that tests fix it. */
export type Ids = () => string;

export const randomIds: Ids = () => randomBytes(16).toString('hex');

const spaces = new Map<string, Buffer>();

/** UUID of version 5 (RFC 9562): the same for the same name in the same name space, which is a UUID itself. */
export function uuid5(name: string, space: string): string {
  const bytes = spaces.get(space) ?? Buffer.from(space.replaceAll('-', ''), 'hex');
  spaces.set(space, bytes);
  const hex = hash('sha1', Buffer.concat([bytes, Buffer.from(name)]), 'hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3] as string;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** `uuid` without its dashes: the form of all ids that the server mints. */
export const idFromUuid = (uuid: string): string => uuid.replaceAll('-', '');

/** The workspace to which operators and whatever belongs to the installation itself are counted. */
export const PLATFORM = 'platform';
