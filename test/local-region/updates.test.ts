import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runStories } from '../../infra/bench/conduct.ts';
import { benchEtcd } from '../../infra/bench/etcd.ts';
import { ROOT } from '../../infra/cli/local-options.ts';
import { startRegion } from '../../infra/local/region.ts';
import { IS_LONG } from './joined.ts';
import { leaderRunLine, playLeaderRuns } from './leader-runs.ts';
import {
  playUpdate,
  print,
  REFUSAL_SECONDS,
  refuseRelease,
  refuseWhileWeak,
  undoWithoutQuorum,
} from './played-updates.ts';
import { openTheatre, type Theatre } from './stage.ts';
import { brokenClaims, updateStory, updatesText, type Way } from './update-stories.ts';
import { foundUpdating, type Updating } from './updating.ts';

/** Updates by stack: those that go through, and those that must not go on. */
const options = { timeout: IS_LONG ? 1_200_000 : 180_000 };
const WAYS: readonly Way[] = ['refresh', 'rolling'];
/** As a cluster has it that nobody configured otherwise. */
const WINDOW_SECONDS = 10;
const WEAK = { GateTimeoutSeconds: String(REFUSAL_SECONDS) };

let opening: Promise<Theatre> | null = null;
const opened: Updating[] = [];

/** One region for all that are played, and none for the show that measures in its own. */
function openOnce(): Promise<Theatre> {
  opening ??= openTheatre();
  return opening;
}

afterAll(async () => {
  for (const updating of opened) updating.close();
  await (await opening)?.stop();
});

async function found(name: string, parameters: Readonly<Record<string, string>> = {}): Promise<Updating> {
  const updating = await foundUpdating(await openOnce(), name, parameters);
  opened.push(updating);
  return updating;
}

/** Three and five members in both ways, beside the same by hand, on a machine that does nothing else. */
async function measureUpdates(): Promise<void> {
  const say = (line: string): void => print(`show updates: ${line}\n`);
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
    const updates = [3, 5].flatMap((size) => WAYS.map((way) => updateStory(size, way)));
    const results = await runStories({
      region,
      etcd,
      stories: updates.map(({ story }) => story),
      repetitions: 1,
      parameters: { GateStableSeconds: String(WINDOW_SECONDS) },
      say,
      onRun: ({ name }, _repetition, { error }) => say(`${name}: ${error ?? 'done'}`),
    });
    print(updatesText(updates, results, WINDOW_SECONDS));
    expect(brokenClaims(updates, results)).toEqual([]);
  } finally {
    await region.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

if (IS_LONG) {
  test(
    'updates: every member is replaced with never fewer voters than before, nothing lost and no long gap',
    options,
    measureUpdates,
  );

  test.each(WAYS)(
    'bad-release: an etcd that cannot start stops an update by %s at its first node, and the stack goes back',
    options,
    async (way) => {
      const updating = await found(`bad-${way}`, { Updates: way, UnstartedGraceSeconds: '10' });
      await refuseRelease(await openOnce(), updating, way);
    },
  );

  test('leader: it is never chosen while a follower will do', options, async () => {
    const runs = await playLeaderRuns(await openOnce());
    for (const run of runs) print(`show leader: ${leaderRunLine(run)}\n`);
    expect(runs).toHaveLength(5);
    expect(runs.flatMap(({ leaderTooSoon }) => leaderTooSoon)).toEqual([]);
  });

  test('rollback: what is undone because etcd lost its quorum is undone at once', options, async () => {
    await undoWithoutQuorum(await found('back', { ...WEAK, Updates: 'new-only' }));
  });
} else {
  test.concurrent(
    'S30 a rolling update by stack replaces all with never fewer voters than before, and stops at the first node of a release that does not start',
    options,
    async () => {
      const updating = await found('through', { Updates: 'rolling', UnstartedGraceSeconds: '10' });
      await playUpdate(await openOnce(), updating);
      await refuseRelease(await openOnce(), updating, 'rolling');
    },
  );
}

test.concurrent(
  'weak: while a voter is silent an update is refused before anything happens, and goes through when it is back',
  options,
  async () => refuseWhileWeak(await found('weak', WEAK)),
);
