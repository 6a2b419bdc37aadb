import { expectStatus } from '../program/place.js';
import type { Reply } from '../support/api.js';
import { atOnce } from './brand.js';
import { won, type Stand } from './races.course.js';

/** Everything that takes a slot. Who was converted is used up; who was raised gives its slot back before the next round. */
export class Takers {
  private readonly tests: string[] = [];
  private readonly empty: string[] = [];
  private raised: string[] = [];

  constructor(private readonly stand: Stand) {}

  /** Of `count` a half raises allocations, a quarter converts test accounts, the rest are new people. */
  async take(count: number): Promise<Reply[]> {
    const { stand } = this;
    await Promise.all([this.fill(this.tests, count / 4, { test: true }), this.fill(this.empty, count / 2, { botSlots: 0 })]);
    const converted = this.tests.splice(0, count / 4);
    const raised = this.empty.slice(0, count / 2);
    const replies = await atOnce(count, (n) => {
      if (n % 2) return this.allocate(raised[(n - 1) / 2] as string, 1);
      if (n % 4) return stand.brand.owner.post(`/v1/accounts/${converted[(n - 2) / 4]}/convert`, {});
      return n % 16 ? stand.invite({}) : stand.create({});
    });
    this.tests.push(...converted.filter((_, i) => !won(replies[4 * i + 2] as Reply)));
    this.raised = raised.filter((_, i) => won(replies[2 * i + 1] as Reply));
    return replies;
  }

  async giveBack(): Promise<void> {
    const replies = await Promise.all(this.raised.map((account) => this.allocate(account, 0)));
    for (const reply of replies) expectStatus(reply, 200);
  }

  private allocate(account: string, botSlots: number): Promise<Reply> {
    return this.stand.brand.owner.put(`/v1/accounts/${account}/quotas`, { botSlots });
  }

  private async fill(accounts: string[], count: number, fields: object): Promise<void> {
    const missing = Math.max(0, count - accounts.length);
    accounts.push(...(await atOnce(missing, async () => (await this.stand.invited(fields)).account)));
  }
}
