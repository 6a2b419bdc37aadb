import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IDS, JOBS, READ_STORE, systemContext } from '#commands';
import { EventLog } from '#event-store';
import type { Jobs } from '#jobs';
import { idFromUuid, type Ids } from '#kernel';
import type { ReadStore } from '#read-store';
import type { AccountCommand } from './account.commands.js';
import { DEADLINE } from './account.reactions.js';
import { rowsAs } from './account.queries.js';
import { ChangeAccount } from './change-account.js';
import { FIRING, type TimerKind, type TimerRow } from './timers.projection.js';

/** Due timers that one look of the sweep takes. */
const BATCH = 500;
const AT_ONCE = 16;

type Deadline = Pick<TimerRow, 'workspace' | 'subject' | 'kind' | 'at' | 'generation'>;

/** Gives the commands of deadlines that are due. The decider looks again; a timer that was moved or is early does nothing. */
@Injectable()
export class Deadlines {
  constructor(
    private readonly bus: CommandBus,
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
      const { rows } = await this.store.find({
        collection: 'accounts/timers',
        filters: [
          { field: 'kind', op: 'eq', value: kind },
          { field: 'at', op: 'range', to: this.log.store.now() },
        ],
        sort: { field: 'at', descending: false },
        limit: BATCH,
      });
      const due = [...rowsAs<TimerRow>(rows)];
      given += due.length;
      while (due.length > 0) await Promise.allSettled(due.splice(0, AT_ONCE).map((timer) => this.fire(timer)));
    }
    return given;
  }

  private async fire({ workspace, subject, kind, at, generation }: Deadline): Promise<void> {
    const command = commandOf(kind, at, generation);
    if (command) await this.bus.execute(new ChangeAccount(subject, command, systemContext(workspace, idFromUuid(this.ids()))));
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
