import * as fc from 'fast-check';
import { keyedCommandId, systemContext } from './context.js';

const SAME = ['w1', 'sara', 'POST', '/v1/accounts', 'key-1'] as const;
type Parts = readonly [workspace: string, actor: string, method: string, path: string, key: string];
const idOf = (parts: Parts) => keyedCommandId(...parts);

describe('COR-1: the id of a keyed command', () => {
  it('is the same for the same, and frozen', () => {
    expect(idOf(SAME)).toBe(keyedCommandId(...SAME));
    expect(idOf(SAME)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
  it.each([
    ['workspaces', ['w2', 'sara', 'POST', '/v1/accounts', 'key-1']],
    ['actors', ['w1', 'tom', 'POST', '/v1/accounts', 'key-1']],
    ['methods', ['w1', 'sara', 'PUT', '/v1/accounts', 'key-1']],
    ['paths', ['w1', 'sara', 'POST', '/v1/accounts/', 'key-1']],
    ['keys', ['w1', 'sara', 'POST', '/v1/accounts', 'KEY-1']],
  ] as [string, Parts][])('%s do not meet', (_what, other) => expect(idOf(other)).not.toBe(idOf(SAME)));
  it.each([
    [
      ['w1', 'sara', 'POST', '/a/1:b', 'c'],
      ['w1', 'sara', 'POST', '/a', '1:b/1:c'],
    ],
    [
      ['w1', 'a/1:b', 'c', 'd', 'e'],
      ['w1', 'a', 'b/1:c', 'd', 'e'],
    ],
    [
      ['w', '1', 'x', 'y', 'z'],
      ['w1', '', 'x', 'y', 'z'],
    ],
    [
      ['', '', '', '', '/'],
      ['', '', '', '/', ''],
    ],
  ] as [Parts, Parts][])('separators cannot be forged: %j and %j', (one, other) => expect(idOf(one)).not.toBe(idOf(other)));
  it('is another one for any other parts', () => {
    const part = fc.string({ unit: fc.constantFrom('1', '2', ':', '/', 'a'), maxLength: 5 });
    const parts = fc.tuple(part, part, part, part, part);
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(idOf(one) === idOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
  it('shows nothing of the key', () => expect(idOf(SAME)).not.toContain('key-1'));
});

it('the system acts in its own name, without key and credential', () => {
  expect(systemContext('w1', 'c1')).toEqual({
    workspace: 'w1',
    actor: { id: null, role: 'system', workspace: 'w1' },
    principal: null,
    commandId: 'c1',
    dryRun: false,
    correlationId: 'c1',
  });
  expect(systemContext('w1', 'c1', 'cause')).toMatchObject({ correlationId: 'cause', causationId: 'cause' });
});
