import { GatheredReads } from './gathered-reads.js';

/** Look-ups that give back what they were asked for, in turns that end when the test says so. */
function gathered(read = async (values: readonly string[]): Promise<readonly string[]> => values) {
  const ends: (() => void)[] = [];
  const asked: (readonly string[])[] = [];
  const reads = new GatheredReads<string>(
    (values) => {
      asked.push(values);
      return read(values);
    },
    () => new Promise<void>((resolve) => ends.push(resolve)),
  );
  return { reads, asked, end: () => ends.splice(0).forEach((end) => end()) };
}

describe('look-ups of one turn', () => {
  it('begin after all have asked, and are one for each value', async () => {
    const { reads, asked, end } = gathered();
    const all = Promise.all([reads.find(['a']), reads.find(['b', 'a']), reads.find([])]);
    expect(asked).toEqual([]);
    end();
    expect(await all).toEqual([['a', 'b'], ['a', 'b'], []]);
    expect(asked).toEqual([['a', 'b']]);
  });

  it('are not shared with who asks when they have begun', async () => {
    const { reads, asked, end } = gathered();
    const first = reads.find(['a']);
    end();
    await first;
    const second = reads.find(['a']);
    end();
    expect(await second).toEqual(['a']);
    expect(asked).toEqual([['a'], ['a']]);
  });

  it('fail for all who share one, and for nobody after them', async () => {
    let lost = true;
    const { reads, end } = gathered(async (values) => {
      if (lost) throw new Error('lost');
      return values;
    });
    const both = Promise.allSettled([reads.find(['a']), reads.find(['b'])]);
    end();
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    lost = false;
    const next = reads.find(['a']);
    end();
    expect(await next).toEqual(['a']);
  });
});
