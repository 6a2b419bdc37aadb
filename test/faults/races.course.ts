import { expectStatus } from '../program/place.js';
import { OPERATOR } from '../program/program.js';
import { textAt, type Api, type Reply } from '../support/api.js';
import { makeBrand, PASSWORD, secretFor, type Brand, type Installed } from './brand.js';

/** Where races are run. Its API may be several processes. */
export interface Racecourse extends Installed {
  /** The outbox lies in it. */
  readonly folder: string;
  /** Ends it; fails where what it leaves does not agree with its log. */
  expectSound(): Promise<void>;
  /** Leaves nothing behind, whatever happened. */
  close(): Promise<void>;
}

/** What runners of all races use: a brand of their own, and people who were not there before. */
export class Stand {
  private names = 0;

  private constructor(
    readonly course: Racecourse,
    readonly operator: Api,
    readonly brand: Brand,
  ) {}

  static async on(course: Racecourse): Promise<Stand> {
    const operator = await course.signIn(OPERATOR);
    return new Stand(course, operator, await makeBrand(course, 'races', 0, operator));
  }

  email(): string {
    return `racer-${++this.names}@customers.example`;
  }

  invite(fields: object): Promise<Reply> {
    return this.brand.owner.post('/v1/invitations', { email: this.email(), ...fields });
  }

  create(fields: object): Promise<Reply> {
    return this.brand.owner.post('/v1/accounts', { email: this.email(), password: PASSWORD, ...fields });
  }

  async invited(fields: object): Promise<{ id: string; account: string }> {
    const reply = expectStatus(await this.invite(fields), 201);
    return { id: textAt(reply, 'id'), account: textAt(reply, 'accountId') };
  }

  /** Somebody who was invited, with the secret that was mailed. */
  async guest(): Promise<{ id: string; account: string; token: string }> {
    const { id, account } = await this.invited({ botSlots: 0 });
    return { id, account, token: await secretFor(this.course.folder, account, 'invitation') };
  }

  accept(token: string): Promise<Reply> {
    const body = { token, password: PASSWORD, fullName: 'Ada Racer' };
    return this.course.api.post('/v1/invitations/accept', body, { headers: { host: this.brand.domain } });
  }

  async resize(botSlots: number): Promise<void> {
    expectStatus(await this.operator.put(`/v1/workspaces/${this.brand.id}/pool`, { botSlots }), 200);
  }
}

export const won = ({ status }: Reply): boolean => status < 300;
