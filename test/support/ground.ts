import { at, textAt, type Api } from './api.js';
import { operationsOf, pathOf, type Operation } from './operations.js';
import { expectStatus, makeCustomer, makePlace, type Place } from './place.js';
import { until, type Whitebook } from './whitebook.js';

/** Everything that the routes of the document need to be asked: their operations, and ids of what there is. */
export class Ground {
  private constructor(
    readonly place: Place,
    readonly operations: readonly Operation[],
    /** One of each kind that a path can name. */
    readonly ids: Readonly<Record<'account' | 'invitation' | 'session' | 'key' | 'workspace', string>>,
  ) {}

  static async of(whitebook: Pick<Whitebook, 'signIn'>): Promise<Ground> {
    const place = await makePlace(whitebook);
    const { owner } = place;
    const { id: account } = await makeCustomer(owner, { test: true });
    const invited = await owner.post('/v1/invitations', { email: `invited@${place.slug}.example`, test: true });
    const mailed = async () => textAt(await owner.get(`/v1/invitations/${textAt(invited, 'id')}`), 'delivery.state') === 'sent';
    await until('the invitation to be mailed: nothing goes on by itself then', mailed);
    const key = await owner.post('/v1/api-keys', { name: 'a key', scopes: ['accounts:read'] });
    const sessions = await owner.get(`/v1/accounts/${place.staff.admin.id}/sessions`);
    const document = expectStatus(await owner.get('/openapi.json'), 200).body;
    return new Ground(place, operationsOf(document as never), {
      account,
      invitation: textAt(invited, 'id'),
      key: textAt(key, 'id'),
      session: textAt(sessions, 'items.0.id'),
      workspace: place.id,
    });
  }

  /** Where an operation is asked about something that is there. */
  path(operation: Pick<Operation, 'template'>): string {
    return pathOf(operation, (name, template) => {
      if (name === 'sid') return this.ids.session;
      if (template.startsWith('/v1/workspaces')) return this.ids.workspace;
      if (template.startsWith('/v1/invitations')) return this.ids.invitation;
      return template.startsWith('/v1/api-keys') ? this.ids.key : this.ids.account;
    });
  }

  /** Who may ask it: the operator for what is above the workspaces, else the owner. */
  caller({ template }: Pick<Operation, 'template'>): Api {
    return template.startsWith('/v1/workspaces') ? this.place.operator : this.place.owner;
  }
}

/** Pointers of a refusal's errors, with their codes. */
export const errorsOf = (reply: Parameters<typeof at>[0]): readonly { pointer: string; code: string; message: string }[] =>
  (at(reply, 'errors') ?? []) as never;
