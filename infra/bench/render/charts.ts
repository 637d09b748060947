import { byService } from '../calls.ts';
import { spreadOf } from '../figures.ts';
import { type Bar, type BarChart, type BarKind, barChart } from './bars.ts';
import type { Figures, RunFigures, StoryFigures } from './figures-file.ts';

/** A picture of the page: its file beside the page, and its text. */
export interface Chart {
  readonly file: string;
  readonly alt: string;
  readonly svg: string;
}

export const medianOf = (
  runs: readonly RunFigures[],
  of: (run: RunFigures) => number | null,
): number | null => spreadOf(runs.map(of)).median;

const seconds = (ms: number): number => ms / 1_000;
const told = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${seconds(ms).toFixed(1)} s`);

function chartOf(file: string, alt: string, chart: BarChart): readonly Chart[] {
  return chart.bars.length === 0 ? [] : [{ file, alt, svg: barChart(chart) }];
}

/** Those of which there is something to see. */
export function chartsOf(figures: Figures): readonly Chart[] {
  return [
    ...strengthChart(figures.stories),
    ...gapChart(figures.stories),
    ...callsChart(figures.calls),
    ...idleChart(figures.idlePass),
    ...growthChart(figures.growth.clusters),
  ];
}

const strengthChart = (stories: readonly StoryFigures[]): readonly Chart[] =>
  chartOf('performance-strength.svg', 'Time to full voting strength of each story', {
    title: 'Time to full voting strength (median)',
    description:
      'One bar for each story, made of the waits of the platform, the floor of etcd, and the rest.',
    legend: [
      ['platform', 'waits of the platform, that nobody can save'],
      ['floor', 'the floor: what etcd itself makes unavoidable, done by hand'],
      ['ours', 'the rest: the autopilot’s own'],
    ],
    bars: stories.flatMap(strengthBar),
    unit: 's',
  });

function strengthBar({ name, runs }: StoryFigures): readonly Bar[] {
  const strength = medianOf(runs, ({ strengthMs }) => strengthMs);
  if (strength === null) return [];
  const platform = Math.min(strength, medianOf(runs, ({ platformMs }) => platformMs) ?? 0);
  const floor = Math.min(strength - platform, medianOf(runs, ({ floorStrengthMs }) => floorStrengthMs) ?? 0);
  const segments = [
    { kind: 'platform', value: platform },
    { kind: 'floor', value: floor },
    { kind: 'ours', value: strength - platform - floor },
  ] as const;
  return [
    {
      label: name,
      segments: segments.map(({ kind, value }) => ({
        kind,
        value: seconds(value),
        tip: `${kind}: ${told(value)}`,
      })),
      note: `${told(strength)}, ours ${told(strength - platform - floor)}`,
    },
  ];
}

const gapChart = (stories: readonly StoryFigures[]): readonly Chart[] =>
  chartOf('performance-gap.svg', 'Longest gap between two acknowledged writes of each story', {
    title: 'Longest gap between two acknowledged writes (median)',
    description: 'Two bars for each story with a cluster to write to: the floor and the autopilot.',
    legend: [
      ['floor', 'the floor, by hand'],
      ['first', 'the autopilot'],
    ],
    bars: stories
      .filter(({ name }) => !name.startsWith('bootstrap'))
      .flatMap(({ name, runs }) => [
        ...gapBar(
          name,
          'first',
          medianOf(runs, ({ gapMs }) => gapMs),
        ),
        ...gapBar(
          '',
          'floor',
          medianOf(runs, ({ floorGapMs }) => floorGapMs),
        ),
      ]),
    unit: 'ms',
  });

const gapBar = (label: string, kind: BarKind, value: number | null): readonly Bar[] =>
  value === null ? [] : [{ label, segments: [{ kind, value, tip: told(value) }], note: told(value) }];

const SERVICE_KINDS: readonly BarKind[] = ['first', 'second', 'third', 'fourth', 'fifth'];

function callsChart(rows: Figures['calls']): readonly Chart[] {
  const services = [...new Set(rows.flatMap(({ calls }) => Object.keys(byService(calls))))].sort();
  const kinds = services.map((service, nth) => [SERVICE_KINDS[nth] ?? 'fifth', service] as const);
  return chartOf('performance-calls.svg', 'Calls to AWS of each story, by service', {
    title: 'Calls to AWS of a whole story (median), by service',
    description: 'One bar for each story, made of its calls to each service of AWS.',
    legend: kinds,
    bars: rows.map(({ name, passes, looks, total, calls }) => {
      const sums = byService(calls);
      const segments = kinds.map(([kind, service]) => {
        const value = sums[service] ?? 0;
        return { kind, value, tip: `${service}: ${value}` };
      });
      return { label: name, segments, note: `${total} in ${passes} passes, ${looks} looks` };
    }),
    unit: '',
  });
}

const idleChart = (rows: Figures['idlePass']): readonly Chart[] =>
  chartOf('performance-idle.svg', 'Time of an idle pass by members', {
    title: 'A pass with nothing to do (median), by members',
    description:
      'One bar for each size of a cluster: how long a pass of a warm function takes that finds nothing to do.',
    legend: [['first', 'a warm function on the local region']],
    bars: rows.map(({ members, medianMs, worstMs, awsCalls }) => ({
      label: `${members} ${members === 1 ? 'member' : 'members'}`,
      segments: [{ kind: 'first', value: medianMs, tip: told(medianMs) }],
      note: `${told(medianMs)} (worst ${told(worstMs)}), ${awsCalls} calls`,
    })),
    unit: 'ms',
  });

const growthChart = (rows: Figures['growth']['clusters']): readonly Chart[] =>
  chartOf('performance-growth.svg', 'Processor time of an idle pass by clusters', {
    title: 'Processor time of an idle pass, with so many clusters side by side',
    description: 'One bar for each number of clusters in the simulation: what one pass of one cluster costs.',
    legend: [['first', 'one pass of one cluster, in the simulation']],
    bars: rows.map(({ clusters, passMs, awsCalls }) => ({
      label: `${clusters} ${clusters === 1 ? 'cluster' : 'clusters'}`,
      segments: [{ kind: 'first', value: passMs, tip: `${passMs.toFixed(2)} ms` }],
      note: `${passMs.toFixed(2)} ms, ${awsCalls.toFixed(1)} calls`,
    })),
    unit: 'ms',
  });
