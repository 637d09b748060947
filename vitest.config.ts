import { defineConfig } from 'vitest/config';

/** These look at the packaged artefacts, which are made first, where they are not fresh. */
const PACKAGES = [
  'test/build/**/*.test.ts',
  'test/infra/autopilot-template.test.ts',
  'test/infra/iam.test.ts',
];
/** Whole clusters in the local region: one file at a time, after everything else. */
const LOCAL_REGION = ['test/local-region/**/*.test.ts'];
/** Waits minutes for the queue to give messages of dead functions again: beside the code's tests, which need the machine. */
const PATIENT = ['test/local-region/killed-function.test.ts'];

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
          name: 'patient',
          include: PATIENT,
          globalSetup: 'test/build/ensure-packaged.ts',
          testTimeout: 180_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'local-region',
          include: LOCAL_REGION,
          exclude: PATIENT,
          globalSetup: 'test/build/ensure-packaged.ts',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
