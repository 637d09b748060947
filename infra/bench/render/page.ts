import { byService } from '../calls.ts';
import { ratio, spreadOf } from '../figures.ts';
import { type Chart, chartsOf } from './charts.ts';
import type { Figures, RunFigures } from './figures-file.ts';

/** What is written into a folder of documents: names and texts. */
export type Pages = ReadonlyMap<string, string>;

export const PAGE = 'performance.md';

const ms = (value: number | null): string => (value === null ? '–' : String(Math.round(value)));
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;

/** Nothing where there are no rows: what was not measured has no table. */
function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = row(heading.map((_, column) => (column === 0 ? '---' : '--:')));
  return `${row(heading)}${line}${rows.map(row).join('')}\n`;
}

/** The page of measured figures with its pictures, from what a run of the benchmark left behind. */
export function renderPages(figures: Figures): Pages {
  const charts = chartsOf(figures);
  const picture = (file: string): string => {
    const chart = charts.find((one) => one.file === file);
    return chart === undefined ? '' : `![${chart.alt}](${chart.file})\n\n`;
  };
  return new Map([
    [PAGE, `${sectionsOf(figures, picture).join('').trimEnd()}\n`],
    ...charts.map(({ file, svg }: Chart) => [file, svg] as const),
  ]);
}

function sectionsOf(figures: Figures, picture: (file: string) => string): readonly string[] {
  return [
    introduction(figures),
    part('Promises', targetsTable(figures)),
    part('Stories', `${picture('performance-strength.svg')}${storiesTable(figures)}${STORY_WORDS}`),
    part('Writes', picture('performance-gap.svg')),
    part('Calls to AWS', `${picture('performance-calls.svg')}${callsTable(figures)}`),
    part('A pass with nothing to do', `${picture('performance-idle.svg')}${idleTable(figures)}`),
    part('The functions', functionsTable(figures)),
    part('Growth', `${GROWTH_WORDS}${picture('performance-growth.svg')}${growthTable(figures)}`),
  ];
}

const part = (title: string, text: string): string => (/\||!\[/.test(text) ? `## ${title}\n\n${text}` : '');

function introduction({ setting }: Figures): string {
  const { at, quick, repetitions, etcd, machine, node, processors, loadBefore, platform } = setting;
  const isBusy = loadBefore > processors / 2;
  const busy = isBusy ? ' The machine was busy before it began: times are longer than they need be.' : '';
  const kind = quick ? 'a quick run' : 'a full run';
  return `# Performance

Measured figures, made by \`npm run bench -- --render <file>\` from ${kind} of [the benchmark](benchmark.md), which says what each
word means and how to repeat it. Change nothing here by hand.

- ${at.slice(0, 16).replace('T', ' ')} UTC, etcd ${etcd}, ${repetitions} ${repetitions === 1 ? 'repetition' : 'repetitions'}; ${machine}; Node ${node}.${busy}
- A [local region](local-region.md): instances boot in ${platform.bootMs} ms, end in ${platform.terminationMs} ms, and their health is checked every ${platform.healthCheckMs} ms. On EC2
  booting takes tens of seconds, and each call to AWS some tens of milliseconds instead of a few.

`;
}

const targetsTable = ({ targets }: Figures): string =>
  table(
    ['promise', 'of', 'limit', 'measured', ''],
    targets.map(({ name, promise, limit, got, unit, isMet }) => [
      promise,
      `\`${name}\``,
      `${limit} ${unit}`,
      got === null ? 'never' : `${Math.round(got)} ${unit}`,
      isMet ? 'kept' : '**missed**',
    ]),
  );

const STORY_WORDS = `Milliseconds, median / worst. *Ours* is strength, less platform, less floor; where a founding or a lost leader is in the story, an
election is too, which is luck on either side.

`;

function storiesTable({ stories }: Figures): string {
  const heading = [
    'story',
    'strength',
    'floor',
    'platform',
    'ours',
    '× floor',
    'gap',
    'floor gap',
    'after knowable',
    'no quorum',
    'writes',
    'lost',
  ];
  return table(
    heading,
    stories.map(({ name, runs }) => {
      const pair = (of: (run: RunFigures) => number | null): string => pairOf(runs, of);
      const middle = (of: (run: RunFigures) => number | null) => spreadOf(runs.map(of)).median;
      const times = ratio(
        middle(({ strengthMs }) => strengthMs),
        middle(({ floorStrengthMs }) => floorStrengthMs),
      );
      return [
        `\`${name}\``,
        pair(({ strengthMs }) => strengthMs),
        pair(({ floorStrengthMs }) => floorStrengthMs),
        pair(({ platformMs }) => platformMs),
        pair(({ oursMs }) => oursMs),
        times === null ? '–' : times.toFixed(1),
        pair(({ gapMs }) => gapMs),
        pair(({ floorGapMs }) => floorGapMs),
        pair(({ afterKnowableMs }) => afterKnowableMs),
        pair(({ quorumLostMs }) => quorumLostMs),
        String(runs.reduce((sum, { writes }) => sum + writes, 0)),
        String(runs.reduce((sum, { lost }) => sum + lost, 0)),
      ];
    }),
  );
}

function pairOf(runs: readonly RunFigures[], of: (run: RunFigures) => number | null): string {
  const { median, worst } = spreadOf(runs.map(of));
  return median === null ? '–' : `${ms(median)} / ${ms(worst)}`;
}

function callsTable({ calls: rows }: Figures): string {
  const services = [...new Set(rows.flatMap(({ calls }) => Object.keys(byService(calls))))].sort();
  return table(
    ['story', 'passes', 'looks', 'calls', 'calls a look', ...services],
    rows.map(({ name, passes, looks, total, calls }) => {
      const sums = byService(calls);
      const each = looks === 0 ? '–' : (total / looks).toFixed(1);
      const counts = services.map((service) => String(sums[service] ?? 0));
      return [`\`${name}\``, String(passes), String(looks), String(total), each, ...counts];
    }),
  );
}

function idleTable({ idlePass: rows }: Figures): string {
  const apis = [...new Set(rows.flatMap(({ calls }) => Object.keys(calls)))].sort();
  return table(
    ['members', 'passes', 'ms, median / worst', 'calls', ...apis.map((api) => `\`${api}\``)],
    rows.map(({ members, passes, medianMs, worstMs, awsCalls, calls }) => [
      String(members),
      String(passes),
      `${ms(medianMs)} / ${ms(worstMs)}`,
      String(awsCalls),
      ...apis.map((api) => String(calls[api] ?? 0)),
    ]),
  );
}

const functionsTable = ({ functions }: Figures): string =>
  table(
    ['function', 'archive, KB', 'bundle, KB', 'cold load, ms', 'peak memory, MB'],
    functions.map(({ name, archiveBytes, bundleBytes, loadMs, peakMemoryMb }) => [
      `\`${name}\``,
      ...[archiveBytes / 1_000, bundleBytes / 1_000, loadMs, peakMemoryMb].map((figure) => figure.toFixed(0)),
    ]),
  );

const GROWTH_WORDS = `Counted in the simulation: calls of the engine to its ports, and processor time of one pass. Nothing of a cluster depends on how many others
there are; what an account shares are the rates of its APIs.

`;

const growthTable = ({ growth }: Figures): string =>
  table(
    [
      'members',
      'clusters',
      'AWS calls of an idle pass',
      'etcd calls',
      'processor ms',
      'AWS calls of the founding',
      'its looks',
    ],
    [...growth.members, ...growth.clusters].map((one) => [
      String(one.members),
      String(one.clusters),
      one.awsCalls.toFixed(1),
      one.etcdCalls.toFixed(1),
      one.passMs.toFixed(2),
      one.foundingCalls.toFixed(0),
      one.foundingLooks.toFixed(0),
    ]),
  );
