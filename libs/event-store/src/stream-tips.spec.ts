import { NO_STREAM } from './event-store.port.js';
import { StreamTips } from './stream-tips.js';

const at = (...revisions: number[]) => revisions.map((revision) => ({ revision }));

describe('where a stream ends', () => {
  it('is known from a read, and moves with what is written after it', () => {
    const tips = new StreamTips();
    expect(tips.endsAt('s', 2)).toBe(false);
    tips.read('s', 0, at(1, 2));
    expect(tips.endsAt('s', 1)).toBe(false);
    expect(tips.endsAt('s', 2)).toBe(true);
    tips.appended('s', 2, 2);
    expect(tips.endsAt('s', 3)).toBe(false);
    expect(tips.endsAt('s', 4)).toBe(true);
  });
  it('is known of a stream that is not there, and of no other by a read that gave nothing', () => {
    const tips = new StreamTips();
    tips.read('none', NO_STREAM, []);
    expect(tips.endsAt('none', NO_STREAM)).toBe(true);
    tips.read('beyond', 7, []);
    expect(tips.endsAt('beyond', 7)).toBe(false);
  });
  it('is not told by a retry, which knows nothing of what came after it', () => {
    const tips = new StreamTips();
    tips.appended('s', 0, 1);
    expect(tips.endsAt('s', 1)).toBe(false);
    tips.read('s', NO_STREAM, at(0, 1, 2));
    tips.appended('s', 0, 1);
    expect(tips.endsAt('s', 1)).toBe(false);
    expect(tips.endsAt('s', 2)).toBe(true);
  });
  it('never moves back: a read may have seen what an append has yet to tell', () => {
    const tips = new StreamTips();
    tips.read('s', NO_STREAM, at(0, 1, 2));
    tips.appended('s', 0, 1);
    tips.read('s', NO_STREAM, at(0));
    expect(tips.endsAt('s', 1)).toBe(false);
  });
  it('is forgotten after a failure, and where too many others came since', () => {
    const tips = new StreamTips(1);
    tips.read('s', NO_STREAM, at(0));
    tips.forget('s');
    expect(tips.endsAt('s', 0)).toBe(false);
    tips.read('s', NO_STREAM, at(0));
    tips.read('other', NO_STREAM, at(0));
    expect(tips.endsAt('s', 0)).toBe(false);
  });
});
