import { defineConfig } from 'vitest/config';
import LongestFirst from './test/order.ts';
import { findChromium } from './test/support/chromium.ts';

/** These look at the packaged artefacts, which are made first, where they are not fresh. */
const PACKAGES = [
  'test/build/**/*.test.ts',
  'test/infra/autopilot-template.test.ts',
  'test/infra/iam.test.ts',
];
/** Whole clusters in the local region. */
const LOCAL_REGION = ['test/local-region/**/*.test.ts'];
/** Pages of ours in a headless browser. */
const BROWSER = ['test/browser/**/*.test.ts'];
/** They measure gaps and periods of a second: after everything else, and never more at a time than there are cores. */
const MEASURING = [
  'test/local-region/faults.test.ts',
  'test/local-region/several-clusters.test.ts',
  'test/local-region/sizes.test.ts',
  'test/local-region/treatments.test.ts',
  'test/local-region/two-versions.test.ts',
];

const hasBrowser = findChromium() !== null;
if (!hasBrowser)
  process.stderr.write(`no Chromium is on the PATH, and CHROMIUM names none: ${BROWSER} is left out\n`);

export default defineConfig({
  test: {
    // One more than cores: most files wait for machines to boot and etcds to agree, most of the time.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'code',
          include: ['test/**/*.test.ts'],
          exclude: [...PACKAGES, ...LOCAL_REGION, ...BROWSER],
          sequence: { groupOrder: 0 },
        },
      },
      ...(hasBrowser
        ? [
            {
              extends: true as const,
              test: { name: 'browser', include: BROWSER, sequence: { groupOrder: 0 } },
            },
          ]
        : []),
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
          exclude: MEASURING,
          globalSetup: 'test/build/ensure-packaged.ts',
          testTimeout: 180_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'measuring',
          include: MEASURING,
          globalSetup: 'test/build/ensure-packaged.ts',
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
