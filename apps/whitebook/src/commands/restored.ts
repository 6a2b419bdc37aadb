import { isSealed } from '#event-store';
import { openDistributed, type ServerParts } from '#profile';
import { BadSetting } from '#settings';
import { applicationOver } from './application.js';
import type { Say, Standalone } from './command.js';
import { eraseAgain } from './erase-again.js';
import { onErrorOf } from './servers.js';
import { everyEvent } from './verify.js';

/** Persons whose keys are looked up at once. */
const AT_ONCE = 500;

/**
 * RUN-5, COR-28: after servers were put back from their backups, with all processes stopped. Each store is of a moment of its own: what is true of
 * that moment only is taken away, whoever is in the ledger is deleted again, and the rest is made anew from the log by whoever starts. Cut off, it
 * is run again; nobody starts before that.
 */
export const restored: Standalone = async (terminal) => {
  const settings = terminal.settings();
  const { dist, say } = terminal;
  if (settings.profile !== 'distributed')
    throw new BadSetting('WHITEBOOK_PROFILE: on the embedded profile restore does all of it');
  const options = { dist, roles: new Set<never>(), unsettled: true, onError: onErrorOf(terminal) };
  const application = await applicationOver(await openDistributed(settings, options));
  try {
    const { parts } = application;
    const { settlement } = parts;
    await settlement.begin();
    const known = await knownTo(parts);
    const forgotten = await settlement.forget((key) => known.apiKeys.has(key));
    say(`a log of ${known.events} events; read models and snapshots are made anew from it`);
    const { sessions, impersonations, answers, apiKeys } = forgotten;
    say(`ended ${sessions} sessions, ${impersonations} of them impersonations; forgot ${answers} kept answers`);
    if (apiKeys > 0) say(`removed ${apiKeys} API keys that the log does not know of`);
    const erased = await settlement.erased();
    say(`erased ${erased.length} of the ledger, ${await eraseAgain(application, erased)} of whom the log had alive`);
    const missing = await withoutKey(parts, known.persons, say);
    await settlement.finish();
    say('Start workers and projectors, then APIs: they wait until all that follows from the log is done again.');
    return missing === 0 ? 0 : 1;
  } finally {
    await application.close();
  }
};

/** API keys that live by the log, and everybody of whom it holds sealed data. */
async function knownTo({ store, codec }: ServerParts) {
  const apiKeys = new Set<string>();
  const persons = new Set<string>();
  let events = 0;
  for await (const stored of everyEvent(store)) {
    events++;
    const { event, metadata } = codec.clear(stored);
    const { key } = event.data as { readonly key?: unknown };
    if (event.type === 'ApiKeyCreated') apiKeys.add(String(key));
    if (event.type === 'ApiKeyRevoked') apiKeys.delete(String(key));
    if (metadata.subject !== null && isSealed(stored)) persons.add(metadata.subject);
  }
  return { apiKeys, persons, events };
}

/** COR-13: an event whose person has neither key nor tombstone can never be read: the vault is of an earlier moment than the log. */
async function withoutKey({ vault }: ServerParts, persons: ReadonlySet<string>, say: Say): Promise<number> {
  const all = [...persons];
  const missing: string[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE);
    const keys = await vault.keys.getMany(some);
    missing.push(...some.filter((person) => !keys.has(person)));
  }
  if (missing.length > 0)
    say(
      `${missing.length} persons of the log have no key in the vault, and cannot be read: put back a later copy of it (${missing[0]} …)`,
    );
  return missing.length;
}
