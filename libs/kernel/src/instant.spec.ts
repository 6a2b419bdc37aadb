import { addDays, addSeconds, earlier, later, secondsBetween, systemClock } from './instant.js';

const NOON = '2026-01-31T12:00:00.000Z';

it('moments move by seconds and days, over months and leap days, to the millisecond', () => {
  expect(addSeconds(NOON, 0.001)).toBe('2026-01-31T12:00:00.001Z');
  expect(addSeconds(NOON, -43_201)).toBe('2026-01-30T23:59:59.000Z');
  expect(addDays(NOON, 1)).toBe('2026-02-01T12:00:00.000Z');
  expect(addDays('2028-02-28T12:00:00.000Z', 1)).toBe('2028-02-29T12:00:00.000Z');
  expect(addSeconds('2026-01-31T13:00:00+01:00', 0)).toBe(NOON);
});

it('seconds between two moments are rounded up, so that nobody is told 0 while time is left', () => {
  expect(secondsBetween(NOON, addSeconds(NOON, 90))).toBe(90);
  expect(secondsBetween(NOON, addSeconds(NOON, 0.001))).toBe(1);
  expect(secondsBetween(NOON, addSeconds(NOON, -2))).toBe(-2);
});

it('the earlier and the later of two moments', () => {
  expect(earlier(NOON, addSeconds(NOON, 1))).toBe(NOON);
  expect(later(NOON, addSeconds(NOON, 1))).toBe(addSeconds(NOON, 1));
  expect(later(NOON, '')).toBe(NOON);
});

it("the system's clock tells every millisecond as it is, and goes back where the system's does", () => {
  const now = jest.spyOn(Date, 'now');
  const at = (instant: string): string => {
    now.mockReturnValue(Date.parse(instant));
    return systemClock();
  };
  const moments = [NOON, NOON, addSeconds(NOON, 0.001), addSeconds(NOON, -60), NOON];
  expect(moments.map(at)).toEqual(moments);
  now.mockRestore();
});
