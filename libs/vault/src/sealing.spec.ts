import { sealingUnder } from './sealing.js';

describe('sealing', () => {
  const sealing = sealingUnder(Buffer.alloc(32, 1), 'secrets');

  it('opens what it sealed, and seals the same value in another way each time', () => {
    const sealed = sealing.seal('smtp', Buffer.from('hunter2'));
    expect(sealing.open('smtp', sealed)).toEqual(Buffer.from('hunter2'));
    expect(sealing.seal('smtp', Buffer.from('hunter2'))).not.toEqual(sealed);
  });

  it('opens nothing under another name, purpose or master key, or changed', () => {
    const sealed = sealing.seal('smtp', Buffer.from('hunter2'));
    expect(() => sealing.open('other', sealed)).toThrow();
    expect(() => sealingUnder(Buffer.alloc(32, 1), 'person-keys').open('smtp', sealed)).toThrow();
    expect(() => sealingUnder(Buffer.alloc(32, 2), 'secrets').open('smtp', sealed)).toThrow();
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => sealing.open('smtp', changed)).toThrow();
    }
  });

  it('COR-20: tells of bytes that are cut off with an error without a code: no store is down', () => {
    const sealed = sealing.seal('smtp', Buffer.from('hunter2'));
    for (let length = 0; length < sealed.length; length += 1)
      expect(thrownBy(() => sealing.open('smtp', sealed.subarray(0, length)))).not.toHaveProperty('code');
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
