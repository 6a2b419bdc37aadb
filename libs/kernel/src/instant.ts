/** A moment as RFC 3339 in UTC with milliseconds (`2026-01-31T09:00:00.000Z`): text order is time order. */
export type Instant = string;

/** Gives the present moment. A provider, so that tests fix it. */
export type Clock = () => Instant;

export const SECONDS_PER_DAY = 86_400;

let present = { milliseconds: NaN, instant: '' };

/** The system's own. Many ask within one millisecond: its text is made once. */
export const systemClock: Clock = () => {
  const milliseconds = Date.now();
  if (milliseconds !== present.milliseconds) present = { milliseconds, instant: new Date(milliseconds).toISOString() };
  return present.instant;
};

/** The moment `seconds` (may be negative) after `from`. */
export const addSeconds = (from: Instant, seconds: number): Instant => new Date(Date.parse(from) + seconds * 1000).toISOString();

export const addDays = (from: Instant, days: number): Instant => addSeconds(from, days * SECONDS_PER_DAY);

/** Whole seconds from `from` to `to`, rounded up; negative when `to` lies before. */
export const secondsBetween = (from: Instant, to: Instant): number => Math.ceil((Date.parse(to) - Date.parse(from)) / 1000);

/** The earlier of two moments. */
export const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);

/** The later of two moments. */
export const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
