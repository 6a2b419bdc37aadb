import { z } from 'zod';
import { commaList, flag, instant, wholeNumber } from '#http';
import { addDays, type Instant } from '#kernel';
import { ROLES } from '#policy';
import type { Filter, Find, Tally } from '#read-store';
import { keyOf } from './accounts.projection.js';

/** Parameters that choose accounts, for the list and its summary alike. */
export const listFilters = {
  search: z.string().max(200).optional(),
  role: commaList(ROLES).optional(),
  test: flag.optional(),
  plan: z.string().min(1).max(64).optional(),
  company: z.string().min(1).max(200).optional(),
  joinedFrom: instant.optional(),
  joinedTo: instant.optional(),
  lastLoginFrom: instant.optional(),
  lastLoginTo: instant.optional(),
  expiringWithinDays: wholeNumber(1, 365).optional(),
  utmSource: z.string().min(1).max(200).optional(),
  utmMedium: z.string().min(1).max(200).optional(),
  utmCampaign: z.string().min(1).max(200).optional(),
};
export type ListFilters = z.output<z.ZodObject<typeof listFilters>>;

/** Columns that a caller can pick; the id is always there. */
export const LIST_FIELDS = [
  'id',
  'number',
  'email',
  'username',
  'fullName',
  'company',
  'phone',
  'role',
  'status',
  'statusReason',
  'statusNote',
  'disabledUntil',
  'test',
  'testExpiresAt',
  'testSecondsLeft',
  'plan',
  'addOns',
  'hasActiveSubscription',
  'quotas',
  'overQuota',
  'channels',
  'usage',
  'devices',
  'balance',
  'utm',
  'attributes',
  'comments',
  'joinedAt',
  'createdBy',
  'lastLoginAt',
  'revision',
  'actions',
] as const;
export type ListField = (typeof LIST_FIELDS)[number];

/** Fields of a row behind the columns that can be sorted by. Columns of later parts are alike in all rows: their order is that of the numbers. */
const SORT_FIELDS = {
  number: 'number',
  email: 'email',
  username: 'username',
  fullName: 'fullName',
  name: 'fullName',
  company: 'company',
  phone: 'phone',
  role: 'role',
  plan: 'plan',
  status: 'status',
  test: 'testExpiresAt',
  testExpiresAt: 'testExpiresAt',
  joinedAt: 'joinedAt',
  lastLoginAt: 'lastLoginAt',
  devices: 'number',
  balance: 'number',
  channels: 'number',
} as const;
type SortName = keyof typeof SORT_FIELDS;

const names = Object.keys(SORT_FIELDS) as SortName[];
/** Values of `sort`: a column, with `-` before it for descending. */
export const SORTS = names.flatMap((name) => [name, `-${name}`] as const) as [
  SortName | `-${SortName}`,
  ...(SortName | `-${SortName}`)[],
];

export function sortOf(sort: string): Find['sort'] {
  const descending = sort.startsWith('-');
  return { field: SORT_FIELDS[(descending ? sort.slice(1) : sort) as SortName], descending };
}

/** Days within which a test account counts as expiring soon. Source: the summary cards. */
export const SOON_DAYS = 7;

const eq = (field: string, value: string | boolean): Filter => ({ field, op: 'eq', value });

/** The list's filters but the status, as filters over rows. */
export function filtersOf(workspace: string, query: ListFilters, now: Instant): Filter[] {
  const filters: Filter[] = [eq('workspace', workspace)];
  if (query.role) filters.push({ field: 'role', op: 'in', values: query.role });
  if (query.test !== undefined) filters.push(eq('test', query.test));
  if (query.plan) filters.push(eq('plan', query.plan));
  if (query.company) filters.push(eq('companyKey', keyOf(query.company.trim()) as string));
  if (query.utmSource) filters.push(eq('utmSource', query.utmSource));
  if (query.utmMedium) filters.push(eq('utmMedium', query.utmMedium));
  if (query.utmCampaign) filters.push(eq('utmCampaign', query.utmCampaign));
  range(filters, 'joinedAt', query.joinedFrom, query.joinedTo);
  range(filters, 'lastLoginAt', query.lastLoginFrom, query.lastLoginTo);
  if (query.expiringWithinDays) filters.push(...expiring(now, query.expiringWithinDays));
  return filters;
}

function range(filters: Filter[], field: string, from?: Instant, to?: Instant): void {
  if (from === undefined && to === undefined) return;
  filters.push({ field, op: 'range', ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
}

/** Running test accounts whose time ends between now and then. */
const expiring = (now: Instant, days: number): Filter[] => [
  eq('test', true),
  { field: 'testExpiresAt', op: 'range', from: now, to: addDays(now, days) },
];

/** `inactive` includes blocked ones; pending ones only when they are asked for. */
export function statusFilters(status: readonly string[] | undefined): Filter[] {
  if (status === undefined) return [eq('listed', true)];
  if (status.includes('all')) return [];
  const values = [...new Set(status.flatMap((name) => (name === 'inactive' ? ['inactive', 'blocked'] : [name])))];
  const listed: Filter[] = status.includes('pending') ? (values.length === 1 ? [eq('listed', false)] : []) : [eq('listed', true)];
  return [...listed, { field: 'status', op: 'in', values }];
}

/** The summary cards as tallies over the rows under the list's filters. */
export function summaryTallies(now: Instant): Record<string, Tally> {
  const listed = eq('listed', true);
  const count = (...filters: Filter[]): Tally => ({ count: [listed, ...filters] });
  return {
    total: count(),
    active: count(eq('status', 'active')),
    inactive: count({ field: 'status', op: 'in', values: ['inactive', 'blocked'] }),
    blocked: count(eq('status', 'blocked')),
    pending: { count: [eq('listed', false)] },
    test: count(eq('test', true)),
    expiringSoon: count(...expiring(now, SOON_DAYS)),
  };
}

/** The list's filters over listed and pending accounts alike, said so that each of the list's indexes can answer them. */
export const summaryFilters = (workspace: string, query: ListFilters, now: Instant): Filter[] => [
  ...filtersOf(workspace, query, now),
  { field: 'listed', op: 'in', values: [true, false] },
];

/** Counters that hold the cards where no filter is given, by card; what time decides is counted. */
export const summaryCounters = (workspace: string): Record<string, string> => ({
  total: `${workspace}/total`,
  active: `${workspace}/status:active`,
  inactiveOnly: `${workspace}/status:inactive`,
  blocked: `${workspace}/status:blocked`,
  pending: `${workspace}/pending`,
  test: `${workspace}/test`,
});

/** Filters of the one card that time decides. */
export const soonFilters = (workspace: string, now: Instant): Filter[] => [
  eq('workspace', workspace),
  eq('listed', true),
  ...expiring(now, SOON_DAYS),
];
