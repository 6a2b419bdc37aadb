import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { ACCESS, accessReaction, type AccessServices } from '#access';
import { accountReaction, AccountErasure, Deadlines, InvitationMailer, SCRUB } from '#accounts';
import { claimReaction, CommandRunner, JUDGE_CLAIM, ReactionRunner, systemContext, VAULT, type Effect } from '#commands';
import { HTTP_OPTIONS, Metrics, Readiness, type HttpOptions } from '#http';
import { addSeconds } from '#kernel';
import type { Vault } from '#vault';
import { OwnerFollowUp, workspaceReaction } from '#workspaces';
import { projections } from './catalogue.js';
import type { Parts } from './embedded.js';
import { PARTS } from './ports.js';
import { watchProjections } from './projection-metrics.js';

/** Name of the reactions' checkpoint in the vault. */
const REACTIONS = 'reactions';
/** Seconds between two looks for due work that the queue may have lost. */
const SWEEP_SECONDS = 1;
const MAIL_SWEEP_SECONDS = 15;
const HOUSEKEEPING_SECONDS = 600;
/** Seconds for which answers of keyed commands that recorded nothing are kept: a day and some. */
const ANSWERS_SECONDS = 25 * 3_600;
const SCRUB_PATIENCE_MS = 4_000;

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
      setCheckpoint: (position) => vault.setCheckpoint(REACTIONS, position),
      onError: (error, position) =>
        this.logger.error({ err: error, position }, 'what follows from an event could not be done yet'),
    });
  }

  /** COR-28: what a process that died had still to do is done before requests are taken. */
  async start(): Promise<void> {
    const { jobs, readStore, store, projector } = this.parts;
    const head = await store.head();
    const names = projections.map(({ name }) => name);
    let current = false;
    this.readiness.add('read models', async () => (current ||= await readStore.reached(names, head, 0)));
    this.deadlines.register();
    this.mails.register();
    this.access.jobs.register();
    jobs.handle(SCRUB, () => this.scrub());
    jobs.handle(JUDGE_CLAIM, ({ data }) => this.judge(String(data['workspace']), String(data['claim'])));
    await this.reactions.catchUp(this.stopping.signal);
    let reacts = true;
    this.readiness.add('reactions', () => reacts);
    this.reacting = this.reactions.run(this.stopping.signal).catch((error: unknown) => {
      reacts = false;
      this.logger.fatal({ err: error }, 'reactions have ended: what follows from events is not done any more');
    });
    projector.nudge();
    jobs.every('deadlines', SWEEP_SECONDS, async () => void (await this.deadlines.sweep()));
    jobs.every('mails', MAIL_SWEEP_SECONDS, () => this.mails.sweep());
    jobs.every('answers', HOUSEKEEPING_SECONDS, () =>
      this.parts.vault.answers.expire(addSeconds(this.parts.clock(), -ANSWERS_SECONDS)),
    );
    await jobs.start();
  }

  /** Takes no more work and waits for what is under way. The ports stay open. */
  async stop(): Promise<void> {
    await this.parts.jobs.stop();
    this.stopping.abort();
    await this.reacting;
  }

  private async apply(effect: Effect): Promise<void> {
    const { vault } = this;
    const { jobs } = this.parts;
    switch (effect.kind) {
      case 'wake':
        return jobs.at(effect.key, effect.at, effect.job);
      case 'sleep':
        return jobs.cancel(effect.key);
      case 'end-sessions':
        return void (await vault.sessions.end(effect.stream, effect.before, effect.except ?? undefined));
      case 'bar-keys':
        return vault.apiKeys.bar(effect.stream, effect.revision, effect.barred);
      case 'erase':
        return this.erasure.erase(effect.workspace, effect.account);
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
