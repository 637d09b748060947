import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lineOf } from '../cli/failure.ts';
import { STACK } from '../cli/local-up.ts';
import { type Guard, startGuard } from '../local/guard.ts';
import { claimRange } from '../local/listening.ts';
import type { Region } from '../local/region.ts';
import type { BenchEtcd } from './etcd.ts';
import { FloorCluster } from './floor-cluster.ts';
import { flagsOf } from './floor-flags.ts';
import { deployOurs, OurCluster } from './our-cluster.ts';
import { openQueue, type Queue } from './queue.ts';
import type { Run, StoryResult } from './result.ts';
import { runFloor, runOf, runOurs } from './run.ts';
import { founding } from './stories.ts';
import { CONNECTED_MS, type Story } from './story.ts';

/** A cluster that a run left broken is replaced by a new one, so often. */
const BROKEN_MAX = 3;

export interface Conduct {
  readonly region: Region;
  readonly etcd: BenchEtcd;
  readonly stories: readonly Story[];
  readonly repetitions: number;
  /** Of every cluster's stack, beside those that it has anyway. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
  /** Told of each repetition that is over. */
  readonly onRun: (story: Story, repetition: number, run: Run) => void;
}

/** Both sides of one size, and they stand as long as stories of that size are told. */
interface Pair {
  readonly ours: OurCluster;
  readonly floor: FloorCluster;
  /** When somebody last became a member of ours. */
  changedMs: number;
}

interface Ground {
  readonly conduct: Conduct;
  readonly queue: Queue;
  readonly guard: Guard;
  readonly addressOf: () => string;
}

/** Tells every story so many times, each time on both sides. */
export async function runStories(conduct: Conduct): Promise<readonly StoryResult[]> {
  const { region, stories, say } = conduct;
  const guard = startGuard();
  const range = await claimRange();
  const queue = openQueue(region, `${STACK}.fifo`);
  let host = 9;
  const addressOf = (): string => {
    host = host >= 249 ? 10 : host + 1;
    return `${range.prefix}.${host}`;
  };
  const results = new Map<Story, Run[]>(stories.map((story) => [story, []]));
  try {
    say('deploying the autopilot');
    await deployOurs(region);
    const sizes = [...new Set(stories.map(({ size }) => size))];
    const ground = { conduct, queue, guard, addressOf };
    for (const size of sizes) await tellSize(ground, size, results);
    return stories.map((story) => {
      const { name, about, size } = story;
      return { name, about, size, runs: results.get(story) ?? [] };
    });
  } finally {
    queue.close();
    range.lock.close();
    await guard.close();
  }
}

async function tellSize(ground: Ground, size: number, results: ReadonlyMap<Story, Run[]>): Promise<void> {
  const { stories, repetitions } = ground.conduct;
  const own = stories.filter((story) => story.size === size);
  const measured = own.find(({ change }) => change === null);
  let pair: Pair | null = null;
  const foundings = measured === undefined ? 1 : repetitions;
  const note = (story: Story, run: Run): void => {
    const runs = results.get(story);
    if (runs === undefined) return;
    runs.push(run);
    ground.conduct.onRun(story, runs.length, run);
  };
  try {
    for (let time = 0; time < foundings; time += 1) {
      await close(pair);
      pair = await found(ground, measured ?? founding(size, false), note);
    }
    let brokenCount = 0;
    for (const story of own.filter(({ change }) => change !== null)) {
      for (let time = 0; time < repetitions && brokenCount < BROKEN_MAX; time += 1) {
        pair ??= await found(ground, founding(size, false), note);
        if (pair === null) return;
        const run = await tell(ground, story, pair);
        note(story, run);
        if (run.error === null) continue;
        brokenCount += 1;
        await close(pair);
        pair = null;
      }
    }
  } finally {
    await close(pair);
  }
}

let serial = 0;
/** Of clusters, and of keys: none is used twice. */
const nextName = (words: string): string => {
  serial += 1;
  return `${words}-${serial}`;
};

/** Founds both sides; `null`: ours did not come up. */
async function found(
  { conduct, queue, guard, addressOf }: Ground,
  story: Story,
  note: (story: Story, run: Run) => void,
): Promise<Pair | null> {
  const { region, etcd, say } = conduct;
  const name = nextName(`bench-${story.size}`);
  const ours = new OurCluster(region, name, story.size, conduct.parameters);
  const ourRun = await runOurs(story, name, ours, queue);
  if (ourRun.error !== null) {
    say(`cluster ${name} did not come up: ${ourRun.error}`);
    note(story, runOf(story, ourRun, null));
    await ours.remove();
    return null;
  }
  const flags = flagsOf(await environmentOf(ours));
  const dir = join(region.dir, 'floor');
  const floor = new FloorCluster({ etcdDir: etcd.dir, dir, flags, guard }, addressOf);
  note(story, runOf(story, ourRun, await floorOf(story, name, floor, say)));
  return { ours, floor, changedMs: performance.now() };
}

/** The same flags as ours, whatever the boot script makes them. */
async function environmentOf({ region, fleet }: OurCluster): Promise<string> {
  const id = fleet.changes[0]?.instanceId ?? '';
  return readFile(join(region.machines.rootOf(id), 'etc', 'etcd-autopilot', 'etcd.env'), 'utf8');
}

/** Until then etcd may refuse a change on either side, and nobody could do anything about it. */
const rest = ({ changedMs }: Pair): Promise<void> =>
  sleep(Math.max(0, changedMs + CONNECTED_MS - performance.now()));

async function tell({ conduct, queue }: Ground, story: Story, pair: Pair): Promise<Run> {
  const { ours, floor } = pair;
  const name = nextName(story.name);
  await rest(pair);
  const ourRun = await runOurs(story, name, ours, queue);
  const { measured } = ourRun;
  pair.changedMs = measured === null ? performance.now() : measured.fromMs + (measured.strengthMs ?? 0);
  const floorRun = ourRun.error === null ? await floorOf(story, name, floor, conduct.say) : null;
  return runOf(story, ourRun, floorRun);
}

async function floorOf(story: Story, name: string, floor: FloorCluster, say: (line: string) => void) {
  try {
    return await runFloor(story, name, floor);
  } catch (error) {
    say(`the floor of ${story.name}: ${lineOf(error)}`);
    return null;
  }
}

async function close(pair: Pair | null): Promise<void> {
  if (pair === null) return;
  await pair.floor.close();
  await pair.ours.remove();
}
