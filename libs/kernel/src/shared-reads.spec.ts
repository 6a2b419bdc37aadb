import { SharedReads } from './shared-reads.js';

/** Turns that end when the test says so. */
function turns() {
  const ends: (() => void)[] = [];
  return {
    endOfTurn: () => new Promise<void>((resolve) => ends.push(resolve)),
    end: () => ends.splice(0).forEach((end) => end()),
  };
}

describe('reads of one turn', () => {
  it('begin after all have asked, and are one', async () => {
    const { endOfTurn, end } = turns();
    const reads = new SharedReads<number>(endOfTurn);
    let written = 0;
    let begun = 0;
    const look = () => reads.read('account-1', async () => (begun++, written));
    const first = look();
    written = 1;
    const second = look();
    expect(begun).toBe(0);
    end();
    expect(await Promise.all([first, second])).toEqual([1, 1]);
    expect(begun).toBe(1);
  });

  it('are not shared with who asks when they have begun, and not with who asks for something else', async () => {
    const { endOfTurn, end } = turns();
    const reads = new SharedReads<string>(endOfTurn);
    let answer!: (value: string) => void;
    const first = reads.read('account-1', () => new Promise((resolve) => (answer = resolve)));
    const other = reads.read('account-2', async () => 'other');
    end();
    expect(await other).toBe('other');
    const later = reads.read('account-1', async () => 'later');
    end();
    expect(await later).toBe('later');
    answer('first');
    expect(await first).toBe('first');
  });

  it('fail for all who share one, and for nobody after them', async () => {
    const { endOfTurn, end } = turns();
    const reads = new SharedReads<number>(endOfTurn);
    const lost = () => reads.read('account-1', () => Promise.reject(new Error('lost')));
    const both = Promise.allSettled([lost(), lost()]);
    end();
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = reads.read('account-1', async () => 7);
    end();
    expect(await next).toBe(7);
  });
});
