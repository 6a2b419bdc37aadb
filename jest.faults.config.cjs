/** Kills, races, time, erasure, a full disk, on the built program: `npm run test:faults`, after a build. One suite at a time: they load the machine. */
module.exports = {
  ...require('./jest.program.config.cjs'),
  testMatch: ['<rootDir>/test/faults/**/*.spec.ts'],
  maxWorkers: 1,
  testTimeout: 300_000,
};
