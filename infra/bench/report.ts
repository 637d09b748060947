import { arch, cpus, loadavg, release, type } from 'node:os';
import type { Region } from '../local/region.ts';
import type { StoryResult } from './result.ts';
import { problemLines, storiesTable, targetLines, waitsTable } from './table.ts';
import type { Target } from './targets.ts';

/** What the JSON says of where and with what was measured. */
export interface Setting {
  readonly at: string;
  readonly quick: boolean;
  readonly repetitions: number;
  readonly etcd: string;
  readonly machine: string;
  readonly node: string;
  /** How busy the machine was before. */
  readonly loadBefore: number;
  readonly platform: Region['waits'];
}

export function settingOf(
  region: Pick<Region, 'waits'>,
  run: Pick<Setting, 'quick' | 'repetitions' | 'etcd'>,
): Setting {
  const processors = cpus();
  const { quick, repetitions, etcd } = run;
  return {
    at: new Date().toISOString(),
    quick,
    repetitions,
    etcd,
    machine: `${processors.length} × ${processors[0]?.model ?? 'processor'}, ${type()} ${release()} ${arch()}`,
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    platform: region.waits,
  };
}

const WORDS = `strength: until every wanted voter answers and nobody else is a member. floor: the same by hand. platform: its waits on the
way. ours: the rest. × floor: strength to floor. gap: longest time between two acknowledged writes. after knowable:
from the evidence to full strength. no quorum: how long fewer voters answered than quorum needs. All: median / worst.`;

/** What is printed at the end, of the stories. */
export function storiesText(stories: readonly StoryResult[], { etcd, platform }: Setting): string {
  const { bootMs, terminationMs, healthCheckMs } = platform;
  const waits = `etcd ${etcd}; instances boot in ${bootMs} ms, end in ${terminationMs} ms and are checked every ${healthCheckMs} ms`;
  const problems = problemLines(stories).map((line) => `FAILED: ${line}\n`);
  return `\n${storiesTable(stories)}\n${WORDS}\n\n${waitsTable(stories)}\n${waits}\n${problems.join('')}`;
}

export function targetsText(targets: readonly Target[], quick: boolean): string {
  if (targets.length === 0) return '';
  const note = quick ? ' (told, not judged, in a quick run)' : '';
  return `\npromises${note}\n${targetLines(targets)
    .map((line) => `  ${line}\n`)
    .join('')}`;
}
