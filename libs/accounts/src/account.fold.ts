import type { StreamFold } from '#commands';
import { absent, evolve, type Account } from './account.js';
import type { AccountEvent } from './account.events.js';

/** How an account's stream becomes its state. */
export const accountFold: StreamFold<Account, AccountEvent> = {
  initial: absent,
  evolve,
  version: 2,
  gone: ({ phase }) => phase === 'deleted' || phase === 'released',
};
