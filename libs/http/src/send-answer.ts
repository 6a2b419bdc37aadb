import { headersOf, type Answer } from './answer.js';
import { exchangeOf, type HttpReply, type HttpRequest } from './exchange.js';

/** Sends what a controller answers. */
export function sendAnswer(reply: HttpReply, given: Answer): HttpReply {
  const { position, credential } = given.headers;
  if (position !== undefined) exchangeOf(reply.request as HttpRequest).wrote?.(position, credential);
  return reply.status(given.status).headers(headersOf(given)).send(given.body);
}
