import { ruleOf } from '#policy';
import { PROBLEMS, type ProblemCode } from './problems.js';
import { fixedPermissions, type Route } from './route.js';

/** Every refusal that a route can give, by status: what follows from its access, body, target and kind, and its own. */
export function problemsByStatus(route: Route): Map<number, ProblemCode[]> {
  const codes = new Set<ProblemCode>([...generic(route), ...ofAccess(route), ...ofCommands(route), ...route.problems]);
  const found = new Map<number, ProblemCode[]>();
  for (const code of [...codes].sort()) {
    const [status] = PROBLEMS[code];
    found.set(status, [...(found.get(status) ?? []), code]);
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

function generic({ method, throttle, params }: Route): ProblemCode[] {
  const body: ProblemCode[] = method === 'GET' ? [] : ['malformed-json', 'too-large', 'unsupported-media-type'];
  const path: ProblemCode[] = Object.keys(params.shape).length > 0 ? ['not-found'] : [];
  return [
    'bad-request',
    'uri-too-long',
    'invalid-input',
    'internal-error',
    'unavailable',
    ...body,
    ...path,
    ...(throttle === null ? [] : (['throttled'] as const)),
  ];
}

function ofAccess({ access }: Route): ProblemCode[] {
  if (access === 'public') return [];
  const codes: ProblemCode[] = ['unauthenticated', 'forbidden', 'not-found', 'password-change-required'];
  if (access === 'credential') return codes;
  const fixed = fixedPermissions(access);
  const kept = fixed.length > 0 && fixed.every((permission) => ruleOf(permission).impersonated);
  if (fixed.includes('accounts:impersonate')) return [...codes, 'staff-account', 'nested-impersonation'];
  return kept ? codes : [...codes, 'impersonation-forbidden'];
}

function ofCommands({ method, write, ifMatch, minPosition }: Route): ProblemCode[] {
  return [
    ...(method === 'GET' ? [] : (['busy'] as const)),
    ...(write ? (['idempotency-key-reused'] as const) : []),
    ...(ifMatch ? (['revision-mismatch'] as const) : []),
    ...(minPosition ? (['read-model-behind'] as const) : []),
  ];
}
