import type { StoryResult } from '../../infra/bench/result.ts';
import * as floor from '../../infra/bench/stories-floor.ts';
import type { Deed, OurGround, Story } from '../../infra/bench/story.ts';
import { tableText } from '../../infra/cli/table.ts';

/** How an update by stack replaces the members. */
export type Way = 'refresh' | 'rolling';

/** What people wait after every node where nothing tells them that they may go on. */
const PAUSE_SECONDS = 600;
const GAP_MS_MAX = 300;

/** A stack update with a new launch template, and until when CloudFormation called it complete. */
export interface UpdateStory {
  readonly story: Story;
  readonly way: Way;
  readonly size: number;
  /** From the call to the complete stack; `null`: it did not get there. */
  totalMs: number | null;
}

let volumeSize = 20;

/** Every property of a launch template makes a new version of it; this one changes nothing about a cluster. */
export function changedTemplate(): Readonly<Record<string, string>> {
  volumeSize += 1;
  return { VolumeSize: String(volumeSize) };
}

export function updateStory(size: number, way: Way): UpdateStory {
  const told: UpdateStory = { way, size, totalMs: null, story: storyOf() };
  return told;

  function storyOf(): Story {
    return {
      name: `${way}-${size}`,
      about: `stack update of ${size} by ${way}`,
      size,
      isQuick: false,
      isRefresh: true,
      change: { ours: (ground) => update(ground), floor: floor.refresh },
    };
  }

  async function update({ instances, update: updateStack }: OurGround): Promise<Deed> {
    const fromMs = performance.now();
    let failure: unknown = null;
    updateStack({ Updates: way, ...changedTemplate() }).then(
      () => {
        told.totalMs = performance.now() - fromMs;
      },
      (error: unknown) => {
        failure = error;
      },
    );
    const isOver = async (): Promise<boolean> => {
      if (failure !== null) throw failure;
      return told.totalMs !== null;
    };
    return { fromMs, gone: instances, isOver };
  }
}

const seconds = (ms: number | null): string => (ms === null ? '-' : (ms / 1_000).toFixed(1));

/** The table of the show: total time beside what is unavoidable, and beside what fixed pauses take. */
export function updatesText(
  updates: readonly UpdateStory[],
  results: readonly StoryResult[],
  windowSeconds: number,
): string {
  const heading = [
    ...[
      'update',
      'total s',
      'floor s',
      'platform s',
      'windows s',
      'ours s',
      `${PAUSE_SECONDS / 60} min pauses s`,
    ],
    ...['voters min', 'gap ms', 'by hand', 'writes', 'lost'],
  ];
  const rows = updates.map(({ story, size, totalMs }) => {
    const run = results.find(({ name }) => name === story.name)?.runs[0];
    const floorMs = run?.floorStrengthMs ?? null;
    const windowsMs = size * windowSeconds * 1_000;
    // The platform is taken to work while nobody waits in a hook: the windows, in which nobody does, are in that.
    const platformMs = Math.max(0, (run?.platformMs ?? 0) - windowsMs);
    const ours = totalMs === null || floorMs === null ? null : totalMs - floorMs - platformMs - windowsMs;
    return [
      `${size} by ${story.name.split('-')[0]}`,
      ...[totalMs, floorMs, platformMs, windowsMs, ours].map(seconds),
      seconds(floorMs === null ? null : floorMs + size * PAUSE_SECONDS * 1_000),
      String(run?.fewestVoters ?? '-'),
      ...[run?.gapMs, run?.floorGapMs].map((gap) => String(Math.round(gap ?? Number.NaN))),
      String(run?.writes ?? 0),
      String(run?.lost ?? 0),
    ];
  });
  return `\n${tableText([heading, ...rows])}\n${WORDS}\n`;
}

const WORDS = `total: from the call to UPDATE_COMPLETE, both gates in it. floor: the same replacements by hand, on plain etcd. platform: machines boot and
end, the group and CloudFormation take their turns. windows: after each replacement the cluster must be calm for so long. ours: the rest.
pauses: the floor with a fixed pause after each node, as people do without a signal; computed. voters min: the fewest that answered at once.\ngap: the longest time between two acknowledged writes, beside that of the same by hand on the same machine.`;

/** Where the show's claim does not hold; empty: it does. */
export function brokenClaims(
  updates: readonly UpdateStory[],
  results: readonly StoryResult[],
): readonly string[] {
  return updates.flatMap(({ story, size, totalMs }) => {
    const run = results.find(({ name }) => name === story.name)?.runs[0];
    if (run === undefined) return [`${story.name}: was not told`];
    const { error, fewestVoters, gapMs, lost, writes } = run;
    const problems = [
      ...(error === null ? [] : [error]),
      ...(totalMs === null ? ['the stack was not complete'] : []),
      ...(fewestVoters !== null && fewestVoters >= size ? [] : [`only ${fewestVoters} voters answered`]),
      ...(lost === 0 && writes > 0 ? [] : [`${lost} of ${writes} acknowledged writes are lost`]),
      ...(gapMs !== null && gapMs <= GAP_MS_MAX ? [] : [`no write was acknowledged for ${gapMs} ms`]),
    ];
    return problems.map((problem) => `${story.name}: ${problem}`);
  });
}
