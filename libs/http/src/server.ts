import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Ids } from '#kernel';
import { Answer } from './answer.js';
import { BODY_LIMIT, parseBody, readBody } from './body.js';
import { Exchange, exchangeOf, type HttpReply, type HttpRequest } from './exchange.js';
import { problemOf, toProblem } from './problems.js';
import { sendProblem } from './problem.filter.js';
import { EVERY_ANSWER } from './security-headers.js';
import { sendAnswer } from './send-answer.js';

/** URL and headers together, in bytes. */
export const HEADER_LIMIT = 16_384;
const LONGEST_AGENT = 512;
/** How long a request may take to arrive. */
const ARRIVAL_MS = 60_000;
/** How long somebody whose request is refused unread may go on sending it. */
const FAREWELL_MS = 2_000;

export interface ServerOptions {
  readonly ids: Ids;
  /** Addresses or networks of proxies whose `X-Forwarded-*` is believed. */
  readonly trustedProxies: readonly string[];
}

/** Answers of controllers go out as they are; an interceptor would cost every request more than all else that Nest does for it. */
class AnsweringAdapter extends FastifyAdapter {
  override reply(response: ServerResponse | HttpReply, body: unknown, statusCode?: number): HttpReply {
    if (body instanceof Answer && 'request' in response) return sendAnswer(response, body);
    const route = 'request' in response ? exchangeOf(response.request as HttpRequest).route : null;
    if (route) throw new Error(`${route.method} ${route.path} gave no answer`);
    return super.reply(response, body, statusCode);
  }
}

/** A Fastify that leaves every judgement to the guard: it only reads, and keeps the limits. */
export function createAdapter({ ids, trustedProxies }: ServerOptions): FastifyAdapter {
  const adapter = new AnsweringAdapter({
    http: { maxHeaderSize: HEADER_LIMIT, requireHostHeader: false },
    genReqId: ids,
    requestIdHeader: false,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    requestTimeout: ARRIVAL_MS,
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: HEADER_LIMIT },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error: Error, request: FastifyRequest, reply: HttpReply) => {
      welcome(request, reply);
      sendProblem(reply, toProblem(error));
    },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => refuseUnread(error, socket, ids()),
  });
  prepare(adapter.getInstance<FastifyInstance>());
  return adapter;
}

function prepare(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    const { headers } = request;
    exchangeOf(request as HttpRequest).body = parseBody(
      await readBody(payload),
      headers['content-type'],
      headers['content-encoding'],
    );
  });
  instance.decorateRequest('exchange');
  instance.addHook('onRequest', (request, reply, done) => {
    welcome(request, reply);
    done();
  });
}

/** Begins the exchange, and sets the headers of every answer. */
function welcome(request: FastifyRequest, reply: HttpReply): void {
  (request as HttpRequest).exchange = arrive(request);
  void reply.headers(EVERY_ANSWER).header('request-id', request.id);
}

const arrive = (request: FastifyRequest): Exchange =>
  new Exchange({
    requestId: request.id,
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '/',
    host: hostOf(request.host),
    address: request.ip,
    agent: (request.headers['user-agent'] ?? '').slice(0, LONGEST_AGENT),
    raw: request.raw,
  });

/** Name of a host without its port, in lower case; '' where none is given. */
export const hostOf = (host: string | undefined): string => (host ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');

/** What cannot be parsed as HTTP never reaches a handler: it is answered on the socket. */
function refuseUnread(error: NodeJS.ErrnoException, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const { status, body } = problemOf(error.code === 'HPE_HEADER_OVERFLOW' ? 'uri-too-long' : 'bad-request');
  const content = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(content)}`,
      `Request-Id: ${requestId}`,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      content,
    ].join('\r\n'),
  );
  // to close at once would throw away what the caller has not read yet
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}
