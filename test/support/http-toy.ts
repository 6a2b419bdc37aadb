import { Controller, Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import {
  answer,
  AUTHENTICATOR,
  commaList,
  Ctx,
  defineRoute,
  Endpoint,
  fieldIssue,
  FINGERPRINTS,
  flag,
  idSchema,
  Input,
  instant,
  pageOf,
  pageParameters,
  POLICY_SETTINGS_OF,
  REPLAYS,
  Targets,
  text,
  THROTTLES,
  type Answer,
  type Authenticator,
  type Fingerprints,
  type FoundTarget,
  type InputOf,
  type PolicySettingsOf,
  type Replays,
  type RequestContext,
  type Throttles,
} from '#http';
import { canonicalJson, refuse } from '#kernel';
import type { Principal, Target } from '#policy';

const thing = z.object({ id: z.string(), name: z.string(), size: z.number() }).meta({ id: 'Thing' });
const params = z.strictObject({ id: idSchema });
const name = text(200);

const listThings = defineRoute({
  method: 'GET',
  path: '/v1/things',
  tag: 'Things',
  summary: 'List things',
  access: { permission: 'accounts:read' },
  query: z.strictObject({
    ...pageParameters,
    status: commaList(['active', 'inactive']).optional(),
    test: flag.optional(),
    from: instant.optional(),
  }),
  responses: { 200: { description: 'A page', body: pageOf(thing), headers: ['Position'] } },
});

const createThing = defineRoute({
  method: 'POST',
  path: '/v1/things',
  tag: 'Things',
  summary: 'Create a thing',
  access: { permission: 'accounts:create' },
  body: z.strictObject({
    name,
    size: z.number().int().min(1).max(9).default(1),
    email: z
      .string()
      .superRefine((email, ctx) =>
        email.includes('@') ? undefined : ctx.addIssue(fieldIssue('invalid-email', 'is not an email')),
      )
      .optional(),
    more: z.record(z.string(), z.unknown()).optional(),
  }),
  responses: { 201: { description: 'The thing', body: thing, headers: ['ETag', 'Position', 'Location'] } },
  problems: ['no-free-bot-slot'],
  write: true,
});

const readThing = defineRoute({
  method: 'GET',
  path: '/v1/things/:id',
  tag: 'Things',
  summary: 'One thing',
  access: { permission: 'accounts:read', target: 'account' },
  params,
  responses: { 200: { description: 'The thing', body: thing, headers: ['ETag', 'Position'] } },
});

const changeThing = defineRoute({
  method: 'PATCH',
  path: '/v1/things/:id',
  tag: 'Things',
  summary: 'Change a thing',
  access: {
    permission: (body) =>
      typeof body === 'object' && body !== null && 'size' in body ? ['accounts:read', 'accounts:set-role'] : 'accounts:read',
    target: 'account',
  },
  params,
  body: z.strictObject({ name: name.optional(), size: z.number().optional() }),
  responses: { 200: { description: 'The thing', body: thing, headers: ['ETag', 'Position'] } },
  problems: ['account-pending', 'invitation-expired'],
  write: true,
  ifMatch: true,
});

const deleteThing = defineRoute({
  method: 'DELETE',
  path: '/v1/things/:id',
  tag: 'Things',
  summary: 'Delete a thing',
  access: { permission: 'accounts:delete', target: 'account', optimistic: true },
  params,
  responses: { 204: { description: 'It is gone', headers: ['Position'] } },
  write: true,
});

const openSession = defineRoute({
  method: 'POST',
  path: '/v1/sessions',
  tag: 'Sessions',
  summary: 'Log in',
  access: 'public',
  throttle: 'log-in',
  body: z.strictObject({ login: z.string(), password: z.string() }),
  responses: { 201: { description: 'The session', body: z.object({ host: z.string(), address: z.string() }) } },
  problems: ['invalid-credentials'],
});

const introspect = defineRoute({
  method: 'POST',
  path: '/v1/introspect',
  tag: 'Sessions',
  summary: 'Who is this',
  access: 'credential',
  consumes: ['form', 'json'],
  body: z.strictObject({ token: z.string() }),
  responses: { 200: { description: 'What the token is', body: z.object({ active: z.boolean() }) } },
});

const installation = defineRoute({
  method: 'GET',
  path: '/v1/installation',
  tag: 'Platform',
  summary: 'For operators',
  access: { permission: 'workspaces:manage' },
  responses: { 200: { description: 'Where it was asked', body: z.object({ workspace: z.string() }) } },
});

const fail = defineRoute({
  method: 'GET',
  path: '/v1/fail',
  tag: 'Things',
  summary: 'Fails',
  access: 'public',
  responses: { 200: { description: 'Never' } },
});

/** What a test sets, and what it looks at. */
export class Toy {
  principals = new Map<string, Principal>([
    ['owner', principal('owner')],
    ['manager', principal('manager')],
    ['user', principal('user')],
    ['limited', { ...principal('owner'), kind: 'password-change' }],
    ['operator', { ...principal('owner'), account: 'operator', role: 'operator', workspace: 'platform' }],
  ]);
  targets = new Map<string, Target>([
    ['w1/known', { id: 'known', role: 'user' }],
    ['w1/owner', { id: 'owner', role: 'owner' }],
  ]);
  /** What is remembered of targets, where the route allows that. */
  remembered = new Map<string, FoundTarget>();
  workspaces = new Set(['w1', 'w2']);
  done = new Map<string, { fingerprint: string; answer: Answer }>();
  throttledFor: number | null = null;
  revision = 3;
  calls: string[] = [];
  contexts: RequestContext[] = [];
  /** What the handlers do before they answer. */
  before: (context: RequestContext) => void | Promise<void> = () => undefined;
  fault = new Error('secret inside');

  async handle(call: string, context: RequestContext): Promise<void> {
    this.calls.push(call);
    this.contexts.push(context);
    await this.before(context);
  }
}

const principal = (role: 'owner' | 'manager' | 'user'): Principal => ({
  account: role,
  role,
  workspace: 'w1',
  credential: `session-${role}`,
  kind: 'full',
});

const TOY = Symbol('Toy');

@Controller()
class ThingsController {
  constructor(@Inject(TOY) private readonly toy: Toy) {}

  @Endpoint(listThings)
  async list(@Input() input: InputOf<typeof listThings>, @Ctx() context: RequestContext): Promise<Answer> {
    await this.toy.handle(`list ${JSON.stringify(input.query)}`, context);
    return answer(200, { items: [], next: null }, { position: context.minPosition });
  }

  @Endpoint(createThing)
  async create(@Input() { body }: InputOf<typeof createThing>, @Ctx() context: RequestContext): Promise<Answer> {
    await this.toy.handle(`create ${body.name}`, context);
    if (context.dryRun) return answer(200, { dryRun: true, events: [{ type: 'ThingCreated', stream: 'thing-1', data: {} }] });
    const done = answer(
      201,
      { id: 'new', name: body.name, size: body.size },
      { etag: 0, position: 70, location: '/v1/things/new' },
    );
    if (context.fingerprint !== undefined)
      this.toy.done.set(context.commandId, { fingerprint: context.fingerprint, answer: done });
    return done;
  }

  @Endpoint(readThing)
  async read(@Input() { params: { id } }: InputOf<typeof readThing>, @Ctx() context: RequestContext): Promise<Answer> {
    await this.toy.handle(`read ${id}`, context);
    return answer(200, { id, name: 'A', size: 1 }, { etag: this.toy.revision, position: context.minPosition });
  }

  @Endpoint(changeThing)
  async change(@Input() { params: { id } }: InputOf<typeof changeThing>, @Ctx() context: RequestContext): Promise<Answer> {
    await this.toy.handle(`change ${id}`, context);
    if (context.ifMatch !== undefined && context.ifMatch !== this.toy.revision) throw refuse('revision-mismatch');
    return answer(200, { id, name: 'B', size: 1 }, { etag: this.toy.revision + 1, position: 80 });
  }

  @Endpoint(deleteThing)
  async delete(@Input() { params: { id } }: InputOf<typeof deleteThing>, @Ctx() context: RequestContext): Promise<Answer> {
    await this.toy.handle(`delete ${id}`, context);
    return answer(204, undefined, { position: 90 });
  }

  @Endpoint(openSession)
  async open(@Ctx() context: RequestContext): Promise<Answer> {
    await this.toy.handle('open', context);
    return answer(201, { host: context.host, address: context.address });
  }

  @Endpoint(introspect)
  async introspect(@Input() { body }: InputOf<typeof introspect>, @Ctx() context: RequestContext): Promise<Answer> {
    await this.toy.handle(`introspect ${body.token}`, context);
    return answer(200, { active: true });
  }

  @Endpoint(installation)
  async installation(@Ctx() context: RequestContext): Promise<Answer> {
    await this.toy.handle('installation', context);
    return answer(200, { workspace: context.workspace });
  }

  @Endpoint(fail)
  fail(): never {
    throw this.toy.fault;
  }
}

@Module({})
class ToyModule implements OnModuleInit {
  constructor(
    @Inject(TOY) private readonly toy: Toy,
    private readonly targets: Targets,
  ) {}

  onModuleInit(): void {
    this.targets.register('account', async (id, workspace, optimistic) => {
      const key = `${workspace}/${id}`;
      return (optimistic ? this.toy.remembered.get(key) : null) ?? this.toy.targets.get(key) ?? null;
    });
  }
}

/** A feature with a route of every sort, and ports that look into `toy`. */
export const toyModule = (toy: Toy): DynamicModule => {
  const authenticator: Authenticator = { authenticate: async (token) => toy.principals.get(token) ?? null };
  const fingerprints: Fingerprints = { of: async (body) => `fingerprint of ${canonicalJson(body)}` };
  const settingsOf: PolicySettingsOf = async (workspace) =>
    toy.workspaces.has(workspace) ? { managersMayImpersonate: false } : null;
  const throttles: Throttles = {
    check: async () => (toy.throttledFor === null ? null : refuse('throttled', { retryAfter: toy.throttledFor })),
  };
  const replays: Replays = {
    find: async ({ commandId, fingerprint }) => {
      const done = toy.done.get(commandId);
      if (done && done.fingerprint !== fingerprint) throw refuse('idempotency-key-reused');
      return done?.answer ?? null;
    },
  };
  return {
    module: ToyModule,
    controllers: [ThingsController],
    providers: [
      { provide: TOY, useValue: toy },
      { provide: AUTHENTICATOR, useValue: authenticator },
      { provide: FINGERPRINTS, useValue: fingerprints },
      { provide: POLICY_SETTINGS_OF, useValue: settingsOf },
      { provide: THROTTLES, useValue: throttles },
      { provide: REPLAYS, useValue: replays },
    ],
  };
};
