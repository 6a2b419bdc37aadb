import { textAt, type Reply } from '../support/api.js';
import { expectStatus } from '../program/place.js';
import { until, type Program } from '../program/program.js';
import { PASSWORD, secretFor, type Brand } from './brand.js';
import { Visitor } from './stopped.visitor.js';
import { Watch, type Kind } from './stopped.watch.js';

const VISITORS = 16;
const BOTH: readonly Kind[] = ['session', 'impersonation'];
/** Requests that are made between two steps. */
const BETWEEN = 144;

/**
 * One account from its creation as an admin to its end as a customer, used all the time by clients: its sessions, their refresh,
 * log-ins, API keys and impersonations by it and of it.
 */
export class Life {
  readonly watch = new Watch();
  /** All that it ever had, the one in force last. */
  readonly passwords = [PASSWORD];
  role: 'admin' | 'user' = 'admin';
  private over = false;

  private constructor(
    readonly program: Program,
    private readonly folder: string,
    readonly brand: Brand,
    readonly id: string,
    readonly email: string,
    /** A customer whom the account impersonates while it is staff. */
    readonly customer: string,
  ) {}

  static async begin(program: Program, folder: string, brand: Brand, name: string): Promise<Life> {
    const email = `${name}@customers.example`;
    const made = expectStatus(await brand.owner.post('/v1/accounts', { email, password: PASSWORD, role: 'admin' }), 201);
    const other = await brand.owner.post('/v1/accounts', { email: `x.${email}`, password: PASSWORD, botSlots: 0 });
    return new Life(program, folder, brand, textAt(made, 'id'), email, textAt(expectStatus(other, 201), 'id'));
  }

  /** 16 clients from the first step to after the last. */
  async live(): Promise<void> {
    const clients = Array.from({ length: VISITORS }, (_, n) => new Visitor(this, n).run(() => this.over));
    try {
      await this.steps();
    } finally {
      this.over = true;
      await Promise.all(clients);
    }
  }

  private async steps(): Promise<void> {
    const { owner } = this.brand;
    const account = `/v1/accounts/${this.id}`;
    const call =
      (send: () => Promise<Reply>, status = 200) =>
      async () =>
        void expectStatus(await send(), status);
    const shut = { ends: BOTH, shut: true, password: false };
    const opened = { ends: [], shut: false, password: false };
    const ended = { ends: BOTH, shut: false, password: false };
    await this.busy();
    await this.step(
      { name: 'disable', ...shut },
      call(() => owner.post(`${account}/disable`, {})),
    );
    await this.step(
      { name: 'enable', ...opened },
      call(() => owner.post(`${account}/enable`, {})),
    );
    await this.newPassword('password', (password) => call(() => owner.put(`${account}/password`, { password }))());
    await this.step({ name: 'demote', ...ended }, async () => {
      await call(() => owner.put(`${account}/role`, { role: 'user' }))();
      this.role = 'user';
    });
    expectStatus(await owner.post(`${account}/password-reset-mail`), 200);
    const token = await secretFor(this.folder, this.id, 'reset');
    await this.newPassword('reset', (password) =>
      call(() => this.program.api.post('/v1/password-resets/accept', { token, password }), 204)(),
    );
    await this.step(
      { name: 'block', ...shut },
      call(() => owner.put(`${account}/status`, { status: 'blocked' })),
    );
    await this.step(
      { name: 'unblock', ...opened },
      call(() => owner.put(`${account}/status`, { status: 'active' })),
    );
    const gone = { ends: [...BOTH, 'key'] as const, shut: true, password: false };
    await this.step(
      { name: 'delete', ...gone },
      call(() => owner.delete(account, { confirm: this.email }), 204),
    );
  }

  private async step(what: Parameters<Watch['step']>[0], send: () => Promise<void>): Promise<void> {
    await this.watch.step(what, send);
    await this.busy();
  }

  private async newPassword(name: string, send: (password: string) => Promise<void>): Promise<void> {
    const password = `quiet-lantern-${this.passwords.length}`;
    await this.step({ name, ends: BOTH, shut: false, password: true }, async () => {
      await send(password);
      this.passwords.push(password);
    });
  }

  private async busy(): Promise<void> {
    const enough = this.watch.uses.length + BETWEEN;
    await until('requests between two steps', async () => this.watch.uses.length >= enough, 60);
  }
}
