import { callsOfStories, callsText } from './calls.ts';
import { runStories } from './conduct.ts';
import type { Part } from './parts.ts';
import type { Run } from './result.ts';
import type { Story } from './story.ts';
import { problemLines, storiesText } from './table.ts';
import { targetsOf } from './targets.ts';

const told = (value: number | null): string => (value === null ? 'never' : `${Math.round(value)} ms`);

/** The stories on the local region, beside their floor. */
export const storiesPart: Part = async ({ region, etcd, stories: plan, repetitions, say }) => {
  const tellRun = ({ name }: Story, repetition: number, run: Run): void => {
    const { strengthMs, floorStrengthMs, gapMs, floorGapMs, error } = run;
    const figures = `full strength after ${told(strengthMs)} (floor ${told(floorStrengthMs)}), gap ${told(gapMs)} (floor ${told(floorGapMs)})`;
    say(`${name} ${repetition}: ${error === null ? figures : `FAILED: ${error}`}`);
  };
  const stories = await runStories({
    region,
    etcd,
    stories: plan,
    repetitions,
    say,
    onRun: tellRun,
  });
  const calls = callsOfStories(stories);
  const missing = stories.filter(({ runs }) => runs.length < repetitions);
  return {
    keys: { stories, calls },
    text: storiesText(stories) + callsText(calls),
    targets: targetsOf(stories),
    problems: [
      ...problemLines(stories),
      ...missing.map(({ name, runs }) => `${name}: only ${runs.length} of ${repetitions} repetitions`),
    ],
  };
};
