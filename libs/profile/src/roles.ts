/** What a process does: answers requests, brings read models up to date, or does what follows from events and from time. */
export type Role = 'api' | 'projector' | 'worker';

/** All of them: one process that does everything. */
export const ALL_ROLES: ReadonlySet<Role> = new Set(['api', 'projector', 'worker']);
