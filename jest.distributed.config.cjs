/** The distributed profile against servers that the environment names: `npm run test:distributed`, after a build. The suite over HTTP is the one of the embedded profile. */
module.exports = {
  ...require('./jest.program.config.cjs'),
  testMatch: ['<rootDir>/test/{distributed,e2e}/**/*.spec.ts'],
  testTimeout: 120_000,
  // the queue's client keeps timers of its own for a while after it was closed while its server was away
  forceExit: true,
};
