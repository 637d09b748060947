import { tableText } from '../cli/table.ts';
import { ratio, type Spread, spreadOf } from './figures.ts';
import type { Run, StoryResult } from './result.ts';
import type { Target } from './targets.ts';

const ms = (value: number | null): string => {
  if (value === null) return '-';
  return Number.isFinite(value) ? String(Math.round(value)) : 'never';
};

/** Median and worst of several repetitions. */
const pair = ({ median, worst }: Spread): string => (median === null ? '-' : `${ms(median)} / ${ms(worst)}`);

const HEADING = [
  'story',
  'runs',
  'strength ms',
  'floor',
  'platform',
  'ours',
  '× floor',
  'gap ms',
  'floor',
  'after knowable',
  'no quorum',
  'lost',
] as const;

/** One line for each story: median / worst of its repetitions. */
function storiesTable(stories: readonly StoryResult[]): string {
  return tableText([HEADING, ...stories.map(rowOf)]);
}

function rowOf({ name, runs }: StoryResult): readonly string[] {
  const spread = (of: (run: Run) => number | null): Spread => spreadOf(runs.map(of));
  const strength = spread(({ strengthMs }) => strengthMs);
  const floor = spread(({ floorStrengthMs }) => floorStrengthMs);
  const times = ratio(strength.median, floor.median);
  return [
    name,
    String(runs.length),
    pair(strength),
    pair(floor),
    pair(spread(({ platformMs }) => platformMs)),
    pair(spread(({ oursMs }) => oursMs)),
    times === null ? '-' : times.toFixed(1),
    pair(spread(({ gapMs }) => gapMs)),
    pair(spread(({ floorGapMs }) => floorGapMs)),
    pair(spread(({ afterKnowableMs }) => afterKnowableMs)),
    pair(spread(({ quorumLostMs }) => quorumLostMs)),
    String(runs.reduce((sum, { lost }) => sum + lost, 0)),
  ];
}

/** What the platform's waits were made of, in the median. */
function waitsTable(stories: readonly StoryResult[]): string {
  const kinds = ['boot', 'healthCheck', 'delivery', 'turn', 'given'] as const;
  const rows = stories.map(({ name, runs }) => [
    name,
    ...kinds.map((kind) => ms(spreadOf(runs.map(({ platform }) => platform[kind] ?? 0)).median)),
    ms(spreadOf(runs.map(({ settledMs }) => settledMs)).median),
    ms(spreadOf(runs.map(({ writableMs }) => writableMs)).median),
    ms(spreadOf(runs.map(({ floorWritableMs }) => floorWritableMs)).median),
  ]);
  return tableText([['platform waits, ms', ...kinds, 'settled', 'writable', 'floor'], ...rows]);
}

const WORDS = `strength: until every wanted voter answers and nobody else is a member. floor: the same by hand. platform: its waits
on the way. ours: the rest. × floor: strength to floor. gap: longest time between two acknowledged writes. after
knowable: from the evidence to full strength. no quorum: how long fewer voters answered than quorum needs.
settled: until hooks are answered, lists published and machines ended. writable: from the start of the last process
that quorum needed to the first write. Two figures are median / worst.`;

/** What is printed of the stories at the end. */
export const storiesText = (stories: readonly StoryResult[]): string =>
  `\n${storiesTable(stories)}\n${waitsTable(stories)}\n${WORDS}\n`;

export function targetLines(targets: readonly Target[]): readonly string[] {
  return targets.map(({ name, promise, limit, got, unit, isMet }) => {
    return `${isMet ? 'met   ' : 'MISSED'}  ${name}: ${promise} (${ms(got)} of ${limit} ${unit})`;
  });
}

/** One line for each repetition that broke off or lost something. */
export function problemLines(stories: readonly StoryResult[]): readonly string[] {
  return stories.flatMap(({ name, runs }) =>
    runs.flatMap(({ error, lost }, index) => [
      ...(error === null ? [] : [`${name}, repetition ${index + 1}: ${error}`]),
      ...(lost === 0 ? [] : [`${name}, repetition ${index + 1}: ${lost} acknowledged writes are lost`]),
    ]),
  );
}
