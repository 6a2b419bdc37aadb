import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IDS, JOBS, READ_STORE, systemContext } from '#commands';
import { EventLog } from '#event-store';
import type { Jobs } from '#jobs';
import { idFromUuid, type Ids, type Instant } from '#kernel';
import type { Page, ReadStore } from '#read-store';
import type { AccountCommand } from './account.commands.js';
import { decide } from './account.decider.js';
import { DEADLINE } from './account.reactions.js';
import { rowsAs } from './account.queries.js';
import { Accounts } from './accounts.js';
import { ChangeAccount } from './change-account.js';
import { FIRING, type TimerKind, type TimerRow } from './timers.projection.js';

/** Due timers that the sweep reads at a time. */
const BATCH = 500;
/** Commands at a time: they share commits. */
const AT_ONCE = 64;

type Deadline = Pick<TimerRow, 'workspace' | 'subject' | 'kind' | 'at' | 'generation'>;

/** Gives the commands of deadlines that are due. The decider looks again; a timer that was moved or is early does nothing. */
@Injectable()
export class Deadlines {
  constructor(
    private readonly bus: CommandBus,
    private readonly accounts: Accounts,
    private readonly log: EventLog,
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(READ_STORE) private readonly store: ReadStore,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /** Before the jobs start. */
  register(): void {
    this.jobs.handle(DEADLINE, async ({ data }) => {
      const {
        workspace,
        account: subject,
        kind,
        at,
        generation,
      } = data as Record<string, string> & { kind: TimerKind; generation: never };
      await this.fire({ workspace: workspace as string, subject: subject as string, kind, at: at as string, generation });
    });
  }

  /** Everything that is due by the read model, whatever became of the queue. Resolves with how many were given. */
  async sweep(): Promise<number> {
    let given = 0;
    for (const kind of FIRING) {
      for await (const due of this.due(kind, this.log.store.now())) {
        given += due.length;
        await Promise.all(Array.from({ length: AT_ONCE }, () => this.fireAll(due)));
      }
    }
    return given;
  }

  /** Pages of what is due until `now`: what the log has and the rows do not say yet is met again, and is no longer due then. */
  private async *due(kind: TimerKind, now: Instant): AsyncGenerator<TimerRow[]> {
    let cursor: string | null | undefined;
    do {
      const { rows, next }: Page = await this.store.find({
        collection: 'accounts/timers',
        filters: [
          { field: 'kind', op: 'eq', value: kind },
          { field: 'at', op: 'range', to: now },
        ],
        sort: { field: 'at', descending: false },
        limit: BATCH,
        ...(cursor ? { cursor } : {}),
      });
      yield [...rowsAs<TimerRow>(rows)];
      cursor = next;
    } while (cursor);
  }

  /** Takes from the list until it is empty. What fails is due still at the next look. */
  private async fireAll(due: TimerRow[]): Promise<void> {
    for (let timer = due.shift(); timer; timer = due.shift()) await this.fire(timer).catch(() => undefined);
  }

  private async fire({ workspace, subject, kind, at, generation }: Deadline): Promise<void> {
    const command = commandOf(kind, at, generation);
    if (!command) return;
    // Queue and sweep meet the same timers: what is done is seen here, and costs no command.
    const { state } = await this.accounts.load(workspace, subject);
    const { events } = decide(state, command, await this.accounts.facts(workspace, this.log.store.now()));
    if (events.length === 0) return;
    await this.bus.execute(new ChangeAccount(subject, command, systemContext(workspace, idFromUuid(this.ids()))));
  }
}

function commandOf(kind: TimerKind, at: string, generation: number): AccountCommand | null {
  switch (kind) {
    case 'invitation-expires':
      return { type: 'ExpireInvitation', generation };
    case 'test-expires':
      return { type: 'ExpireTest', testExpiresAt: at };
    case 'block-ends':
      return { type: 'EndBlock', until: at };
    case 'reset-link-ends':
    case 'email-link-ends':
      return null;
  }
}
