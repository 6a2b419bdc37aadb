import type { DomainEvent, EventDefinition } from '#event-store';
import type { MailVia } from './account.events.js';

/** What became of an invitation's mail. In a stream of its own: delivery is no change of the account. */
export type InvitationMailSent = DomainEvent<'InvitationMailSent', { invitation: string; generation: number; via: MailVia }>;
export type InvitationMailFailed = DomainEvent<
  'InvitationMailFailed',
  {
    invitation: string;
    generation: number;
    via: MailVia;
    /** The server's kind of answer, without personal data. */
    error: string;
    /** It is tried again. */
    retrying: boolean;
  }
>;
export type MailEvent = InvitationMailSent | InvitationMailFailed;

export const mailEvents: readonly EventDefinition[] = [
  { type: 'InvitationMailSent', version: 1, personal: [] },
  { type: 'InvitationMailFailed', version: 1, personal: [] },
];

export const mailStream = (workspace: string, account: string): string => `mail-${workspace}-${account}`;
