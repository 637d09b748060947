import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from './recording.ts';
import { isWhole, type Sighting, type Stage } from './stage.ts';
import { describeChanges } from './watch.ts';
import type { Writer } from './writer.ts';

/** One step of the story: what is done, how many voters there must be at its end, and what it is held to. */
export interface StoryStep {
  readonly name: string;
  /** For somebody who was not there: what is done, and what should come of it. */
  readonly about: string;
  readonly desired: number;
  readonly limits: Limits;
  /** How long it may take, in milliseconds; STEP_LIMIT_MS if not given. */
  readonly limitMs?: number;
  /** Does it; answers with the instances that must be gone at the end of the step. */
  readonly act: (sight: Sighting) => Promise<readonly string[]>;
  /** What else must be true at its end, beyond a whole cluster. */
  readonly isOver?: () => Promise<boolean>;
}

/** A step that takes longer than this did not converge. */
export const STEP_LIMIT_MS = 150_000;
/** Gaps right after a step belong to it. */
const CALM_MS = 2_000;
const SEE_EVERY_MS = 200;

export interface StoryOptions {
  readonly stage: Stage;
  readonly writer: Writer;
  readonly say: (line: string) => void;
  /** How long the cluster must stay whole before the next step; two seconds if not given. */
  readonly calmMs?: number;
  /** Called when something is seen to change. */
  readonly onChange?: () => void;
  /** Called with each step that is over. */
  readonly onStep?: (step: ToldStep) => void;
}

/** How a step went; times are of the monotonic clock. */
export interface ToldStep {
  readonly step: StoryStep;
  readonly fromMs: number;
  /** `null`: it did not converge. */
  readonly wholeMs: number | null;
  readonly toMs: number;
  readonly ackedWrites: number;
  readonly longestGapMs: number | null;
}

/**
 * Runs the steps under load; a step that does not converge ends the story.
 *
 * @throws {Error} whatever a step threw; `onStep` has been told of it as one that did not converge.
 */
export async function runStory(
  options: StoryOptions,
  steps: readonly StoryStep[],
): Promise<readonly ToldStep[]> {
  const told: ToldStep[] = [];
  for (const [index, step] of steps.entries()) {
    options.say(`== ${step.name}`);
    options.writer.beginStep();
    const fromMs = performance.now();
    const end = (wholeMs: number | null): void => {
      const { ackedWrites, longestGapMs } = options.writer.countOf(index);
      const over = { step, fromMs, wholeMs, toMs: performance.now(), ackedWrites, longestGapMs };
      told.push(over);
      options.onStep?.(over);
    };
    const wholeMs = await tellStep(options, step).catch((error: unknown) => {
      end(null);
      throw error;
    });
    if (wholeMs !== null) await sleep(options.calmMs ?? CALM_MS);
    end(wholeMs);
    const seconds = ((wholeMs ?? 0) - fromMs) / 1_000;
    options.say(wholeMs === null ? '   did not converge' : `   whole after ${seconds.toFixed(1)} s`);
    if (wholeMs === null) break;
  }
  return told;
}

async function tellStep(options: StoryOptions, step: StoryStep): Promise<number | null> {
  const gone = await step.act(await options.stage.see());
  return watchUntilWhole(options, step, gone);
}

async function watchUntilWhole(
  options: StoryOptions,
  step: StoryStep,
  gone: readonly string[],
): Promise<number | null> {
  const limitMs = performance.now() + (step.limitMs ?? STEP_LIMIT_MS);
  let before: Sighting | null = null;
  while (performance.now() < limitMs) {
    const after = await options.stage.see();
    const lines = before === null ? [] : describeChanges(before, after);
    for (const line of lines) options.say(`   ${line}`);
    if (lines.length > 0) options.onChange?.();
    before = after;
    const isGone = after.instances.every(({ id }) => !gone.includes(id));
    const isDone = isGone && isWhole(after, step.desired) && (await (step.isOver?.() ?? true));
    if (isDone) return performance.now();
    await sleep(SEE_EVERY_MS);
  }
  return null;
}
