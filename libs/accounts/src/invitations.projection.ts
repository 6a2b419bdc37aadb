import type { DomainEvent, Recorded } from '#event-store';
import { addSeconds, type Instant, type JsonObject } from '#kernel';
import type { Change, Collection } from '#read-store';
import type { AccountEvent, MailVia } from './account.events.js';
import type { MailEvent } from './mail.events.js';

/** Row of an invitation, whatever became of it. Who was invited is gone with the account's personal data. */
export type InvitationRow = {
  workspace: string;
  account: string;
  state: 'pending' | 'accepted' | 'expired' | 'revoked';
  email: string | null;
  fullName: string | null;
  role: string;
  plan: string;
  botSlots: number;
  test: boolean;
  testDays: number | null;
  invitedBy: string | null;
  invitedAt: Instant;
  expiresAt: Instant;
  generation: number;
  sentCount: number;
  sentAt: Instant;
  deliveryState: 'queued' | 'sent' | 'retrying' | 'failed';
  deliveryVia: MailVia;
  deliveryError: string | null;
  revision: number;
};

export const invitations: Collection<never> = {
  name: 'invitations',
  fields: { workspace: 'key', account: 'key', state: 'key', invitedAt: 'key', deliveryState: 'key', sentAt: 'key' },
  indexes: [
    ['workspace', 'invitedAt'],
    ['workspace', 'state', 'invitedAt'],
    ['state', 'deliveryState', 'sentAt'],
  ],
};

/** Id of the invitation that an account was made with: one is the other, so that no read model is asked. */
export const invitationOf = (account: string): string => `i${account}`;
/** The account behind an invitation's id; null for what is no such id. */
export const invitedAccount = (invitation: string): string | null => /^i([0-9a-f]{32})$/.exec(invitation)?.[1] ?? null;

type Other = DomainEvent<'UserLoggedIn' | 'PasswordResetRequested', object>;
type Handled = AccountEvent | MailEvent | Other;
interface Place {
  readonly workspace: string;
  readonly account: string;
}

/** Rows of invitations after one event. */
export function invitationChanges(
  { event, created, metadata, revision }: Recorded<Handled>,
  { workspace, account }: Place,
): Change[] {
  const id = invitationOf(account);
  const set = (fields: JsonObject): Change[] => [{ op: 'set', collection: 'invitations', id, fields }];
  const moved = { revision: revision + 1 };
  switch (event.type) {
    case 'UserInvited': {
      const { email, fullName, role, plan, test, testSeconds, quotas, generation, lifetimeSeconds, via } = event.data;
      const row: InvitationRow = {
        workspace,
        account,
        state: 'pending',
        email: email ?? null,
        fullName: fullName ?? null,
        role,
        plan,
        botSlots: quotas.botSlots,
        test,
        testDays: testSeconds === null ? null : testSeconds / 86_400,
        invitedBy: metadata.actor.id,
        invitedAt: created,
        expiresAt: addSeconds(created, lifetimeSeconds),
        generation,
        sentCount: 1,
        sentAt: created,
        deliveryState: 'queued',
        deliveryVia: via,
        deliveryError: null,
        ...moved,
      };
      return [{ op: 'put', collection: 'invitations', id, row }];
    }
    case 'InvitationResent': {
      const { generation, lifetimeSeconds, via } = event.data;
      const delivery = { deliveryState: 'queued', deliveryVia: via, deliveryError: null };
      return set({
        generation,
        sentCount: generation,
        sentAt: created,
        expiresAt: addSeconds(created, lifetimeSeconds),
        ...delivery,
        ...moved,
      });
    }
    case 'InvitationMailSent':
      return set({ deliveryState: 'sent', deliveryVia: event.data.via, deliveryError: null });
    case 'InvitationMailFailed': {
      const { retrying, via, error } = event.data;
      return set({ deliveryState: retrying ? 'retrying' : 'failed', deliveryVia: via, deliveryError: error });
    }
    case 'InvitationAccepted':
    case 'UserActivated':
      return set({ state: 'accepted', ...moved });
    case 'InvitationRevoked':
      return set({ state: 'revoked', email: null, fullName: null, ...moved });
    case 'InvitationExpired':
      return set({ state: 'expired', email: null, fullName: null, ...moved });
    case 'EmailChanged':
      return set({ email: event.data.to ?? null });
    case 'UserDeleted':
      return set({ email: null, fullName: null });
    case 'RoleChanged':
      return set({ role: event.data.to, botSlots: event.data.botSlots });
    case 'UserConverted':
      return set({ test: false, testDays: null, botSlots: event.data.botSlots });
    case 'PlanAssigned':
      return set({ plan: event.data.to });
    case 'QuotasChanged':
      return set({ botSlots: event.data.to.botSlots });
    case 'ProfileChanged':
      return event.data.changes?.fullName ? set({ fullName: event.data.changes.fullName.to }) : [];
    case 'UserCreated':
    case 'UserDisabled':
    case 'UserEnabled':
    case 'TestExpired':
    case 'TestExtended':
    case 'PasswordChanged':
    case 'PasswordChangeRequired':
    case 'EmailChangeRequested':
    case 'UserLoggedIn':
    case 'PasswordResetRequested':
      return [];
  }
}
