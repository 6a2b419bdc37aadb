import { CommandBus } from '@nestjs/cqrs';
import { ChangeAccount, profileOf, type AccountCommand } from '#accounts';
import { systemContext } from '#commands';
import { addSeconds, idFromUuid, type Instant } from '#kernel';
import { makePlace, type Place } from '../support/place.js';
import { Whitebook } from '../support/whitebook.js';

const AT_ONCE = 64;

/** How many of each kind of timer are due, and by when all of them are. */
export interface Due {
  readonly place: Pick<Place, 'slug' | 'staff'>;
  readonly invitations: number;
  readonly tests: number;
  readonly blocks: number;
  readonly at: Instant;
}

/** Fills an empty data folder with `count` accounts that each have one timer, by the commands of the API without its requests and password hashes. */
export async function makeTimers(dataDir: string, count: number): Promise<Due> {
  const whitebook = await Whitebook.start({ dataDir });
  const { app, clock, parts } = whitebook;
  const place = await makePlace(whitebook, { botSlots: count });
  const at = addSeconds(clock.now(), 8 * 86_400);
  const kinds = [0, 0, 0];
  const make = async (index: number): Promise<void> => {
    const account = idFromUuid(parts.ids());
    kinds[index % 3] = (kinds[index % 3] ?? 0) + 1;
    for (const command of commandsOf(index, account, at)) {
      const context = systemContext(place.id, idFromUuid(parts.ids()));
      const credential = command.type === 'Create' ? { id: command.credential, hash: 'none' } : undefined;
      await app.get(CommandBus, { strict: false }).execute(new ChangeAccount(account, command, context, credential));
    }
  };
  const queue = Array.from({ length: count }, (_, index) => index);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let index = queue.pop(); index !== undefined; index = queue.pop()) await make(index);
    }),
  );
  await whitebook.stop();
  const [invitations = 0, tests = 0, blocks = 0] = kinds;
  return { place, invitations, tests, blocks, at };
}

/** By turns an invitation, a test account, and one that is blocked for a time. */
function commandsOf(index: number, account: string, until: Instant): AccountCommand[] {
  const profile = profileOf(`timer-${index}@customers.example`, `Person ${index}`);
  const test = index % 3 === 1;
  const terms = { role: 'user', plan: 'standard', test, testDays: test ? 1 : null } as const;
  const quotas = { botSlots: null, conversations: null, teamMembers: 10 };
  const person = { profile, ...terms, ...quotas };
  if (index % 3 === 0) return [{ type: 'Invite', account: person, invitation: account, via: 'installation' }];
  const create: AccountCommand = { type: 'Create', account: person, credential: account, passwordChangeRequired: false };
  if (test) return [create];
  return [create, { type: 'Disable', kind: 'blocked', reason: 'under-review', note: null, until }];
}
