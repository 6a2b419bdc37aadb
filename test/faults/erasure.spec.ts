import { textAt, type Api } from '../support/api.js';
import { fieldsOf, operationsOf, pathOf, type Operation, type Schema } from '../support/operations.js';
import { customer, expectStatus, makePlace, PASSWORD } from '../program/place.js';
import { OPERATOR, Program, removeFolder, tempFolder, until, whitebook } from '../program/program.js';
import { Canary, filesWith } from './canary.js';
import { ADDRESS, DIGITS, FREED, Garden, MARK, OF_THE_BRAND, PLANTS } from './erasure.plants.js';

/** Seconds after the answer within which no file holds anything. */
const WITHIN = 5;
const CANARIES = [MARK, DIGITS, ADDRESS].map((text) => new Canary(text));

/** Whether a value of the schema can be a text of the caller's own. */
function isFree(schema: Schema): boolean {
  const choices = [...((schema['anyOf'] ?? []) as Schema[]), ...((schema['oneOf'] ?? []) as Schema[])];
  if (choices.length > 0) return choices.some(isFree);
  if (schema['type'] === 'array') return isFree(schema['items'] as Schema);
  if (schema['type'] === 'object') return typeof schema['additionalProperties'] === 'object';
  return schema['type'] === 'string' && !('enum' in schema) && !('const' in schema) && schema['format'] !== 'date-time';
}
const nameOf = ({ method, template }: Operation): string => `${method} ${template}`;

describe('COR-16, COR-17, ACC-9: whoever is deleted is nowhere any more', () => {
  let dataDir: string;
  let program: Program;
  let owner: Api;
  let operations: readonly Operation[];
  let garden: Garden;
  let planted: string[];
  const readers: [string, Api][] = [];

  beforeAll(async () => {
    dataDir = await tempFolder();
    program = await Program.start(dataDir, { LOG_LEVEL: 'trace', WHITEBOOK_TRUSTED_PROXIES: '127.0.0.1' });
    owner = await makePlace(program);
    const auditor = { email: 'auditor@acme.example', password: PASSWORD };
    expectStatus(await owner.post('/v1/accounts', { ...auditor, role: 'auditor' }), 201);
    const workspace = textAt(await owner.get('/v1/workspace'), 'id');
    readers.push(['owner', owner], ['auditor', await program.signIn({ workspace: 'acme', ...auditor })]);
    readers.push(['operator', (await program.signIn(OPERATOR)).with({ workspace })]);
    operations = operationsOf((await program.api.get('/openapi.json')).body as never);
    garden = new Garden(program, owner, dataDir);
    for (const [name, plant] of Object.entries(PLANTS)) {
      if (name === 'POST /v1/accounts/{id}/delete') planted = [...(await filesWith(dataDir, CANARIES)), ...(await shown())];
      await plant(garden);
    }
  }, 120_000);
  afterAll(async () => {
    await program.end('SIGKILL');
    await removeFolder(dataDir);
  });

  /** Every read there is, by everybody who may, about each of them: those whose answer shows a canary. */
  async function shown(): Promise<string[]> {
    const found: string[] = [];
    for (const operation of operations.filter(({ method }) => method === 'GET'))
      for (const [role, reader] of readers)
        for (const name of Object.keys(operation.template.includes('{') ? garden.accounts : { everybody: '' })) {
          const id = operation.template.includes('/invitations/') ? garden.invitations[name] : garden.accounts[name];
          const path = pathOf(operation, () => id ?? 'f'.repeat(32));
          const searches = operation.parameters.some((each) => each.name === 'search') ? ['', `?search=${MARK}`] : [''];
          for (const search of searches) {
            const status = operation.template === '/v1/accounts' ? (search ? '&status=all' : '?status=all') : '';
            const { text, headers } = await reader.get(`${path}${search}${status}`);
            const canary = CANARIES.find((each) => each.isIn(text + JSON.stringify(headers)));
            const at = text.toLowerCase().indexOf(canary?.text ?? '');
            if (canary) found.push(`${role} ${nameOf(operation)}: ${text.slice(Math.max(0, at - 80), at + 80)}`);
          }
        }
    return found;
  }

  it('the plants are on every route that takes a text about a person', () => {
    const taking = operations.filter(({ method, body }) => {
      if (method === 'GET') return false;
      return body !== null && fieldsOf(body).some(({ schema }) => isFree(schema));
    });
    const covered = [...Object.keys(PLANTS).filter((name) => name !== 'POST /v1/registrations'), ...OF_THE_BRAND];
    expect(taking.map(nameOf).sort()).toEqual(covered.sort());
  });

  it('they were in files and answers before', () => {
    for (const place of [
      'views.accounts',
      '.eml',
      'owner GET /v1/accounts',
      'operator GET /v1/history',
      'auditor GET /v1/accounts/{id}',
    ])
      expect([place, planted.some((each) => each.includes(place))]).toEqual([place, true]);
    expect(planted.filter((each) => /^(log|jobs)\.db|erased\.ledger/.test(each))).toEqual([]);
  });

  it(`no file of the data folder holds a byte of it after ${WITHIN} s`, async () => {
    let left: string[] = [];
    await until('clean files', async () => (left = await filesWith(dataDir, CANARIES)).length === 0, WITHIN).catch(
      () => undefined,
    );
    expect(left).toEqual([]);
  });

  it('no answer of any route shows it to anybody', async () => {
    expect(await shown()).toEqual([]);
    for (const id of Object.values(garden.accounts)) {
      expect((await owner.get(`/v1/accounts/${id}`)).status).toBe(404);
      expectStatus(await owner.get(`/v1/accounts/${id}/history`), 200);
    }
  });

  it('nor did the process say it in its logs', () => {
    expect(program.stdout.split('\n').length).toBeGreaterThan(100);
    expect(CANARIES.filter((canary) => canary.isIn(program.stdout + program.stderr))).toEqual([]);
  });

  it('HIST-3: the chain holds, rows agree with the log, and a start brings nothing back', async () => {
    expect(await program.end()).toMatchObject({ code: 0, stderr: '' });
    expect(await filesWith(dataDir, CANARIES)).toEqual([]);
    for (const command of ['verify', 'recount', 'rebuild'])
      expect([command, await whitebook(dataDir, command)]).toMatchObject([command, { code: 0, stderr: '' }]);
    expect(await filesWith(dataDir, CANARIES)).toEqual([]);
    program = await Program.start(dataDir);
    await until('ready', async () => (await program.api.get('/ready')).status === 200);
    expect(await filesWith(dataDir, CANARIES)).toEqual([]);
  });

  it('COR-17: deletes without a pause do not put off what removes their traces', async () => {
    owner = program.api.as((owner.fixed['authorization'] ?? '').replace('Bearer ', ''));
    const remove = async (name: string): Promise<void> => {
      const id = textAt(expectStatus(await owner.post('/v1/accounts', customer(name)), 201), 'id');
      expectStatus(await owner.post(`/v1/accounts/${id}/delete`, { confirm: `${name}@customers.example` }), 204);
    };
    const first = [new Canary('qzstream.first')];
    await remove('qzstream.first');
    let going = true;
    const others = (async () => {
      for (let n = 0; going; n++) await remove(`qzstream.other-${n}`);
    })();
    try {
      await until('clean files', async () => (await filesWith(dataDir, first)).length === 0, WITHIN);
    } finally {
      going = false;
      await others;
    }
  });

  it('ACC-9, ACC-11: addresses and user names can be used again', async () => {
    for (const fields of FREED) expectStatus(await owner.post('/v1/accounts', { ...fields, password: PASSWORD }), 201);
  });
});
