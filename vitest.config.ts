import { defineConfig } from 'vitest/config';

/** These look at the packaged artefacts, which are made first, where they are not fresh. */
const PACKAGES = [
  'test/build/**/*.test.ts',
  'test/infra/autopilot-template.test.ts',
  'test/infra/iam.test.ts',
];
/** Whole clusters in the local region: after everything else: most of their time is the platform's waits. */
const LOCAL_REGION = ['test/local-region/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'code',
          include: ['test/**/*.test.ts'],
          exclude: [...PACKAGES, ...LOCAL_REGION],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'packages',
          include: PACKAGES,
          globalSetup: 'test/build/ensure-packaged.ts',
          testTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'local-region',
          include: LOCAL_REGION,
          globalSetup: 'test/build/ensure-packaged.ts',
          testTimeout: 180_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
