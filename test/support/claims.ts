import type { DomainEvent, Recorded } from '#event-store';

export const NOON = '2026-01-31T12:00:00.000Z';

/** An event of a resource or a holder, as the log gives it back. */
export const recordedAt = <E extends DomainEvent>(
  revision: number,
  event: E,
  metadata: Partial<Recorded['metadata']> = {},
): Recorded<E> => ({
  event,
  id: `event-${revision}`,
  stream: 'account-w1-a',
  revision,
  position: revision + 1,
  created: NOON,
  workspace: 'w1',
  number: revision + 1,
  metadata: {
    workspace: 'w1',
    subject: 'a',
    actor: { id: null, role: 'system', workspace: 'w1' },
    commandId: null,
    correlationId: 'c',
    at: NOON,
    schemaVersion: 1,
    ...metadata,
  },
  clear: {},
  sealed: null,
  erased: false,
});
