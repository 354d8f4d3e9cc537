import { defineConfig } from 'vitest/config';

/** Unit tests stand beside their subjects; what needs several services or processes stands under tests/. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'services/*/src/**/*.test.ts',
            'tests/structure/**/*.test.ts',
            'tests/llm/wire/**/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          globalSetup: 'tests/integration/infra.ts',
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'llm',
          include: ['tests/llm/real-model.test.ts'],
        },
      },
      {
        test: {
          name: 'chaos',
          include: ['tests/chaos/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // biome-ignore lint/style/noProcessEnv: how a user asks for the long form
          provide: { long: process.env.LONG === '1' },
        },
      },
    ],
  },
});
