import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readSettings } from '#settings';

const at = (...path: string[]): string => readFileSync(join(process.cwd(), ...path), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly deploy?: { readonly replicas: number };
  readonly healthcheck?: object;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
  readonly secrets: object;
}

const compose = parse(at('docker-compose.yml'), { merge: true }) as Compose;
const { services } = compose;
const own = Object.entries(services).filter(([, service]) => service.build !== undefined);
const stores = Object.entries(services).filter(([, service]) => service.build === undefined);

/** What a container gets where whoever starts it sets nothing. */
const environmentOf = (service: Service): Record<string, string> =>
  Object.fromEntries(
    Object.entries(service.environment ?? {}).map(([name, value]) => [name, value.replace(/\$\{\w+:-([^}]*)\}/g, '$1')]),
  );

describe('RUN-1: docker-compose brings up the distributed profile', () => {
  it('has every role twice and every store once', () => {
    expect(own.map(([name, { deploy }]) => [name, deploy?.replicas])).toEqual([
      ['api', 2],
      ['projector', 2],
      ['worker', 2],
    ]);
    expect(stores.map(([name]) => name)).toEqual(['eventstore', 'mongodb', 'redis']);
  });

  it.each(own)('%s: its settings are known, and such that it starts', (_, service) => {
    const environment = environmentOf(service);
    const known = [...at('libs', 'settings', 'src', 'settings.ts').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
    expect(known).toContain('PORT');
    expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
    expect(readSettings(environment)).toMatchObject({ profile: 'distributed', host: '0.0.0.0', port: 3000 });
  });

  it.each(own)('%s: nothing of ours is named as an option of the event store', (_, service) => {
    expect(Object.keys(service.environment ?? {}).filter((name) => name.startsWith('EVENTSTORE_'))).toEqual([]);
  });

  it.each(own)('%s: starts as its script in package.json does', (name, service) => {
    const { scripts } = JSON.parse(at('package.json')) as { scripts: Record<string, string> };
    expect(service.command?.join(' ')).toBe(scripts[`start:${name}`]);
  });

  it.each(own)('%s: waits for every store', (_, service) => {
    const waits = stores.map(([name]) => [name, { condition: 'service_healthy' }]);
    expect(Object.entries(service.depends_on ?? {})).toEqual(waits);
  });

  it.each(own)('%s: reaches the stores under their names', (_, service) => {
    const urls = Object.values(environmentOf(service)).filter((value) => /^(esdb|mongodb|redis):\/\//.test(value));
    expect(urls.map((url) => new URL(url).hostname)).toEqual(stores.map(([name]) => name));
  });

  it.each(stores)('%s: is of one version, keeps its data and tells when it is ready', (_, service) => {
    expect(service.image).toMatch(/^[\w/]+:\d+\.\d+\.\d+/);
    expect(service.healthcheck).toBeDefined();
    expect(service.volumes).toHaveLength(1);
    expect(Object.keys(compose.volumes)).toContain(service.volumes?.[0]?.split(':')[0]);
  });

  it('Redis throws nothing away, and writes down what it takes', () => {
    const command = services['redis']?.command?.join(' ');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(command).toContain('--appendonly yes');
  });

  it('MongoDB is a replica set, and is asked as one', () => {
    expect(services['mongodb']?.command).toEqual(expect.arrayContaining(['--replSet', 'rs0']));
    expect(services['api']?.environment?.['WHITEBOOK_MONGODB_URL']).toContain('replicaSet=rs0');
  });
});

describe('the image', () => {
  const lines = at('Dockerfile').split('\n');

  it('is of one supported version of Node, which is one that package.json allows', () => {
    const bases = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    expect(bases).toEqual([expect.stringMatching(/^node:24\.\d+\.\d+-/), bases[0]]);
    const { engines } = JSON.parse(at('package.json')) as { engines: { node: string } };
    expect(engines.node).toBe('>=20.19');
  });

  it('runs as nobody in particular, without what only builds and tests, and tells whether it lives', () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    expect(last).toContain('USER node');
    expect(last.findIndex((line) => line === 'USER node')).toBeLessThan(last.findIndex((line) => line.startsWith('CMD ')));
    expect(last.some((line) => line.startsWith('HEALTHCHECK '))).toBe(true);
    expect(lines).toContain('RUN npm ci --omit=dev');
  });

  it('gets only what it names: no key, no data, no history', () => {
    const [first, ...kept] = at('.dockerignore').trim().split('\n');
    expect(first).toBe('*');
    const copied = lines.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1));
    expect(kept.filter((line) => line.startsWith('!')).map((line) => line.slice(1))).toEqual(copied);
  });
});
