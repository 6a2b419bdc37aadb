import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

/** The address of a server that the environment names; an empty text where it names none. */
export const addressOf = (variable: string): string => process.env[variable] ?? '';

/** `describe` where the environment names the server, else one that shows as skipped. */
export const describeWith = (variable: string): jest.Describe => (addressOf(variable) === '' ? describe.skip : describe);

/** A name that no other run of the tests has. */
export const ownName = (): string => `test-${randomUUID()}`;

/** Resolves once `condition` holds; throws after `withinMs`. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the condition never held');
    await wait(5);
  }
}
