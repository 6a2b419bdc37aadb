import { MongoBulkWriteError, MongoInvalidArgumentError, MongoNetworkError, MongoServerError } from 'mongodb';
import { outageOf } from './errors.js';
import { inTime } from './patience.js';

const ofMany = (error: Error): Error => new MongoBulkWriteError(error, {} as never);

describe('an error of MongoDB', () => {
  it('tells of an outage where the connection broke, of many writes too', () => {
    expect(outageOf(new MongoNetworkError('closed'))).toBe('MongoNetworkError');
    expect(outageOf(ofMany(new MongoNetworkError('closed')))).toBe('MongoBulkWriteError');
  });
  it('tells of an outage where the server says so, and where it says nothing', async () => {
    expect(outageOf(new MongoServerError({ code: 10107, message: 'not primary' }))).toBe('MongoServerError 10107');
    const silence: unknown = await inTime(1, new Promise(() => undefined)).catch((error: unknown) => error);
    expect(outageOf(silence)).toBe('MongoSilence');
  });
  it.each(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])(
    'tells of an outage where the socket itself says %s, in the midst of a write',
    (code) => {
      expect(outageOf(Object.assign(new Error('ended by the other party'), { code }))).toBe(`socket ${code}`);
    },
  );
  it('tells of a defect else', () => {
    expect(outageOf(new MongoServerError({ code: 2, message: 'bad value' }))).toBeNull();
    expect(outageOf(ofMany(new MongoServerError({ code: 2, message: 'bad value' })))).toBeNull();
    expect(outageOf(new MongoInvalidArgumentError('no'))).toBeNull();
    expect(outageOf(new TypeError('ours'))).toBeNull();
    expect(outageOf(Object.assign(new TypeError('ours'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeNull();
  });
});
