import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { ACCESS, accessReaction, type AccessServices } from '#access';
import { accountReaction, AccountErasure, Deadlines, InvitationMailer, SCRUB } from '#accounts';
import { claimReaction, CommandRunner, JUDGE_CLAIM, ReactionRunner, systemContext, VAULT, type Effect } from '#commands';
import { isInLog, type Position } from '#event-store';
import { HTTP_OPTIONS, Metrics, Readiness, type HttpOptions } from '#http';
import { addSeconds, earlier } from '#kernel';
import type { Vault } from '#vault';
import { OwnerFollowUp, workspaceReaction } from '#workspaces';
import { projections } from './catalogue.js';
import { REACTIONS } from './leases.js';
import type { Parts } from './parts.js';
import { PARTS } from './ports.js';
import { watchProjections } from './projection-metrics.js';
import { Tenure } from './tenure.js';

/** Seconds between two looks for due work that the queue may have lost. */
const SWEEP_SECONDS = 1;
const MAIL_SWEEP_SECONDS = 15;
const HOUSEKEEPING_SECONDS = 600;
/** Seconds for which answers of keyed commands that recorded nothing are kept: a day and some. */
const ANSWERS_SECONDS = 25 * 3_600;
const SCRUB_PATIENCE_MS = 4_000;
/** Milliseconds within which a store answers, or counts as away. */
const ANSWER_WITHIN_MS = 2_000;
/** Milliseconds between two looks how far reactions are that another process does. */
const REACTED_LOOK_MS = 20;

/** What goes on without requests: reactions, deadlines, mails, housekeeping. */
@Injectable()
export class Background {
  private readonly stopping = new AbortController();
  private readonly logger: Logger;
  private readonly reactions: ReactionRunner;
  private reacting: Promise<void> = Promise.resolve();

  constructor(
    @Inject(PARTS) private readonly parts: Parts,
    @Inject(HTTP_OPTIONS) { logger }: HttpOptions,
    private readonly readiness: Readiness,
    private readonly runner: CommandRunner,
    private readonly erasure: AccountErasure,
    private readonly deadlines: Deadlines,
    private readonly mails: InvitationMailer,
    @Inject(ACCESS) private readonly access: AccessServices,
    @Inject(VAULT) private readonly vault: Vault,
    private readonly owners: OwnerFollowUp,
    { registry }: Metrics,
  ) {
    this.logger = logger;
    watchProjections(registry, () => parts.projector.lag());
    const { store, codec } = parts;
    this.reactions = new ReactionRunner({
      store,
      codec,
      reactions: [workspaceReaction, accountReaction, accessReaction, claimReaction],
      apply: (effect) => this.apply(effect),
      checkpoint: () => vault.checkpoint(REACTIONS),
      setCheckpoint: (checkpoint) => vault.setCheckpoint(REACTIONS, checkpoint),
      // long enough for most claims to be settled before somebody is asked to judge them
      ...(store.atomic ? {} : { gatherMs: 50 }),
      onError: (error, position) =>
        this.logger.error({ err: error, position }, 'what follows from an event could not be done yet'),
    });
  }

  /** COR-28: what processes that died had still to do is done before requests are taken. Resolves then. */
  async start(): Promise<void> {
    const { store, projector, roles } = this.parts;
    const head = await store.head();
    this.watchStores();
    this.watchReads(head);
    if (roles.has('worker')) await this.work();
    if (roles.has('api')) await this.untilReacted(head);
    projector.nudge();
  }

  /** Takes no more work and waits for what is under way. The ports stay open. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.parts.jobs.stop();
    await this.reacting;
  }

  private watchReads(head: Position): void {
    const names = projections.map(({ name }) => name);
    let current = false;
    this.readiness.add('read models', async () => (current ||= await this.parts.readStore.reached(names, head, 0)));
  }

  /** Without these nothing can be done here. */
  private watchStores(): void {
    const { store, projector } = this.parts;
    this.readiness.add('event log', () => answers(store.head()));
    this.readiness.add('vault', () => answers(this.vault.checkpoint(REACTIONS)));
    this.readiness.add('projector', () => projector.well());
  }

  /** Does what follows from events and from time, from now on. */
  private async work(): Promise<void> {
    const { jobs, leases, vault, clock, store } = this.parts;
    this.deadlines.register();
    this.mails.register();
    this.access.jobs.register();
    jobs.handle(SCRUB, () => this.scrub());
    jobs.handle(JUDGE_CLAIM, ({ data }) => this.judge(String(data['workspace']), String(data['claim'])));
    const tenure = new Tenure({
      leases,
      name: REACTIONS,
      work: (held, begun) => this.reactions.run(held, begun),
      onOutage: (error) => this.logger.error({ err: error }, 'reactions wait for a store that is away'),
    });
    this.readiness.add('reactions', () => tenure.well);
    this.reacting = tenure.run(this.stopping.signal).catch((error: unknown) => {
      this.logger.fatal({ err: error }, 'reactions have ended: what follows from events is not done any more');
    });
    jobs.every('deadlines', SWEEP_SECONDS, async () => void (await this.deadlines.sweep()));
    jobs.every('mails', MAIL_SWEEP_SECONDS, () => this.mails.sweep());
    jobs.every('answers', HOUSEKEEPING_SECONDS, () =>
      vault.answers.expire(addSeconds(earlier(clock(), store.now()), -ANSWERS_SECONDS)),
    );
    jobs.every('errands', MAIL_SWEEP_SECONDS, () => this.access.errands.sweep());
    jobs.every('errands done', HOUSEKEEPING_SECONDS, () => this.access.errands.forget());
    await jobs.start();
  }

  private async untilReacted(head: Position): Promise<void> {
    while (!this.stopping.signal.aborted && !(await this.hasReacted(head))) await delay(REACTED_LOOK_MS);
  }

  /** COR-22: what was reached in another log says nothing of this one. */
  private async hasReacted(head: Position): Promise<boolean> {
    const checkpoint = await this.vault.checkpoint(REACTIONS);
    return checkpoint.position >= head && isInLog(this.parts.store, checkpoint);
  }

  private async apply(effect: Effect): Promise<void> {
    const { vault } = this;
    const { jobs } = this.parts;
    switch (effect.kind) {
      case 'wake':
        return jobs.at(effect.key, effect.at, effect.job);
      case 'errand':
        return this.access.errands.take(effect.key, effect.at, effect.job);
      case 'sleep':
        return jobs.cancel(effect.key);
      case 'spare':
        return;
      case 'end-sessions':
        return void (await vault.sessions.end(effect.stream, effect.before, effect.except ?? undefined));
      case 'bar-keys':
        return vault.apiKeys.bar(effect.stream, effect.revision, effect.barred);
      case 'erase':
        await this.erasure.erase(effect.workspace, effect.account);
        return this.erasure.scrubSoon();
      case 'settle-claims':
        return this.settle(effect.workspace, effect.stream);
      case 'make-owner':
        return void (await this.owners.run(effect.workspace));
    }
  }

  private settle(workspace: string, stream: string): Promise<void> {
    return this.runner.desk.settle(stream, systemContext(workspace, this.parts.ids()));
  }

  private async judge(workspace: string, claim: string): Promise<void> {
    const judged = await this.runner.desk.judgeOpen(claim, systemContext(workspace, this.parts.ids()));
    if (!judged) throw new Error('the claim is young still');
  }

  /** COR-17: no file holds what was deleted. The rows go first, then what they left behind. */
  private async scrub(): Promise<void> {
    const { readStore, store, projector, vault } = this.parts;
    const names = projections.map(({ name }) => name);
    if (!(await readStore.reached(names, await store.head(), SCRUB_PATIENCE_MS))) throw new Error('read models are behind');
    await Promise.all([projector.scrub(), vault.scrub()]);
  }
}

/** Whether there is an answer in time. */
async function answers(question: Promise<unknown>): Promise<boolean> {
  const answered = question.then(
    () => true,
    () => false,
  );
  const late = new AbortController();
  try {
    return await Promise.race([answered, delay(ANSWER_WITHIN_MS, false, { signal: late.signal })]);
  } finally {
    late.abort();
  }
}
