import { Api, type Reply } from '../support/api.js';
import { errorsOf, Ground } from '../support/ground.js';
import { fieldsOf, fits, type Field, type Operation } from '../support/operations.js';
import { expectStatus, PASSWORD } from '../support/place.js';
import { Whitebook } from '../support/whitebook.js';

jest.setTimeout(60_000);

const MEGABYTE = 1_048_576;

/** A body in which only one field is said, or the way to it. */
const withField = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);

const typesOf = ({ schema }: Field): string[] =>
  [schema, ...((schema['anyOf'] ?? []) as { type?: string }[])].flatMap(({ type }) => (typeof type === 'string' ? [type] : []));

/** The beginning of it, for a title. */
const shown = (raw: string): string => JSON.stringify(raw.slice(0, 30));

describe('bad input', () => {
  let whitebook: Whitebook;
  let ground: Ground;
  let writes: readonly Operation[];
  let unwatched: Api;

  beforeAll(async () => {
    whitebook = await Whitebook.start();
    ground = await Ground.of(whitebook);
    writes = ground.operations.filter(({ method }) => method !== 'GET');
    unwatched = new Api(whitebook.base, undefined, ground.place.owner.fixed);
  });
  afterAll(async () => {
    unwatched.close();
    await whitebook.stop();
    await whitebook.remove();
    expect(whitebook.complaints).toEqual([]);
  });

  const ask = (operation: Operation, body: unknown, raw?: string | Buffer, headers = {}): Promise<Reply> =>
    ground.caller(operation).call(operation.method, ground.path(operation), body, {
      ...(raw === undefined ? {} : { raw }),
      headers: { ...json, ...headers },
    });
  const json = { 'content-type': 'application/json' };
  const nameOf = ({ method, template }: Operation): string => `${method} ${template}`;
  /** Register takes anything: it does nothing with it. */
  const isOpen = ({ template }: Operation): boolean => template === '/v1/registrations';
  const strict = (): Operation[] => writes.filter((operation) => operation.body && !isOpen(operation));

  /** Fails with every case that was not answered as it should be, and where anything was recorded. */
  async function hold(check: (fail: (what: string) => void) => Promise<void>): Promise<void> {
    const before = await whitebook.parts.store.head();
    const failures: string[] = [];
    await check((what) => failures.push(what));
    expect(failures).toEqual([]);
    expect(await whitebook.parts.store.head()).toBe(before);
  }

  const isProblem = ({ status, headers, body }: Reply): boolean =>
    status >= 400 && status < 500 && headers['content-type'] === 'application/problem+json' && typeof body['code'] === 'string';
  const told = (reply: Reply): string => `${reply.status} ${reply.text.slice(0, 200)}`;
  const names = (reply: Reply, pointer: string, code?: string): boolean =>
    reply.status === 422 &&
    reply.body['code'] === 'invalid-input' &&
    errorsOf(reply).some((error) => error.pointer === pointer && (code === undefined || error.code === code));

  describe('in a body, on every route', () => {
    it('a field of another type is 422 and named', () =>
      hold(async (fail) => {
        let fields = 0;
        for (const operation of strict())
          for (const field of fieldsOf(operation.body ?? {})) {
            fields++;
            const reply = await ask(operation, withField(field.path, typesOf(field).includes('array') ? 5 : [[]]));
            if (!names(reply, `/${field.path.join('/')}`)) fail(`${nameOf(operation)} ${field.path.join('.')}: ${told(reply)}`);
          }
        expect(fields).toBeGreaterThan(120);
      }));

    it('a field that is missing is 422 and named', () =>
      hold(async (fail) => {
        for (const operation of strict())
          for (const field of fieldsOf(operation.body ?? {}).filter(({ required }) => required)) {
            const reply = await ask(operation, withField(field.path.slice(0, -1), {}));
            if (!names(reply, `/${field.path.join('/')}`, 'required'))
              fail(`${nameOf(operation)} ${field.path.join('.')}: ${told(reply)}`);
          }
      }));

    it.each(['nonsense', 'constructor', 'toString', 'hasOwnProperty', 'Email', 'id', '', 'a/b~c'])(
      'a field that is not known is 422 and named: "%s"',
      (name) =>
        hold(async (fail) => {
          const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
          for (const operation of writes.filter((each) => !isOpen(each))) {
            const reply = await ask(operation, { [name]: 'x' });
            if (!names(reply, pointer, 'unknown-field')) fail(`${nameOf(operation)}: ${told(reply)}`);
          }
        }),
    );

    it.each(['a\0b', '\ud800', '\udfff\ud800'])('text that no store keeps is 422: %j', (text) =>
      hold(async (fail) => {
        for (const operation of strict())
          for (const field of fieldsOf(operation.body ?? {}).filter((each) => typesOf(each).includes('string'))) {
            const reply = await ask(operation, withField(field.path, text));
            if (!names(reply, `/${field.path.join('/')}`, 'invalid-characters'))
              fail(`${nameOf(operation)} ${field.path.join('.')}: ${told(reply)}`);
          }
      }),
    );

    it.each(['1e400', '-1e400', '1e308', '9007199254740993', '-1', '0.5', '123456789012345678901234567890'])(
      'a number that nobody means is 422 and named: %s',
      (number) =>
        hold(async (fail) => {
          for (const operation of strict())
            for (const field of fieldsOf(operation.body ?? {}).filter((each) =>
              typesOf(each).some((type) => /number|integer/.test(type)),
            )) {
              const raw = JSON.stringify(withField(field.path, '?')).replace('"?"', number);
              const reply = await ask(operation, undefined, raw);
              if (!names(reply, `/${field.path.join('/')}`)) fail(`${nameOf(operation)} ${field.path.join('.')}: ${told(reply)}`);
            }
        }),
    );

    it.each(['null', 'true', '17', '"text"', '[]', '[{}]'])('a body that is no object is 422: %s', (raw) =>
      hold(async (fail) => {
        for (const operation of writes.filter((each) => !isOpen(each))) {
          const reply = await ask(operation, undefined, raw);
          if (!(isProblem(reply) && reply.status === 422)) fail(`${nameOf(operation)}: ${told(reply)}`);
        }
      }),
    );

    it.each(
      [
        ...[
          '{',
          '{"a":}',
          "{'a':1}",
          '{"a":1,}',
          '{"a":1}{"a":1}',
          'undefined',
          'NaN',
          '\ufeff{}',
          '{"__proto__":{"role":"owner"}}',
        ],
        ...[
          '{"a":"\n"}',
          `{"a":${'['.repeat(40)}${']'.repeat(40)}}`,
          '['.repeat(100_000),
          `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
        ],
      ].map((raw) => [shown(raw), raw]),
    )('malformed, or too deep, is 400: %s', (_, raw) =>
      hold(async (fail) => {
        for (const operation of writes) {
          const reply = await ask(operation, undefined, raw);
          if (!(isProblem(reply) && reply.status === 400 && reply.body['code'] === 'malformed-json'))
            fail(`${nameOf(operation)}: ${told(reply)}`);
        }
      }),
    );

    it('bytes that are no UTF-8 are 400', () =>
      hold(async (fail) => {
        for (const operation of writes) {
          const reply = await ask(operation, undefined, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]));
          if (!(isProblem(reply) && reply.status === 400)) fail(`${nameOf(operation)}: ${told(reply)}`);
        }
      }));

    it('ten megabytes are 413', () =>
      hold(async (fail) => {
        const raw = Buffer.from(JSON.stringify({ fullName: 'x'.repeat(10 * MEGABYTE) }));
        for (const operation of writes) {
          const reply = await ask(operation, undefined, raw);
          if (!(isProblem(reply) && reply.status === 413 && reply.body['code'] === 'too-large'))
            fail(`${nameOf(operation)}: ${told(reply)}`);
        }
      }));

    it('a name of nearly a megabyte is 422', () =>
      hold(async (fail) => {
        const long = 'n'.repeat(MEGABYTE - 1_000);
        for (const operation of strict())
          for (const field of fieldsOf(operation.body ?? {})
            .filter((each) => typesOf(each).includes('string'))
            .slice(0, 2)) {
            const reply = await ask(operation, withField(field.path, long));
            if (!names(reply, `/${field.path.join('/')}`)) fail(`${nameOf(operation)} ${field.path.join('.')}: ${told(reply)}`);
          }
      }));

    it.each([
      ['text/plain', {}],
      ['application/xml', {}],
      ['multipart/form-data; boundary=x', {}],
      ['application/json; charset=latin1', {}],
      ['application/json', { 'content-encoding': 'gzip' }],
      ['nonsense', {}],
    ])('another media type is 415: %s', (type, headers) =>
      hold(async (fail) => {
        for (const operation of writes) {
          const reply = await ask(operation, undefined, '{"a":"b"}', { 'content-type': type, ...headers });
          if (!(isProblem(reply) && reply.status === 415)) fail(`${nameOf(operation)}: ${told(reply)}`);
        }
      }),
    );

    it('a key that comes twice counts as its last, nothing else', () =>
      hold(async (fail) => {
        const emails = ['"email":"fine@twice.example"', '"email":"not one"'];
        const rest = `"password":"${PASSWORD}"`;
        const create = (pairs: readonly string[]): Promise<Reply> =>
          ground.place.owner.post('/v1/accounts?dryRun=true', undefined, { raw: `{${[...pairs, rest].join()}}`, headers: json });
        const wrong = await create(emails);
        if (!names(wrong, '/email', 'invalid-email')) fail(told(wrong));
        expectStatus(await create(emails.toReversed()), 200);
      }));
  });

  describe('in a URL, on every route', () => {
    it.each(['nonsense=1', '__proto__=1', 'constructor=1', 'limit[]=1', 'email=a%40b.example', 'dry_run=true'])(
      'a parameter that is not known is 422 and named: %s',
      (query) =>
        hold(async (fail) => {
          for (const operation of ground.operations) {
            const reply = await ground.caller(operation).call(operation.method, `${ground.path(operation)}?${query}`);
            if (!names(reply, `?${query.split('=')[0]}`, 'unknown-field')) fail(`${nameOf(operation)}: ${told(reply)}`);
          }
        }),
    );

    it('a parameter that comes twice, has no value, or a wrong one, is 422 and named', () =>
      hold(async (fail) => {
        for (const operation of ground.operations)
          for (const { name, schema } of operation.parameters.filter((parameter) => parameter.in === 'query'))
            for (const query of [
              `${name}=a&${name}=b`,
              `${name}=%00`,
              ...(schema['type'] === 'integer' ? [`${name}=1.5`] : []),
            ]) {
              const reply = await ground.caller(operation).call(operation.method, `${ground.path(operation)}?${query}`);
              if (!names(reply, `?${name}`)) fail(`${nameOf(operation)} ${query}: ${told(reply)}`);
            }
      }));

    it.each(['..%2f..%2fetc', '%00', 'a'.repeat(65), '%ff', '*', "'or'1'='1", '👍', '%20'])(
      'an id that cannot be one is 404: %s',
      (id) =>
        hold(async (fail) => {
          for (const operation of ground.operations.filter(({ template }) => template.includes('{'))) {
            const path = operation.template.replace(/\{\w+\}/g, id.includes('%') ? id : encodeURIComponent(id));
            const reply = await unwatched.with(ground.caller(operation).fixed).call(operation.method, path);
            if (!(isProblem(reply) && [400, 404].includes(reply.status))) fail(`${nameOf(operation)}: ${told(reply)}`);
          }
        }),
    );

    it('another method is 405 and says which are allowed', () =>
      hold(async (fail) => {
        const paths = new Set(ground.operations.map((operation) => ground.path(operation)));
        for (const path of paths) {
          const known = ground.operations.filter(({ template }) => fits(template, path)).map(({ method }) => method);
          for (const method of (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter((each) => !known.includes(each))) {
            const reply = await unwatched.call(method, path);
            const allowed = reply.headers['allow']?.split(', ') ?? [];
            if (!(isProblem(reply) && reply.status === 405 && known.every((each) => allowed.includes(each))))
              fail(`${method} ${path}: ${told(reply)} ${allowed.join()}`);
          }
        }
      }));

    it('URL and headers over 16 KB are 431', () =>
      hold(async (fail) => {
        for (const operation of ground.operations) {
          const path = ground.path(operation);
          const { method } = operation;
          const long = await unwatched.call(method, `${path}?search=${'a'.repeat(16_500)}`);
          const heavy = await unwatched.call(method, path, undefined, { headers: { 'x-weight': 'a'.repeat(16_500) } });
          for (const reply of [long, heavy])
            if (!(isProblem(reply) && reply.status === 431 && reply.body['code'] === 'uri-too-long'))
              fail(`${nameOf(operation)}: ${told(reply)}`);
        }
      }));
  });

  describe('in a header', () => {
    it.each([
      ['if-match', 'nonsense', 'If-Match'],
      ['if-match', '"1", "2"', 'If-Match'],
      ['idempotency-key', '', 'Idempotency-Key'],
      ['idempotency-key', 'k'.repeat(256), 'Idempotency-Key'],
      ['idempotency-key', 'é', 'Idempotency-Key'],
    ])('%s: %s is 422 and named', (name, value, pointer) =>
      hold(async (fail) => {
        const path = `/v1/accounts/${ground.ids.account}/disable`;
        const reply = await ground.place.owner.post(path, {}, { headers: { [name]: value } });
        if (!names(reply, pointer)) fail(told(reply));
      }),
    );

    it.each(['-1', 'x y', 'zzzzzzzzzzzzzzzz', '1.5', ''])('Min-Position: "%s" is 422 and named', (value) =>
      hold(async (fail) => {
        const reply = await ground.place.owner.get('/v1/accounts', { headers: { 'min-position': value } });
        if (!names(reply, 'Min-Position')) fail(told(reply));
      }),
    );
  });

  describe('ACC-1 an email that is none', () => {
    it.each([
      ...['', ' ', 'a', '@', 'a@', '@b.example', 'a@b', 'a b@c.example', 'a@b c.example', 'a@@b.example', 'a@b@c.example'],
      ...[
        '"a"@b.example',
        'a(x)@b.example',
        'a<b@c.example',
        'a,b@c.example',
        'a;b@c.example',
        'a[1]@b.example',
        'a\\b@c.example',
      ],
      ...[
        'a\u200bb@c.example',
        'a\u200d@c.example',
        '\ufeffa\u2060@c.example',
        'a\u00a0b@c.example',
        'a\u202e@c.example',
        'a\tb@c.example',
      ],
      ...['аdmin@c.example', 'ａdmin@c.example', 'ádmin@c.example', 'admin\u0301@c.example', 'ſara@c.example', 'İ@c.example'],
      ...[
        'a@exаmple.com',
        'a@b.example\u200b',
        'a@b\u200b.example',
        'a@-b.example',
        'a@b-.example',
        'a@b..example',
        'a@.b.example',
      ],
      ...['.a@b.example', 'a.@b.example', 'a..b@c.example', `${'a'.repeat(65)}@b.example`, `a@${'b'.repeat(64)}.example`],
      ...[
        `a@${'b.'.repeat(130)}example`,
        'a@127.0.0.1',
        'a@[127.0.0.1]',
        'a@b.example.',
        'mailto:a@b.example',
        'A <a@b.example>',
        'a|b@c.example',
      ],
    ])('is 422 invalid-email everywhere: %j', (email) =>
      hold(async (fail) => {
        const { owner, operator, slug } = ground.place;
        const shared = { fullName: 'Somebody', password: PASSWORD };
        const bodies: [Promise<Reply>, string][] = [
          [owner.post('/v1/accounts', { email, ...shared }), '/email'],
          [owner.post('/v1/invitations', { email }), '/email'],
          [owner.patch(`/v1/accounts/${ground.ids.account}`, { email }), '/email'],
          [
            operator.post('/v1/workspaces', { name: 'W', slug: `${slug}-x`, pool: { botSlots: 1 }, owner: { email, ...shared } }),
            '/owner/email',
          ],
        ];
        for (const [asked, pointer] of bodies) {
          const reply = await asked;
          if (!names(reply, pointer, 'invalid-email')) fail(`${pointer}: ${told(reply)}`);
        }
      }),
    );

    it('is answered with the character that does not do', async () => {
      for (const [email, character] of [
        ['a\u200bb@c.example', 'U+200B'],
        ['аdmin@c.example', 'U+0430'],
        ['a;b@c.example', ';'],
        ['a b@c.example', 'a space'],
      ]) {
        const reply = await ground.place.owner.post('/v1/invitations', { email });
        expect(errorsOf(reply)[0]).toMatchObject({ code: 'invalid-email', message: expect.stringContaining(character ?? '') });
      }
    });
  });
});
