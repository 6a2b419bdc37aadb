import { LRUCache } from 'lru-cache';
import { accessStream, type StreamLoader, systemContext, type CommandContext } from '#commands';
import { Conflict, type EventLog, type Position, type Revision } from '#event-store';
import { jitter, KeyedQueue, refuse } from '#kernel';
import { signinStream, type AccessEvent, type ImpersonationCause } from './access.events.js';
import { accessFold, type Access } from './access.fold.js';

const TRIES = 10;
const STREAMS = 10_000;

/** Whose stream is written; `account` is null for log-ins with an address that is nobody's. */
export interface AccessPlace {
  readonly workspace: string;
  readonly account: string | null;
}

export interface EndedImpersonation {
  readonly workspace: string;
  /** The customer. */
  readonly account: string;
  readonly session: string;
  readonly staff: string;
}

const streamOf = ({ workspace, account }: AccessPlace): string =>
  account === null ? signinStream(workspace) : accessStream(workspace, account);

/** Records facts of access that nobody decides about: log-ins, failures, ends. A lost race is simply tried again. */
export class AccessLog {
  private readonly queue = new KeyedQueue();
  private readonly known = new LRUCache<string, Revision>({ max: STREAMS });

  constructor(
    private readonly log: EventLog,
    private readonly loader: StreamLoader,
    private readonly pause: (attempt: number) => Promise<void> = jitter,
  ) {}

  /** What the account's stream says now. */
  async load(workspace: string, account: string): Promise<Access> {
    return (await this.loader.load(accessStream(workspace, account), account, accessFold)).state;
  }

  /** Appends at the end of the stream; where the last one stands. Rejects with `busy` where a race does not end. */
  async record(place: AccessPlace, events: readonly AccessEvent[], context: CommandContext): Promise<Position> {
    const stream = streamOf(place);
    return this.inTurn(stream, async (fresh) => {
      const expected = await this.revision(stream, fresh);
      return this.append(stream, expected, place, events, context);
    });
  }

  /** Notes the end of an impersonation that is recorded as open; of any other nothing. */
  async impersonationEnded(ended: EndedImpersonation, cause: ImpersonationCause, context?: CommandContext): Promise<void> {
    const { workspace, account, session, staff } = ended;
    const stream = accessStream(workspace, account);
    const by = context ?? systemContext(workspace, session);
    await this.inTurn(stream, async () => {
      const { state, revision } = await this.loader.load(stream, account, accessFold);
      if (!(session in state.impersonations)) return;
      const event: AccessEvent = { type: 'ImpersonationEnded', data: { session, staff, cause } };
      await this.append(stream, revision, ended, [event], by);
    });
  }

  private inTurn<T>(stream: string, work: (fresh: boolean) => Promise<T>): Promise<T> {
    return this.queue.run([stream], async () => {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        try {
          return await work(attempt > 0);
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
          await this.pause(attempt + 1);
        }
      }
      throw refuse('busy');
    });
  }

  private async append(
    stream: string,
    expected: Revision,
    { workspace, account: subject }: AccessPlace,
    events: readonly AccessEvent[],
    context: CommandContext,
  ): Promise<Position> {
    const { actor, onBehalfOf, correlationId, requestId, origin } = context;
    const metadata = {
      workspace,
      subject,
      actor,
      ...(onBehalfOf ? { onBehalfOf } : {}),
      commandId: null,
      correlationId,
      ...(requestId ? { requestId } : {}),
      ...(origin ? { origin } : {}),
      at: this.log.store.now(),
    };
    const { position } = await this.log.append([{ stream, expected, workspace, events, metadata }]);
    this.known.set(stream, expected + events.length);
    return position;
  }

  /** The stream's last revision, as it is remembered or as it is. */
  private async revision(stream: string, fresh: boolean): Promise<Revision> {
    const known = this.known.get(stream);
    if (known !== undefined && !fresh) return known;
    const events = await this.log.store.read(stream, known);
    return events.at(-1)?.revision ?? known ?? -1;
  }
}
