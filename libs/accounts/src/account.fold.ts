import type { StreamFold } from '#commands';
import { absent, evolve, type Account } from './account.js';
import type { AccountEvent } from './account.events.js';

/** How an account's stream becomes its state. */
export const accountFold: StreamFold<Account, AccountEvent> = {
  initial: absent,
  evolve,
  version: 2,
  gone: ({ phase }) => phase === 'deleted' || phase === 'released',
  textLength: ({ profile: { comment, attributes } }) => (comment?.length ?? 0) + lengthOf(attributes),
};

/** Most accounts have no attributes: to count them costs nothing there, and a look at each elsewhere. */
function lengthOf(attributes: Account['profile']['attributes']): number {
  let length = 0;
  for (const name in attributes) length += name.length + String(attributes[name]).length;
  return length;
}
