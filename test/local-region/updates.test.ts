import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runStories } from '../../infra/bench/conduct.ts';
import { benchEtcd } from '../../infra/bench/etcd.ts';
import { ROOT } from '../../infra/cli/local-options.ts';
import { startRegion } from '../../infra/local/region.ts';
import { IS_LONG } from './joined.ts';
import { brokenClaims, updateStory, updatesText } from './update-stories.ts';

const MINUTES_MAX = IS_LONG ? 20 : 4;
/** As a cluster has it that nobody configured otherwise; in the short form nobody waits for it. */
const WINDOW_SECONDS = IS_LONG ? 10 : 0;

test('S30 a stack update replaces every member, by refresh and by rolling, with never fewer voters than before and nothing lost', {
  timeout: MINUTES_MAX * 60_000,
}, async () => {
  const say = (line: string): void => void process.stdout.write(`show updates: ${line}\n`);
  const etcd = await benchEtcd(null, say);
  await mkdir(join(ROOT, '.local'), { recursive: true });
  const dir = await mkdtemp(join(ROOT, '.local', 'test-'));
  const region = await startRegion({
    dir,
    installDir: join(ROOT, '.local'),
    path: [etcd.dir],
    signals: false,
  });
  try {
    const sizes = IS_LONG ? [3, 5] : [3];
    const updates = sizes.flatMap((size) => [updateStory(size, 'refresh'), updateStory(size, 'rolling')]);
    const results = await runStories({
      region,
      etcd,
      stories: updates.map(({ story }) => story),
      repetitions: 1,
      parameters: { GateStableSeconds: String(WINDOW_SECONDS) },
      say,
      onRun: ({ name }, _repetition, { error }) => say(`${name}: ${error ?? 'done'}`),
    });
    process.stdout.write(updatesText(updates, results, WINDOW_SECONDS));
    expect(brokenClaims(updates, results)).toEqual([]);
  } finally {
    await region.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
