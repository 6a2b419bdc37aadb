/** The distributed profile against servers that the environment names: `npm run test:distributed`, after a build. */
module.exports = {
  ...require('./jest.program.config.cjs'),
  testMatch: ['<rootDir>/test/distributed/**/*.spec.ts'],
  maxWorkers: 1,
  testTimeout: 120_000,
  // the queue's client keeps timers of its own for a while after it was closed while its server was away
  forceExit: true,
};
