import type { Demo } from './demo.js';
import type { Operator } from '#profile';

export interface Greeting {
  /** Where the API listens. */
  readonly base: string;
  readonly operator: Operator;
  readonly demo: Demo | null;
}

const TOKEN = `node -pe 'JSON.parse(require("fs").readFileSync(0)).token'`;
const login = (base: string, body: object): string =>
  `TOKEN=$(curl -s -H 'content-type: application/json' -d '${JSON.stringify(body)}' ${base}/v1/sessions | ${TOKEN})`;
const get = (base: string, path: string): string => `curl -s -H "authorization: Bearer $TOKEN" '${base}${path}'`;

/** What is said once, at the first start: who can log in, and three lines to begin with. Passwords are shown here and nowhere else. */
export function greetingOf({ base, operator, demo }: Greeting): string {
  const people = [{ role: 'operator', ...operator }, ...(demo?.people ?? [])];
  const rows = people.map(
    ({ role, email, password }) => `  ${role.padEnd(9)} ${email.padEnd(34)} ${password ?? '(from the environment)'}`,
  );
  const made = demo
    ? [`A demo workspace is ready: ${demo.slug} at http://${demo.domain}, ${demo.accounts} accounts in every state.`]
    : [];
  return [
    '',
    ...made,
    'Who can log in (shown this once):',
    ...rows,
    '',
    'Try:',
    ...linesOf({ base, operator, demo }).map((line) => `  ${line}`),
    '',
  ].join('\n');
}

function linesOf({ base, operator, demo }: Greeting): string[] {
  const [owner] = demo?.people ?? [];
  if (demo && owner) {
    const { email, password } = owner;
    return [
      login(base, { workspace: demo.slug, email, password }),
      get(base, '/v1/accounts/summary'),
      get(base, '/v1/accounts?search=clinic&limit=3&fields=number,fullName,company,status,actions'),
    ];
  }
  const { email, password } = operator;
  return [login(base, { email, password: password ?? '…' }), get(base, '/v1/sessions/current'), get(base, '/v1/workspaces')];
}
