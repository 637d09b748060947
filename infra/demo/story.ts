import { setTimeout as sleep } from 'node:timers/promises';
import type { StepResult } from './report.ts';
import { isWhole, type Sighting, type Stage } from './stage.ts';
import { describeChanges } from './watch.ts';
import type { Writer } from './writer.ts';

/** One step of the story: what is done, and how many voters there must be at its end. */
export interface StoryStep {
  readonly name: string;
  readonly desired: number;
  /** Does it; answers with the instance that must be gone at the end of the step, if one must. */
  readonly act: (sight: Sighting) => Promise<string | null>;
}

/** A step that takes longer than this did not converge. */
export const STEP_LIMIT_MS = 150_000;
/** How long the cluster must stay whole before the next step: gaps right after it belong to it. */
const CALM_MS = 2_000;
const SEE_EVERY_MS = 200;

export interface StoryOptions {
  readonly stage: Stage;
  readonly writer: Writer;
  readonly say: (line: string) => void;
}

/** Runs the steps under load; a step that does not converge ends the story. */
export async function runStory(
  options: StoryOptions,
  steps: readonly StoryStep[],
): Promise<readonly Omit<StepResult, 'lostWrites'>[]> {
  const results: Omit<StepResult, 'lostWrites'>[] = [];
  for (const [index, step] of steps.entries()) {
    options.say(`== ${step.name}`);
    options.writer.beginStep();
    const startedMs = performance.now();
    const gone = await step.act(await options.stage.see());
    const wholeMs = await watchUntilWhole(options, step.desired, gone);
    const seconds = wholeMs === null ? null : (wholeMs - startedMs) / 1_000;
    if (wholeMs !== null) await sleep(CALM_MS);
    const { ackedWrites, longestGapMs } = options.writer.countOf(index);
    results.push({ name: step.name, secondsToFullStrength: seconds, longestGapMs, ackedWrites });
    options.say(seconds === null ? '   did not converge' : `   whole after ${seconds.toFixed(1)} s`);
    if (seconds === null) break;
  }
  return results;
}

async function watchUntilWhole(
  options: StoryOptions,
  desired: number,
  gone: string | null,
): Promise<number | null> {
  const limitMs = performance.now() + STEP_LIMIT_MS;
  let before: Sighting | null = null;
  while (performance.now() < limitMs) {
    const after = await options.stage.see();
    const lines = before === null ? [] : describeChanges(before, after);
    for (const line of lines) options.say(`   ${line}`);
    before = after;
    const isGone = after.instances.every(({ id }) => id !== gone);
    if (isGone && isWhole(after, desired)) return performance.now();
    await sleep(SEE_EVERY_MS);
  }
  return null;
}
