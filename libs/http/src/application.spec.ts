import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Toy, toyModule } from '../../../test/support/http-toy.js';
import { createApplication } from './application.js';
import { drain } from './drain.js';
import { createLogger } from './logging.js';
import { Readiness } from './readiness.js';

let toy: Toy;
let app: NestFastifyApplication;
let lines: Record<string, unknown>[];
let port: number;

async function start(trustedProxies: string[] = [], healthOnly = false): Promise<void> {
  toy = new Toy();
  lines = [];
  const logger = createLogger({
    level: 'debug',
    destination: { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  app = await createApplication(toyModule(toy), { logger, trustedProxies, healthOnly });
  await app.listen(0, '127.0.0.1');
  port = Number(new URL(await app.getUrl()).port);
}
beforeEach(() => start());
afterEach(() => app.close());

interface Answered {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** One request over a socket. */
function ask(method: string, path: string, headers: Record<string, string | string[]> = {}, body?: Buffer): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}
/** Bytes written to a socket, and all that comes back until it is closed. */
function say(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    socket.on('end', () => resolve(heard));
    socket.on('error', reject);
  });
}
const codeOf = ({ text }: Answered) => (JSON.parse(text) as { code: string }).code;
const json = { 'content-type': 'application/json' };

describe('limits', () => {
  it('10 MB are 413, with a length and without one', async () => {
    const body = Buffer.from(JSON.stringify({ login: 'x'.repeat(10_000_000), password: '' }));
    const measured = await ask('POST', '/v1/sessions', { ...json, 'content-length': String(body.length) }, body);
    const chunked = await ask('POST', '/v1/sessions', { ...json, 'transfer-encoding': 'chunked' }, body);
    for (const answer of [measured, chunked]) {
      expect([answer.status, answer.headers['content-type'], codeOf(answer)]).toEqual([
        413,
        'application/problem+json',
        'too-large',
      ]);
    }
  });
  it('URL and headers over 16 KB are 431', async () => {
    const url = await ask('GET', `/v1/things?search=${'x'.repeat(17_000)}`);
    const header = await ask('GET', '/v1/things', { 'x-large': 'x'.repeat(100_000) });
    for (const answer of [url, header]) {
      expect([answer.status, answer.headers['content-type'], codeOf(answer)]).toEqual([
        431,
        'application/problem+json',
        'uri-too-long',
      ]);
      expect(answer.headers['request-id']).toMatch(/^[0-9a-f]{32}$/);
    }
  });
  it('what is no HTTP is 400', async () => {
    const heard = await say('NONSENSE\r\n\r\n');
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard).toContain('"code":"bad-request"');
  });
  it('a request without Host is answered', async () => {
    expect(await say('GET /live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('repeated headers', () => {
  it('two credentials are none', async () => {
    expect((await ask('GET', '/v1/things', { authorization: ['Bearer owner', 'Bearer user'] })).status).toBe(401);
  });
  it.each([
    ['Idempotency-Key', 'POST', '/v1/things'],
    ['If-Match', 'PATCH', '/v1/things/known'],
    ['Min-Position', 'GET', '/v1/things'],
    ['Workspace', 'GET', '/v1/things'],
  ])('%s twice is 422', async (name, method, path) => {
    const headers = { ...json, authorization: 'Bearer owner', [name]: ['1', '2'] };
    const answer = await ask(method, path, headers, method === 'GET' ? undefined : Buffer.from('{"name":"A"}'));
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([422, { errors: [{ pointer: name, code: 'repeated' }] }]);
  });
});

describe('where a request comes from', () => {
  const open = async (headers: Record<string, string>) => {
    const answer = await ask('POST', '/v1/sessions', { ...json, ...headers }, Buffer.from('{"login":"a","password":"b"}'));
    return JSON.parse(answer.text) as unknown;
  };
  it('WS-6: the host is without port, in lower case', async () => {
    expect(await open({ host: 'Brand.Example.:8443' })).toEqual({ host: 'brand.example', address: '127.0.0.1' });
  });
  it('believes nobody about it', async () => {
    const forged = { host: 'a.test', 'x-forwarded-for': '9.9.9.9', 'x-forwarded-host': 'b.test' };
    expect(await open(forged)).toEqual({ host: 'a.test', address: '127.0.0.1' });
  });
  it('but a trusted proxy', async () => {
    await app.close();
    await start(['127.0.0.1']);
    const forwarded = { host: 'a.test', 'x-forwarded-for': '9.9.9.9', 'x-forwarded-host': 'b.test' };
    expect(await open(forwarded)).toEqual({ host: 'b.test', address: '9.9.9.9' });
  });
});

describe('RUN-4', () => {
  it('/live answers; /ready once all checks pass', async () => {
    let ready = false;
    app.get(Readiness).add('reads', () => ready);
    expect((await ask('GET', '/live')).status).toBe(200);
    const not = await ask('GET', '/ready');
    expect([not.status, JSON.parse(not.text)]).toMatchObject([503, { code: 'unavailable', failing: ['reads'] }]);
    ready = true;
    expect((await ask('GET', '/ready')).status).toBe(200);
  });
  it('/metrics counts by template of the path, never by id', async () => {
    await ask('GET', '/v1/things/known', { authorization: 'Bearer owner' });
    await ask('GET', '/v1/nothing/known');
    const { text, headers } = await ask('GET', '/metrics');
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/v1/things/:id",status="200"} 1');
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="unknown",status="404"} 1');
    expect(text).not.toContain('/known');
  });
  it('a process with other work answers for its health and nothing else', async () => {
    await app.close();
    await start([], true);
    expect((await ask('GET', '/live')).status).toBe(200);
    expect((await ask('GET', '/ready')).status).toBe(200);
    for (const path of ['/openapi.json', '/toys', '/live/x']) {
      const refused = await ask('GET', path);
      expect([refused.status, codeOf(refused)]).toEqual([404, 'not-found']);
    }
    expect((await ask('POST', '/toys', json, Buffer.from('{}'))).status).toBe(404);
  });
  it('a request is one line with ids, and nothing that was sent', async () => {
    const secret = 'owner?x@example.test';
    const headers = { ...json, authorization: 'Bearer owner', 'user-agent': 'secret-agent', 'idempotency-key': 'secret-key' };
    await ask('POST', '/v1/things?dryRun=true', headers, Buffer.from(JSON.stringify({ name: secret })));
    await ask('GET', `/v1/things?search=${secret}`, headers);
    const requests = lines.filter(({ msg }) => msg === 'request');
    expect(requests).toMatchObject([
      { level: 30, method: 'POST', route: '/v1/things', status: 200, workspace: 'w1', actor: 'owner' },
      { level: 30, method: 'GET', route: '/v1/things', status: 422, workspace: 'w1', actor: 'owner' },
    ]);
    expect(Object.keys(requests[0] ?? {}).sort()).toEqual([
      'actor',
      'level',
      'method',
      'milliseconds',
      'msg',
      'requestId',
      'route',
      'status',
      'time',
      'workspace',
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/example\.test|Bearer|secret-|dryRun/);
  });
  it('RUN-4: a caller that goes away in the midst of its body is no fault of ours', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"na');
    const [, response] = (await once(app.getHttpServer(), 'request')) as [IncomingMessage, ServerResponse];
    socket.destroy();
    await once(response, 'close');
    await ask('GET', '/live'); // by then the one that was cut off has been judged
    expect(lines.filter(({ msg }) => msg === 'unforeseen')).toEqual([]);
  });

  it('an unforeseen error is logged with the id of the request', async () => {
    const { headers } = await ask('GET', '/v1/fail');
    expect(lines.find(({ msg }) => msg === 'unforeseen')).toMatchObject({
      level: 50,
      requestId: headers['request-id'],
      err: { type: 'Error' },
    });
  });
  it('drains: not ready any more, what is in flight is answered, then it exits with 0', async () => {
    const arrived = deferred();
    const go = deferred();
    toy.before = async () => {
      arrived.resolve();
      await go.promise;
    };
    const inFlight = ask('GET', '/v1/things/known', { authorization: 'Bearer owner' });
    await arrived.promise;
    const codes: number[] = [];
    const readiness = app.get(Readiness);
    const drained = drain(app, { logger: createLogger({ level: 'silent' }), exit: (code) => codes.push(code) });
    expect(await readiness.failing()).toEqual(['draining']);
    go.resolve();
    expect((await inFlight).status).toBe(200);
    await drained;
    expect(codes).toEqual([0]);
    await expect(ask('GET', '/live')).rejects.toThrow('ECONNREFUSED');
  });
  it('goes on to answer those who do not know yet that it drains, and tells them with each answer', async () => {
    await ask('GET', '/v1/things/known');
    const codes: number[] = [];
    const drained = drain(app, { logger: createLogger({ level: 'silent' }), exit: (code) => codes.push(code) });
    for (let n = 0; n < 20; n++) {
      const { status, headers } = await ask('GET', '/v1/things/known', { authorization: 'Bearer owner' });
      expect([status, headers['connection'], codes]).toEqual([200, 'close', []]);
    }
    await drained;
    expect(codes).toEqual([0]);
  });
  it('does not wait for ever', async () => {
    const arrived = deferred();
    const go = deferred();
    toy.before = async () => {
      arrived.resolve();
      await go.promise;
    };
    const inFlight = ask('GET', '/v1/things/known', { authorization: 'Bearer owner' });
    await arrived.promise;
    const codes: number[] = [];
    await new Promise<void>((resolve) => {
      const exit = (code: number) => {
        codes.push(code);
        resolve();
      };
      void drain(app, { logger: createLogger({ level: 'silent' }), deadlineMs: 20, exit });
    });
    expect(codes).toEqual([1]);
    go.resolve();
    await inFlight;
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
