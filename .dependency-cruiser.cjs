/** Libraries from the ground up: each imports only those of lines above its own. */
const ORDER = [
  ['kernel'],
  ['mongo'],
  ['policy', 'event-store', 'settings'],
  ['read-store', 'vault', 'jobs', 'mail'],
  ['commands'],
  ['http'],
  ['workspaces'],
  ['accounts'],
  ['access'],
  ['history'],
  ['profile'],
];

const DRIVERS =
  '^(better-sqlite3|mongodb|bullmq|ioredis|@eventstore/db-client|nodemailer|@node-rs/argon2|(node:)?dns(/promises)?|(node:)?worker_threads)$';
const DRIVER_FILES =
  '(^|/)node_modules/(@types/)?(better-sqlite3|mongodb|bullmq|ioredis|@eventstore/db-client|nodemailer|@node-rs/argon2)/';
const PURE = '\\.(decider|events|projection|reactions)\\.ts$';
const SPEC = '\\.spec\\.ts$';
const one = (names) => `^libs/(${names.join('|')})/`;

/** What a library must not import: its neighbours and all above. */
const orderRules = ORDER.flatMap((line, i) =>
  line.map((name) => ({
    name: `order-of-${name}`,
    comment: `#${name} imports only libraries that lie below it`,
    severity: 'error',
    from: { path: `^libs/${name}/` },
    to: {
      path: one(
        ORDER.slice(i)
          .flat()
          .filter((other) => other !== name),
      ),
    },
  })),
).filter(({ to }) => to.path !== one([]));

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    ...orderRules,
    {
      name: 'kernel-stands-alone',
      severity: 'error',
      from: { path: '^libs/kernel/', pathNot: SPEC },
      to: { pathNot: ['^libs/kernel/', '^(node:)?crypto$'] },
    },
    {
      name: 'one-door',
      comment: 'A library is entered by its index, by its records where only events and rows are needed',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/(index|records)\\.ts$'] },
    },
    {
      name: 'one-door-for-apps-and-tests',
      severity: 'error',
      from: { path: '^(apps|test)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: '^libs/[^/]+/src/(index|records)\\.ts$' },
    },
    {
      name: 'libraries-below-apps',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'tests-stay-out',
      comment: 'What runs does not import what tests it',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: SPEC },
      to: { path: ['^test/', SPEC] },
    },
    {
      name: 'drivers-in-adapters',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: ['\\.(adapter|thread)\\.ts$', SPEC] },
      to: { path: [DRIVERS, DRIVER_FILES] },
    },
    {
      name: 'pure-files',
      comment: 'What decides and projects has no driver, no file, no chance',
      severity: 'error',
      from: { path: PURE },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-files-without-adapters',
      severity: 'error',
      from: { path: PURE },
      to: { path: ['\\.(adapter|thread|handler|controller|module)\\.ts$', DRIVER_FILES, '(^|/)node_modules/@nestjs/'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // the `types` condition of package.json leads `#name` to the sources
    enhancedResolveOptions: {
      conditionNames: ['types', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.d.ts'],
    },
  },
};
