import { KeyedQueue } from './keyed-queue.js';

/** Work that stands at a gate until it is opened. */
function gated(log: string[], name: string) {
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const work = async () => {
    log.push(`${name} begins`);
    await gate;
    log.push(`${name} ends`);
    return name;
  };
  return { open, work };
}
/** Lets everything run that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

it('runs work of one key one after the other, in the order of asking', async () => {
  const queue = new KeyedQueue();
  const log: string[] = [];
  const works = ['a', 'b', 'c'].map((name) => gated(log, name));
  const done = works.map(({ work }) => queue.run(['k'], work));
  await settle();
  expect(log).toEqual(['a begins']);
  for (const { open } of works.reverse()) open();
  expect(await Promise.all(done)).toEqual(['a', 'b', 'c']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

it('runs work of other keys meanwhile, and that of several keys once all are free', async () => {
  const queue = new KeyedQueue();
  const log: string[] = [];
  const [a, b, both] = ['a', 'b', 'both'].map((name) => gated(log, name)) as [
    ReturnType<typeof gated>,
    ...ReturnType<typeof gated>[],
  ];
  const done = [queue.run(['x'], a.work), queue.run(['y'], b!.work), queue.run(['y', 'x', 'y'], both!.work)];
  await settle();
  expect(log).toEqual(['a begins', 'b begins']);
  a.open();
  await settle();
  expect(log).not.toContain('both begins');
  b!.open();
  both!.open();
  await Promise.all(done);
  expect(log.at(-2)).toBe('both begins');
});

it('nobody waits in a ring, in whatever order keys are named', async () => {
  const queue = new KeyedQueue();
  const rounds = Array.from({ length: 50 }, (_, round) =>
    queue.run(round % 2 ? ['x', 'y', 'z'] : ['z', 'y', 'x'], async () => round),
  );
  expect(await Promise.all(rounds)).toHaveLength(50);
});

it('goes on after work that failed, and without keys', async () => {
  const queue = new KeyedQueue();
  const failed = queue.run(['k'], async () => {
    throw new Error('no');
  });
  const next = queue.run(['k'], async () => 'next');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('next');
  expect(await queue.run([], async () => 'free')).toBe('free');
});

it('work that lets the next one begin goes on beside it, and frees a key no more than once', async () => {
  const queue = new KeyedQueue();
  const log: string[] = [];
  const [a, b, c] = ['a', 'b', 'c'].map((name) => gated(log, name)) as [ReturnType<typeof gated>, ...ReturnType<typeof gated>[]];
  const done = [
    queue.run(['k', 'l'], (release) => {
      release();
      return a.work();
    }),
    queue.run(['k'], b!.work),
    queue.run(['k'], c!.work),
  ];
  await settle();
  expect(log).toEqual(['a begins', 'b begins']);
  a.open();
  await settle();
  expect(log).not.toContain('c begins');
  b!.open();
  c!.open();
  expect(await Promise.all(done)).toEqual(['a', 'b', 'c']);
});
