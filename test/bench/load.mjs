// autocannon as the load. It runs in the bench's own process and takes its share of the machine.
import autocannon from 'autocannon';

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

const json = { 'content-type': 'application/json' };
export const get = (path) => ({ method: 'GET', path });
export const post = (path, body) => ({ method: 'POST', path, headers: json, body: JSON.stringify(body) });
