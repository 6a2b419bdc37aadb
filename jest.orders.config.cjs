/** The real handlers through many orders of their steps: `npm run test:orders`. `ORDERS` sets how many, `ORDERS_SEED` which. */
module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: ['<rootDir>/{libs,test}/**/*.orders.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/dist/'],
  testTimeout: 900_000,
};
