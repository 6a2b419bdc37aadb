import type { Position } from '#event-store';
import type { Instant, Refusal } from '#kernel';
import type { Role } from '#policy';
import type {
  AccountEvent,
  DeleteReason,
  DisableKind,
  DisableReason,
  EditableField,
  MailVia,
  Profile,
  Quotas,
  Status,
  Utm,
} from './account.events.js';

/** What somebody wants for a new account, directly or by invitation. */
export interface NewAccount {
  readonly profile: Profile;
  readonly role: Role;
  readonly plan: string;
  readonly test: boolean;
  readonly testDays: number | null;
  /** Null: 1 for a regular account, 0 for others. */
  readonly botSlots: number | null;
  readonly conversations: number | null;
  readonly teamMembers: number;
}

export type AccountCommand =
  /** `first`: the owner made with the workspace, before any domain is verified. */
  | { type: 'Create'; account: NewAccount; credential: string; passwordChangeRequired: boolean; first?: true }
  | { type: 'Invite'; account: NewAccount; invitation: string; via: MailVia | null }
  | { type: 'Resend'; via: MailVia | null }
  | { type: 'Revoke' }
  | { type: 'ExpireInvitation'; generation: number }
  | { type: 'Accept'; generation: number; credential: string; fullName: string | null; utm: Utm | null }
  | { type: 'Activate'; credential: string; passwordChangeRequired: boolean }
  | { type: 'Disable'; kind: DisableKind; reason: DisableReason; note: string | null; until: Instant | null }
  | { type: 'SetStatus'; status: Status; reason: DisableReason; note: string | null; until: Instant | null }
  | { type: 'Enable' }
  | { type: 'EndBlock'; until: Instant }
  | { type: 'ExpireTest'; testExpiresAt: Instant }
  | { type: 'Extend'; testDays: number }
  | { type: 'Convert'; botSlots: number }
  | { type: 'SetRole'; role: Role }
  | { type: 'SetPassword'; credential: string; by: 'self' | 'staff'; passwordChangeRequired: boolean; session: string | null }
  /** `asked`: where the log has the wish for the link. */
  | { type: 'ResetPassword'; credential: string; generation: number; asked: Position }
  | { type: 'RequirePasswordChange' }
  /** `email.confirmed`: it is set at once; else its owner confirms it by a link. */
  | { type: 'Edit'; changes: Partial<Pick<Profile, EditableField>>; email?: { to: string; confirmed: boolean } }
  | { type: 'ConfirmEmail'; generation: number }
  | { type: 'AssignPlan'; plan: string; reason: string | null }
  | { type: 'SetQuotas'; quotas: Partial<Quotas> }
  /** `again`: it was deleted before a restore, and is deleted once more whatever a rule says. */
  | { type: 'Delete'; confirm: string; reason: DeleteReason | null; again?: true };

/** What a decision reads beside the account's own stream. */
export interface AccountFacts {
  /** The store's time. */
  readonly now: Instant;
  /** The refusal to add anybody while the workspace has no verified domain; null where it has one. */
  readonly domainMissing: Refusal | null;
  /** Codes of the plans that can be assigned. */
  readonly plans: readonly string[];
}

/** Places that a decision takes or gives up, by what they are; the handler knows their streams. */
export interface Places {
  readonly email?: string;
  readonly username?: string;
  readonly botSlots?: number;
}

export interface AccountDecision {
  readonly events: readonly AccountEvent[];
  readonly takes?: Places;
  /** Addresses given up; of bot slots, how many are kept in all. */
  readonly gives?: Places;
  /** There is one active owner less: refused where it would be the last. */
  readonly ownerLess?: true;
  /** There is, or will be, one owner more. */
  readonly ownerMore?: true;
}
