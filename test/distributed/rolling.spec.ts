/** APIs are replaced one after the other under load. `WHITEBOOK_TEST_RESTARTS` sets how many (3 by default, 20 is the full size). */
import { restarts, timeFor } from '../faults/sizes.js';
import { customer, expectStatus, makePlace } from '../program/place.js';
import { until } from '../program/program.js';
import type { Api } from '../support/api.js';
import { Balancer } from './balancer.js';
import { Installation } from './installation.js';
import { describeWith } from './servers.js';

const RESTARTS = restarts(3);
const PER_SECOND = 200;
/** Every so manieth request writes. */
const WRITES = 9;
/** Requests that are under way at a time at most: a machine that is too slow for the load gets less of it, and the figures say so. */
const AT_ONCE = 50;

/** Requests at a steady pace, whatever becomes of them, and what became of them. */
class Load {
  readonly failures: string[] = [];
  readonly milliseconds: number[] = [];
  answered = 0;
  private underWay = 0;
  private sent = 0;
  private began = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly balancer: Balancer,
    private readonly accounts: readonly string[],
  ) {}

  begin(): void {
    this.began = performance.now();
    this.timer = setInterval(() => this.sendDue(), 5);
  }

  async end(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await until('the last answers', async () => this.underWay === 0);
  }

  get perSecond(): number {
    return (this.answered / (performance.now() - this.began)) * 1000;
  }

  get slowest(): number {
    return Math.max(...this.milliseconds);
  }

  p(share: number): number {
    return [...this.milliseconds].sort((one, other) => one - other)[Math.floor(this.milliseconds.length * share)] ?? 0;
  }

  private sendDue(): void {
    const due = ((performance.now() - this.began) / 1000) * PER_SECOND;
    for (; this.sent < due && this.underWay < AT_ONCE; this.sent++) void this.send(this.sent);
  }

  private async send(n: number): Promise<void> {
    this.underWay++;
    const sentAt = performance.now();
    const account = this.accounts[n % this.accounts.length] ?? '';
    try {
      const reply = await this.balancer.ask((api) =>
        n % WRITES === 0 ? api.patch(`/v1/accounts/${account}`, { company: `Company ${n}` }) : api.get('/v1/sessions/current'),
      );
      if (reply.status === 200) this.answered++;
      else this.failures.push(`${reply.status} ${reply.text}`);
    } catch (error) {
      this.failures.push(`${(error as NodeJS.ErrnoException).code ?? ''} ${String(error)}`);
    } finally {
      this.milliseconds.push(performance.now() - sentAt);
      this.underWay--;
    }
  }
}

describeWith('WHITEBOOK_MONGODB_URL')('APIs', () => {
  let fleet: Installation;
  let owner: Api;

  beforeAll(async () => {
    fleet = await Installation.open();
    await fleet.startAll(['worker', 'projector', 'api', 'api']);
    owner = await makePlace(fleet.of('api')[0]!);
    await fleet.ready(60);
  }, 120_000);
  afterAll(() => fleet?.close(), 60_000);

  it(
    'RUN-4: are replaced one after the other under load: nothing that was in flight fails',
    async () => {
      const made = [];
      for (let n = 0; n < 8; n++) made.push(expectStatus(await owner.post('/v1/accounts', customer(`rolling.${n}`)), 201));
      const balancer = new Balancer(() => fleet.of('api'), owner);
      await until('all to be served', async () => fleet.of('api').every((program) => balancer.serves(program)));
      const load = new Load(
        balancer,
        made.map(({ body }) => String(body['id'])),
      );
      load.begin();
      for (let restart = 0; restart < RESTARTS; restart++) {
        const [old] = fleet.of('api');
        const fresh = await fleet.start('api');
        await until('the new one to be served', async () => balancer.serves(fresh), 60);
        const sent = load.answered;
        expect(await fleet.end(old!)).toMatchObject({ code: 0 });
        await until('the load to go on', async () => load.answered > sent + PER_SECOND / 4, 60);
      }
      await load.end();
      await balancer.close();
      console.info(
        `${RESTARTS} restarts, ${load.answered} requests at ${load.perSecond.toFixed(0)}/s, ${load.failures.length} failed, ` +
          `p50 ${load.p(0.5).toFixed(0)} ms, p99 ${load.p(0.99).toFixed(0)} ms, slowest ${load.slowest.toFixed(0)} ms`,
      );
      expect([...new Set(load.failures)]).toEqual([]);
      expect(load.answered).toBeGreaterThan(PER_SECOND);
    },
    timeFor(RESTARTS, 40),
  );
});
