import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { DoneBefore } from './answer.js';
import type { HttpReply } from './exchange.js';
import { HTTP_OPTIONS, type HttpOptions } from './options.js';
import { sendAnswer } from './send-answer.js';
import { toProblem, type ProblemAnswer } from './problems.js';

/** The one place where an error becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(HTTP_OPTIONS) private readonly options: HttpOptions) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<HttpReply>();
    if (error instanceof DoneBefore) return void sendAnswer(reply, error.answer);
    const problem = toProblem(error);
    if (problem.status === 500) this.options.logger.error({ err: error, requestId: reply.request.id }, 'unforeseen');
    if (!reply.sent && !reply.raw.headersSent) sendProblem(reply, problem);
  }
}

export function sendProblem(reply: HttpReply, problem: ProblemAnswer): void {
  // as bytes: nothing then appends a charset, which this media type does not have
  void reply
    .status(problem.status)
    .headers(problem.headers)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(problem.body)));
}
