import { ClaimDesk, type Claims, type CommandContext, type Give, type Holder, type Need, type Resources } from '#commands';
import type { DomainAppend, EventLog } from '#event-store';
import type { MakeDesk } from './world.js';

/** A log that lets events of some types fall, of those that the desk itself appends. */
function forgetting(log: EventLog, types: readonly string[]): EventLog {
  const append = (appends: readonly DomainAppend[]) =>
    log.append(appends.map((one) => ({ ...one, events: one.events.filter(({ type }) => !types.includes(type)) })));
  return Object.assign(Object.create(log) as EventLog, { append });
}

/** Takes an old claim over without a word in the stream of its holder. */
export const unfenced: MakeDesk = (log, resources) => new Unfenced(log, resources);

/** What was given up is not released a second time where the release was lost. */
export const careless: MakeDesk = (log, resources) => new ClaimDesk(forgetting(log, ['ClaimReleased']), resources);

/** Leaves all hints away: slower, and wrong in nothing. */
export const hintless: MakeDesk = (log, resources) => new Hintless(log, resources);

/** Asks for other owners before its claim stands. */
export const hasty: MakeDesk = (log, resources) => new Hasty(log, resources);

class Hintless extends ClaimDesk {
  override async plan(...wanted: Parameters<ClaimDesk['plan']>): Promise<Claims> {
    const claims = await super.plan(...wanted);
    const kept = claims.after.filter(({ events }) => events.every(({ type }) => type !== 'ClaimSettled'));
    return { ...claims, after: kept };
  }
}

class Unfenced extends ClaimDesk {
  private readonly silent: ClaimDesk;

  constructor(log: EventLog, resources: Resources) {
    super(log, resources);
    this.silent = new ClaimDesk(forgetting(log, ['ClaimVoided']), resources);
  }

  override judgeOpen(...asked: Parameters<ClaimDesk['judgeOpen']>) {
    return this.silent.judgeOpen(...asked);
  }
}

class Hasty extends ClaimDesk {
  private readonly books: Resources;

  constructor(log: EventLog, resources: Resources) {
    super(log, resources);
    this.books = resources;
  }

  override async plan(holder: Holder, stream: string, context: CommandContext, needs: readonly Need[], gives: readonly Give[]) {
    const asked: Need[] = [];
    for (const need of needs) {
      if (need.kind !== 'alone') asked.push(need);
      else {
        const early = await need.others(await this.books.load(need.resource));
        asked.push({ ...need, others: async () => early });
      }
    }
    return super.plan(holder, stream, context, asked, gives);
  }
}
