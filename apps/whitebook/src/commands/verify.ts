import { existsSync } from 'node:fs';
import { openSqliteLogReader, verifyChain, type LogReader, type StoredEvent } from '#event-store';
import { systemClock } from '#kernel';
import { dataFiles } from '#profile';
import { BadSetting } from '#settings';
import type { Code, Say, Standalone } from './command.js';

const BATCH = 1000;

/** HIST-3: recomputes the chain of every workspace from its first event on; prints where each ends, to compare with a head that was kept. Only reads: it takes no notice of a running service. */
export const verify: Standalone = async ({ settings, say }) => {
  const { dataDir } = settings();
  const file = dataFiles(dataDir).log;
  if (!existsSync(file)) throw new BadSetting(`WHITEBOOK_DATA_DIR: there is no log in ${dataDir}`);
  const log = openSqliteLogReader({ file, clock: systemClock });
  return verifyLog(log, say).finally(() => log.close());
};

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
