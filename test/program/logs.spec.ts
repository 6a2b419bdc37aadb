import { expectStatus, makePlace, OWNER } from './place.js';
import { OPERATOR, Program, removeFolder, tempFolder, until } from './program.js';

let folder: string;
beforeAll(async () => {
  folder = await tempFolder();
});
afterAll(() => removeFolder(folder));

it('RUN-4: every line is JSON, and holds no password, token, address or name', async () => {
  const program = await Program.start(folder, { LOG_LEVEL: 'trace' });
  const owner = await makePlace(program);
  const canary = {
    email: 'canary-address@customers.example',
    password: 'canary-password-41',
    fullName: 'Canary Fullname',
    phone: '+34 600 424 242',
  };
  const made = expectStatus(
    await owner.post('/v1/accounts', { ...canary, comment: 'canary-comment', attributes: { note: 'canary-note' } }),
    201,
  );
  const id = String(made.body['id']);
  const host = { host: 'acme.localhost' };
  const session = expectStatus(await program.api.post('/v1/sessions', canary, { headers: host }), 422);
  expect(session.body['code']).toBe('invalid-input');
  const { email, password } = canary;
  const { token, refreshToken } = expectStatus(
    await program.api.post('/v1/sessions', { email, password }, { headers: host }),
    201,
  ).body;
  await program.api.post('/v1/sessions', { email, password: 'canary-wrong-password' }, { headers: host });
  await program.api.post('/v1/sessions/refresh', { refreshToken: 'canary-refresh' }, { headers: host });
  await program.api.post('/v1/password-resets', { email }, { headers: host });
  await program.api.as('canary-token').get('/v1/sessions/current');
  await program.api.get('/v1/accounts?search=canary-query');
  await owner.get('/v1/accounts?search=canary-query&canary-parameter=canary-value');
  await owner.get('/canary-path/canary-address@customers.example');
  await owner.post('/v1/accounts', undefined, { raw: '{"email":"canary-malformed' });
  await owner.post(`/v1/accounts/${id}/disable`, { reason: 'other', note: 'canary-note' });
  await owner.post(`/v1/accounts/${id}/delete`, { confirm: email });
  expectStatus(
    await owner.post('/v1/invitations', { email: 'canary-invited@customers.example', fullName: 'Canary Invited' }),
    201,
  );
  const metrics = expectStatus(await program.api.get('/metrics'), 200).text;
  await until('the request lines', async () => program.stdout.includes('/v1/invitations'));
  const { code, stdout, stderr } = await program.end();
  expect([code, stderr]).toEqual([0, '']);

  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.anything(), time: expect.any(String) });
  // What is no log line is the greeting of the first start, which ends with the three lines to try.
  const others = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  expect(others.filter((line) => !/^(Whitebook listening|Who can log in|Try:| {2})/.test(line))).toEqual([]);

  const secrets = [OWNER.password, OPERATOR.password, String(token), String(refreshToken), OWNER.email, '424 242', '424242'];
  for (const secret of secrets) expect(`${lines.join('\n')}${metrics}`).not.toContain(secret);
  expect(`${lines.join('\n')}${metrics}`.toLowerCase()).not.toContain('canary');
});
