import { isDeepStrictEqual } from 'node:util';
import { FAULTS, type Fault } from './crash.ts';
import { type CrashRun, tell } from './run.ts';
import type { CrashStory } from './stories.ts';

/** One point of one story at which a function ended badly, and what came of it. */
export interface CrashPoint {
  readonly fault: Fault;
  readonly k: number;
  readonly hit: string | null;
  /** What is not as without the fault; empty: nothing. */
  readonly differences: readonly string[];
}

export interface CrashCount {
  readonly story: string;
  readonly whole: CrashRun;
  readonly points: readonly CrashPoint[];
}

/** Tells a story without a fault, then with each fault at each of its effects. */
export async function enumerate(story: CrashStory): Promise<CrashCount> {
  const whole = await tell(story, 'killed');
  const points: CrashPoint[] = [];
  for (const fault of FAULTS) {
    for (let k = 1; k <= whole.effects.length; k += 1) points.push(await point(story, fault, k, whole));
  }
  return { story: story.name, whole, points };
}

async function point(story: CrashStory, fault: Fault, k: number, whole: CrashRun): Promise<CrashPoint> {
  try {
    const run = await tell(story, fault, k);
    return { fault, k, hit: run.hit, differences: differencesOf(run, whole) };
  } catch (error) {
    return { fault, k, hit: null, differences: [String(error)] };
  }
}

function differencesOf(run: CrashRun, whole: CrashRun): readonly string[] {
  const isSame = isDeepStrictEqual(run.end, whole.end);
  return [
    ...run.violations,
    ...(isSame ? [] : [`${JSON.stringify(run.end)} instead of ${JSON.stringify(whole.end)}`]),
    ...(run.hit === null ? ['the fault met no effect'] : []),
  ];
}
