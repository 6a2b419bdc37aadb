/** Unit and contract suites run on the sources through swc; adapters with threads run their compiled entries from `dist`. */
const esmOnly =
  '@nestjs|file-type|token-types|strtok3|uint8array-extras|@tokenizer|@borewit|cookie|content-disposition|es-toolkit';

module.exports = {
  testEnvironment: 'node',
  // jest leaves one core idle by default: half of the machine where there are two
  maxWorkers: '100%',
  /** Suites start the whole application, on machines that do other things too. */
  testTimeout: 120_000,
  testMatch: ['<rootDir>/{libs,apps,test}/**/*.spec.ts'],
  transform: {
    '^.+\\.(ts|m?js)$': [
      '@swc/jest',
      {
        swcrc: false,
        module: { type: 'commonjs', importInterop: 'swc' },
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(.*/node_modules/)?(${esmOnly})/)`],
  moduleNameMapper: {
    '^#([a-z-]+)/records$': '<rootDir>/libs/$1/src/records.ts',
    '^#([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testPathIgnorePatterns: [
    '\\.orders\\.spec\\.ts$',
    '/node_modules/',
    '<rootDir>/dist/',
    '<rootDir>/test/faults/',
    '<rootDir>/test/bench/',
    '<rootDir>/test/program/',
    '<rootDir>/test/distributed/',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};
