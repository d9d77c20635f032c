/** Node-only tests. Suites with real parts live under test/ with their own `npm run test:*` command (see README). */
const realParts = ['/test/dynamodb/', '/test/filesystem/', '/test/conformance/', '/test/browser/', '/test/kafka/'];

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.REAL_PARTS === '1' ? [] : realParts)],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, sourceMaps: 'inline' }],
  },
  watchman: false,
  // Modules of a finished file stay in its worker's memory (--experimental-vm-modules): workers are renewed before it adds up.
  maxWorkers: 2,
  workerIdleMemoryLimit: '100MB',
  testTimeout: 60_000,
};
