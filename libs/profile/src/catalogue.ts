import { accessEvents } from '#access/records';
import { accountEvents, accountsProjection, mailEvents } from '#accounts/records';
import { claimEvents } from '#commands';
import type { EventDefinition } from '#event-store';
import { historyProjection } from '#history/records';
import type { Projection } from '#read-store';
import { workspaceEvents, workspacesProjection } from '#workspaces/records';

/** Every event type that this release writes and reads. */
export const eventDefinitions: readonly EventDefinition[] = [
  ...claimEvents,
  ...workspaceEvents,
  ...accountEvents,
  ...mailEvents,
  ...accessEvents,
];

/** Every read model. */
export const projections: readonly Projection[] = [accountsProjection, workspacesProjection, historyProjection];
