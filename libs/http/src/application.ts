import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { randomIds, type Ids } from '#kernel';
import { actorOf, exchangeOf, type HttpReply, type HttpRequest } from './exchange.js';
import { HttpModule } from './http.module.js';
import { createLogger, isProbe, logRequest, NestLogger } from './logging.js';
import { Metrics } from './metrics.js';
import { sendProblem } from './problem.filter.js';
import { problemOf } from './problems.js';
import { Readiness } from './readiness.js';
import { createAdapter } from './server.js';

export interface ApplicationOptions {
  /** Lines of JSON at `info` on stdout by default. */
  readonly logger?: Logger;
  readonly ids?: Ids;
  /** Age of verdicts is measured with it; the process's own by default. */
  readonly milliseconds?: () => number;
  readonly title?: string;
  readonly version?: string;
  readonly trustedProxies?: readonly string[];
  /** Only `/live`, `/ready` and `/metrics` are answered: the process has other work. */
  readonly healthOnly?: boolean;
}

@Module({})
class Root {}

/** The application with all that HTTP needs, started but not listening. Whatever speaks HTTP, in an app or a test, is made here. */
export async function createApplication(
  feature: Type | DynamicModule,
  options: ApplicationOptions = {},
): Promise<NestFastifyApplication> {
  const { logger = createLogger(), ids = randomIds, milliseconds = () => performance.now() } = options;
  const { title = 'Whitebook', version = '0.1.0', trustedProxies = [], healthOnly = false } = options;
  const root = { module: Root, imports: [HttpModule.with({ logger, ids, milliseconds, title, version }), feature] };
  const app = await NestFactory.create<NestFastifyApplication>(root, createAdapter({ ids, trustedProxies }), {
    bodyParser: false,
    abortOnError: false,
    logger: new NestLogger(logger),
  });
  observe(app, logger);
  if (healthOnly) answerHealthOnly(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

function answerHealthOnly(app: NestFastifyApplication): void {
  const instance: FastifyInstance = app.getHttpAdapter().getInstance();
  instance.addHook('onRequest', async (request, reply) => {
    if (!isProbe(request.url)) sendProblem(reply, problemOf('not-found'));
  });
}

function observe(app: NestFastifyApplication, logger: Logger): void {
  const metrics = app.get(Metrics, { strict: false });
  const readiness = app.get(Readiness, { strict: false });
  const instance: FastifyInstance = app.getHttpAdapter().getInstance();
  instance.addHook('onRequest', (request, reply, done) => {
    if (!isProbe(request.url)) readiness.noteRequest();
    if (readiness.draining) void reply.header('Connection', 'close');
    done();
  });
  instance.addHook('onResponse', (request, reply, done) => {
    const route = routeLabel(request.routeOptions.url);
    metrics.observe(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    logRequest(logger, { route, ...lineOf(request as HttpRequest, reply) });
    done();
  });
}

/** Template of the path; whatever no route takes has one name. */
const routeLabel = (template: string | undefined): string =>
  template === undefined || template.includes('*') ? 'unknown' : template;

function lineOf(request: HttpRequest, reply: HttpReply) {
  const { principal, workspace } = exchangeOf(request);
  const caller = principal ? { workspace, actor: actorOf(principal).id ?? '' } : {};
  return {
    requestId: request.id,
    method: request.method,
    status: reply.statusCode,
    milliseconds: Math.round(reply.elapsedTime),
    ...caller,
  };
}
