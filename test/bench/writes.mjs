// The write side over HTTP: durable commands, and accounts made with a password.
import { passwordHashes } from './baselines.mjs';
import { get, load, nodeLoad, post } from './load.mjs';
import { idOf } from './seed.mjs';
import { tell } from './table.mjs';

export const latencies = ({ p50, p99, max }) => `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`;

/** Most clients of a run: each has accounts of its own. */
export const MOST_CLIENTS = 64;
export const CLIENTS = [1, 16, MOST_CLIENTS];

/** Disables and then enables account after account, of which each client has its own: each answer is one durable command. */
const turnsOf = (accounts) => (client) => {
  const own = Math.floor(accounts / MOST_CLIENTS);
  return Array.from({ length: own }, (_, at) => `/v1/accounts/${idOf(client * own + at)}`).flatMap((path) => [
    post(`${path}/disable`, { reason: 'overdue' }),
    post(`${path}/enable`, {}),
  ]);
};

/** `beside` measures what stands beside so many clients, and gives the figure that commands are held against (`of`) and their `aim`. */
export async function commands({ base, cpuMs }, token, { accounts, seconds, beside }) {
  const requestsOf = turnsOf(accounts);
  // a service that runs for a while already: what is compiled on the way is no part of what a command costs
  await load({ base, token, clients: 16, seconds, requestsOf });
  for (const clients of CLIENTS) {
    const against = await beside(clients);
    const before = cpuMs();
    const done = await load({ base, token, clients, seconds: seconds * 2, requestsOf });
    const cpu = before === null ? '' : `, ${((cpuMs() - before) / done.total).toFixed(2)} ms of CPU each`;
    tell(`durable commands, ${clients} clients`, done.perSecond, 'commands/s', {
      ...against,
      note: latencies(done) + cpu,
    });
  }
}

/** Commands and `/live` at most clients, with Node's own http client as the load. */
export async function commandsByNode({ base }, token, { accounts, seconds }) {
  const clients = MOST_CLIENTS;
  const live = `/live, ${clients} of Node's own clients`;
  const quick = await nodeLoad({ base, clients, seconds, requestsOf: () => [get('/live')] });
  tell(live, quick.perSecond, 'requests/s', { note: latencies(quick) });
  const done = await nodeLoad({ base, token, clients, seconds: seconds * 2, requestsOf: turnsOf(accounts) });
  const note = latencies(done);
  tell(`durable commands, ${clients} of Node's own clients`, done.perSecond, 'commands/s', {
    of: live,
    aim: { share: 0.25 },
    note,
  });
}

/** Invitations, each to another address: commands that all take a place of one pool. */
export async function invitations({ base, cpuMs }, token, { seconds }) {
  const run = Date.now();
  let made = 0;
  const invitation = () => ({
    ...post('/v1/invitations', {}),
    setupRequest: (request) => ({
      ...request,
      body: JSON.stringify({ email: `asked.${run}.${++made}@customers.example`, fullName: 'Asked Here' }),
    }),
  });
  const invite = () => load({ base, token, clients: MOST_CLIENTS, seconds, requestsOf: () => [invitation()] });
  await invite(); // as with commands
  const before = cpuMs();
  const done = await invite();
  const cpu = before === null ? '' : `, ${((cpuMs() - before) / done.total).toFixed(2)} ms of CPU each`;
  const of = `durable commands, ${MOST_CLIENTS} clients`;
  tell(`invitations, ${MOST_CLIENTS} clients`, done.perSecond, 'commands/s', { of, note: latencies(done) + cpu });
}

export async function passwords({ base, cpuMs }, token, { seconds }) {
  const run = Date.now();
  let made = 0;
  const account = () => ({
    ...post('/v1/accounts', {}),
    setupRequest: (request) => {
      const body = { email: `made.${run}.${++made}@customers.example`, password: 'quiet-harbour-44', fullName: 'Made Here' };
      return { ...request, body: JSON.stringify(body) };
    },
  });
  const create = () => load({ base, token, clients: 16, seconds: seconds * 1.5, requestsOf: () => [account()] });
  await create(); // as with commands: what is compiled on the way is no part of what a create costs
  // Half of it before and half after: how fast memory is changes from minute to minute where others use it too.
  const hashesBefore = await passwordHashes(seconds / 2);
  const before = cpuMs();
  const done = await create();
  const cpu = before === null ? '' : `, ${((cpuMs() - before) / done.total).toFixed(2)} ms of CPU each, the hash included`;
  tell('raw argon2id, 16 at a time', (hashesBefore + (await passwordHashes(seconds / 2))) / 2, 'hashes/s');
  tell('create with a password, 16 clients', done.perSecond, 'commands/s', {
    of: 'raw argon2id, 16 at a time',
    aim: { share: 0.85 },
    note: latencies(done) + cpu,
  });
}
