/** The built program as a process of its own: `npm run test:program`, after a build. */
module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: ['<rootDir>/test/program/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
  testTimeout: 90_000,
};
