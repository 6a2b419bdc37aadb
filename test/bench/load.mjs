// The load: autocannon, or Node's own http client, which costs more and so leaves less to the program. Either runs in the bench's own
// process and takes its share of the machine.
import { Agent, request } from 'node:http';
import autocannon from 'autocannon';
import { spread } from './table.mjs';

/** Requests per second and latencies (ms) of `clients` that ask one after the other. Any answer that is no 2xx fails the run. */
export async function load({ base, clients, seconds, token, requestsOf, amount }) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  let client = 0;
  const result = await autocannon({
    url: base,
    connections: clients,
    ...(amount ? { amount } : { duration: seconds }),
    // it looks at the clock this often only: a shorter run would last a second all the same
    sampleInt: Math.min(1000, (seconds ?? 1) * 1000),
    headers,
    setupClient: (each) => each.setRequests(requestsOf(client++)),
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests failed`);
  return {
    total: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    max: result.latency.max,
  };
}

/** The same by Node's own http client, a connection for each client. */
export async function nodeLoad({ base, clients, seconds, token, requestsOf }) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const { hostname, port } = new URL(base);
  const began = performance.now();
  const until = began + seconds * 1000;
  const durations = [];
  const client = async (number) => {
    const requests = requestsOf(number);
    for (let at = 0; performance.now() < until; at++) {
      const { method, path, headers: own, body } = requests[at % requests.length];
      const asked = performance.now();
      await answered({ agent, hostname, port, method, path, headers: { ...headers, ...own } }, body);
      durations.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  const took = (performance.now() - began) / 1000;
  agent.destroy();
  const { p50, p99, max } = spread(durations);
  return {
    total: durations.length,
    perSecond: durations.length / took,
    p50: Math.round(p50),
    p99: Math.round(p99),
    max: Math.round(max),
  };
}

function answered(options, body) {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const ok = response.statusCode >= 200 && response.statusCode < 300;
      response.resume();
      response.once('error', reject);
      response.once('end', () => (ok ? resolve() : reject(new Error(`answered ${response.statusCode}`))));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

const json = { 'content-type': 'application/json' };
export const get = (path) => ({ method: 'GET', path });
export const post = (path, body) => ({ method: 'POST', path, headers: json, body: JSON.stringify(body) });
