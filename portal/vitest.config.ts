import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/*.test.ts'], environment: 'node' } },
      {
        test: {
          name: 'browser',
          include: ['test/browser/*.test.ts'],
          environment: 'node',
          // Generous: the machine may have other work. What a test waits for is a condition, never a time.
          testTimeout: 180_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 90_000, interval: 50 } },
          fileParallelism: false,
          isolate: false, // modules are read once for all files, which run one after the other
        },
      },
    ],
  },
})
