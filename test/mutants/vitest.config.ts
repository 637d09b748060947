import { defineConfig } from 'vitest/config';

/** For named tests in a copy of the sources. Threads end with their process, whatever loop a fault put them into. */
export default defineConfig({
  cacheDir: '.vite',
  test: { include: ['test/**/*.test.ts'], pool: 'threads', maxWorkers: 1, testTimeout: 30_000 },
});
