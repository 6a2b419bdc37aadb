import { performance } from 'node:perf_hooks';
import type { Api, Reply } from '../support/api.js';
import { codeOf } from './brand.js';

export type Kind = 'session' | 'impersonation' | 'key';

/** Something that opens the account, with when it was asked for and when it came. */
export interface Credential {
  readonly kind: Kind;
  readonly api: Api;
  /** Of sessions. */
  readonly refreshToken: string;
  readonly askedAt: number;
  readonly gotAt: number;
}

/** What was done to the account: what it ends, and whether nothing opens it from then on, until the next step. */
export interface Step {
  readonly name: string;
  readonly ends: readonly Kind[];
  readonly shut: boolean;
  /** A new password is in force. */
  readonly password: boolean;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** A request that used a credential, or a password (`password`: the how-manieth); one with neither is staff's own. */
export interface Use {
  readonly what: string;
  readonly credential: Credential | null;
  readonly password: number | null;
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly status: number;
  /** Of a refusal. */
  readonly code: string;
}

/** Notes steps and uses with their times, and judges them afterwards: only what was sent after an answer counts. */
export class Watch {
  readonly uses: Use[] = [];
  private readonly steps: Step[] = [];

  constructor() {
    const now = performance.now();
    this.steps.push({ name: 'begin', ends: [], shut: false, password: true, sentAt: now, answeredAt: now });
  }

  async step(what: Omit<Step, 'sentAt' | 'answeredAt'>, send: () => Promise<unknown>): Promise<void> {
    const sentAt = performance.now();
    await send();
    this.steps.push({ ...what, sentAt, answeredAt: performance.now() });
  }

  async use(what: string, by: Pick<Use, 'credential' | 'password'>, send: () => Promise<Reply>): Promise<Reply & { at: Use }> {
    const sentAt = performance.now();
    const reply = await send();
    const at = {
      what,
      ...by,
      sentAt,
      answeredAt: performance.now(),
      status: reply.status,
      code: codeOf(reply),
    };
    this.uses.push(at);
    return { ...reply, at };
  }

  /** What should not have been; empty where whoever was stopped was stopped, and nobody else. */
  complaints(): string[] {
    return this.uses.flatMap((use) => {
      const succeeded = use.status < 300;
      const why = use.status >= 500 ? 'it is an error' : succeeded ? this.whyNot(use) : this.whyYes(use);
      return why === null ? [] : [`${use.what} was answered ${use.status} ${use.code}: ${why}`];
    });
  }

  /** How many uses had to fail, and how many to succeed: a run in which none had to proves nothing. */
  judged(): { stopped: number; opened: number } {
    return {
      stopped: this.uses.filter((use) => this.whyNot(use) !== null).length,
      opened: this.uses.filter((use) => this.whyYes(use) !== null).length,
    };
  }

  /** Why the use had to fail; null where it need not. */
  private whyNot(use: Use): string | null {
    const { credential, password, sentAt } = use;
    const before = this.steps.filter(({ answeredAt }) => answeredAt < sentAt);
    const ended = credential && before.find((step) => step.ends.includes(credential.kind) && credential.gotAt <= step.sentAt);
    if (ended) return `the ${credential.kind} was ended by ${ended.name}`;
    if (password !== null && before.filter((step) => step.password).length > password) return 'the password was another by then';
    const period = this.periodOf(use);
    return period?.shut ? `nothing opens the account after ${period.name}` : null;
  }

  /** Why the use had to succeed; null where it need not. */
  private whyYes(use: Use): string | null {
    const period = this.periodOf(use);
    if (!period || period.shut) return null;
    const { credential, password } = use;
    if (password !== null) {
      const inForce = this.steps.filter((step) => step.password && step.answeredAt <= period.answeredAt).length;
      return password === inForce ? `the password was in force after ${period.name}` : null;
    }
    const lasts = !credential || credential.kind === 'key' || credential.askedAt > period.answeredAt;
    return lasts ? `${credential ? `the ${credential.kind}` : 'the right to it'} stands after ${period.name}` : null;
  }

  /** The step after whose answer the use was sent, if it was answered before the next one was sent; null for what overlaps a step. */
  private periodOf({ sentAt, answeredAt }: Use): Step | null {
    const at = this.steps.findLastIndex((step) => step.sentAt < answeredAt);
    const step = this.steps[at];
    return step && step.answeredAt < sentAt ? step : null;
  }
}
