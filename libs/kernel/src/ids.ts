import { randomBytes } from './random.js';

/** Gives a new id: 32 lower-case hex digits (128 random bits). A provider, so that tests fix it. */
export type Ids = () => string;

export const randomIds: Ids = () => randomBytes(16).toString('hex');

/** `uuid` without its dashes: the form of all ids that the server mints. */
export const idFromUuid = (uuid: string): string => uuid.replaceAll('-', '');

/** The workspace to which operators and whatever belongs to the installation itself are counted. */
export const PLATFORM = 'platform';
