import { accessEvents } from '#access';
import { accountEvents, accountsProjection, mailEvents } from '#accounts';
import { claimEvents } from '#commands';
import type { EventDefinition } from '#event-store';
import { historyProjection } from '#history';
import type { Projection } from '#read-store';
import { workspaceEvents, workspacesProjection } from '#workspaces';

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
