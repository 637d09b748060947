import type { Fate, Wishes } from './fate.ts';
import { OUT_OF_REACH } from './known.ts';
import type { Shrunk } from './shrink.ts';
import { GROUPS, LEAST_MEDIAN, type Summary } from './summary.ts';

/** The command that tells a history again. */
export function replayOf(seed: number, wishes: Wishes): string {
  const parts = [
    `npm run sim -- --seed ${seed}`,
    wishes.minutes === undefined ? '' : `--minutes ${wishes.minutes}`,
    wishes.etcd === undefined ? '' : `--etcd ${wishes.etcd}`,
    wishes.only === undefined ? '' : `--only ${wishes.only.join(',') || 'none'}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** What a seed decided before anything happened, for readers. */
export function fateText(fate: Fate): string {
  const ways = [
    `${fate.size} members`,
    `etcd ${fate.etcd}`,
    `zones ${fate.zones.join('')}`,
    fate.launchesFirst ? 'launches first' : 'terminates first',
    fate.takesTime ? 'the platform takes its time' : 'the platform is quick',
    `functions of ${fate.functionSeconds} s`,
    JSON.stringify(fate.config),
  ];
  return `seed ${fate.seed}: ${ways.join(', ')}; faults: ${fate.swarm.join(', ') || 'none'}`;
}

/** A failing history with what it takes to make it fail, for readers. */
export function failureText(seed: number, wishes: Wishes, { outcome, only }: Shrunk): string {
  return [
    '',
    `FAILED: ${replayOf(seed, wishes)}`,
    `with the faults that it takes: ${replayOf(seed, { ...wishes, only })}`,
    fateText(outcome.fate),
    '',
    ...outcome.lines,
    '',
    ...outcome.violations.map((words) => `broken: ${words}`),
    '',
  ].join('\n');
}

/** What came up how often, and what never did. */
export function summaryText(summary: Summary, seconds: number): string {
  const { median } = summary;
  const head = [
    `${summary.histories} histories in ${seconds.toFixed(1)} s: ${summary.failures.length} broke a rule`,
    `${summary.passes} passes, ${summary.looks} looks, ${summary.effects} effects`,
    `the median history: ${median.changes} membership changes, ${median.effects} effects, ${median.faults} faults`,
  ];
  const groups = GROUPS.flatMap((group) => [
    '',
    group,
    ...Object.entries(summary.counts[group])
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, count]) => `  ${String(count).padStart(9)}  ${name}`),
    ...summary.never[group].map((name) => `      never  ${name}`),
  ]);
  const beyond = Object.entries(OUT_OF_REACH).map(([name, why]) => `  out of reach: ${name}: ${why}`);
  return `${[...groups, ...beyond, '', ...head].join('\n')}\n`;
}

/** Histories after which everything known must have come up. */
export const PROOF_COUNT = 20_000;

/** Why a run proves less than it should; none: it proves it. */
export function shortcomingsOf(summary: Summary): readonly string[] {
  if (summary.histories < PROOF_COUNT) return [];
  const never = GROUPS.flatMap((group) =>
    summary.never[group].map((name) => `${group}: ${name} never came up`),
  );
  const { changes, effects, faults } = summary.median;
  return [
    ...never,
    ...(changes < LEAST_MEDIAN.changes ? [`the median history has ${changes} membership changes`] : []),
    ...(effects < LEAST_MEDIAN.effects ? [`the median history has ${effects} effects`] : []),
    ...(faults < LEAST_MEDIAN.faults ? [`the median history has ${faults} faults`] : []),
  ];
}
