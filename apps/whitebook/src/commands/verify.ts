import { existsSync } from 'node:fs';
import { auditChains, openSqliteLogReader, verifyChain, type LogReader, type StoredEvent } from '#event-store';
import { systemClock } from '#kernel';
import { CHAIN_KEY, dataFiles, openDistributed, requireWhole } from '#profile';
import { BadSetting } from '#settings';
import type { Code, Say, Standalone, Terminal } from './command.js';
import { onErrorOf } from './servers.js';

const BATCH = 1000;

/** HIST-3: recomputes the chain of every workspace from its first event on; prints where each ends, to compare with a head that was kept. Only reads: it takes no notice of a running service. */
export const verify: Standalone = async (terminal) => {
  const { settings, say } = terminal;
  if (settings().profile === 'distributed') return verifyServers(terminal);
  const { dataDir } = settings();
  const files = dataFiles(dataDir);
  requireWhole(files);
  const file = files.log;
  if (!existsSync(file)) throw new BadSetting(`WHITEBOOK_DATA_DIR: there is no log in ${dataDir}`);
  const log = openSqliteLogReader({ file, clock: systemClock });
  return verifyLog(log, say).finally(() => log.close());
};

/** There the chain is made behind the log, and its heads are signed. */
async function verifyServers({ settings, dist, say, complain }: Terminal): Promise<Code> {
  const parts = await openDistributed(settings(), { dist, roles: new Set(), unsettled: true, onError: onErrorOf({ complain }) });
  try {
    const audit = await auditChains(parts.store, await parts.vault.secrets.obtain(CHAIN_KEY));
    if (audit.ok) {
      for (const [workspace, { number, chain }] of audit.heads) say(`${workspace} ${number} ${chain}`);
      say(`whole: ${audit.heads.size} chains, ${audit.signed} signed heads, ${audit.unchained} events not chained yet`);
      return 0;
    }
    if ('signedHead' in audit) say(`broken: signed head ${audit.signedHead} is not where a chain was`);
    else say(`broken: event ${audit.number} of workspace ${audit.workspace} is not as it was chained, or is missing`);
    return 1;
  } finally {
    await parts.close();
  }
}

async function verifyLog(log: LogReader, say: Say): Promise<Code> {
  const check = await verifyChain(everyEvent(log));
  if (!check.ok) {
    say(
      `broken: event ${check.number} of workspace ${check.workspace} was changed, inserted, or stands in for one that was removed`,
    );
    return 1;
  }
  for (const [workspace, { number, chain }] of check.heads) say(`${workspace} ${number} ${chain}`);
  say(`whole: ${await log.head()} events, ${check.heads.size} chains`);
  return 0;
}

/** The whole log in order, in batches. */
export async function* everyEvent(log: Pick<LogReader, 'readAll'>): AsyncIterable<StoredEvent> {
  for (let after = 0; ;) {
    const batch = await log.readAll(after, BATCH);
    const last = batch.at(-1);
    if (!last) return;
    yield* batch;
    after = last.position;
  }
}
