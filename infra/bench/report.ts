import { arch, cpus, loadavg, type } from 'node:os';
import type { Region } from '../local/region.ts';
import { targetLines } from './table.ts';
import type { Target } from './targets.ts';

/** What the JSON says of where and with what was measured. */
export interface Setting {
  readonly at: string;
  readonly quick: boolean;
  readonly repetitions: number;
  readonly etcd: string;
  readonly machine: string;
  readonly node: string;
  readonly processors: number;
  /** How many processes wanted to run in the minute before: more than a few, and the figures are those of a busy machine. */
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
    machine: `${processors.length} × ${processors[0]?.model ?? 'processor'}, ${type()} ${arch()}`,
    node: process.version,
    processors: processors.length,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    platform: region.waits,
  };
}

/** The last lines of a run. */
export function closingText(
  setting: Setting,
  targets: readonly Target[],
  problems: readonly string[],
): string {
  const { etcd, platform, quick } = setting;
  const { bootMs, terminationMs, healthCheckMs } = platform;
  const waits = `etcd ${etcd}; instances boot in ${bootMs} ms, end in ${terminationMs} ms and are checked every ${healthCheckMs} ms`;
  const failed = problems.map((problem) => `FAILED: ${problem}\n`).join('');
  return `\n${waits}\n${busyText(setting)}${targetsText(targets, quick)}${failed}`;
}

/** Half of the processors' time was somebody else's. */
const BUSY_SHARE = 0.5;

const busyText = ({ loadBefore, processors }: Setting): string =>
  loadBefore > processors * BUSY_SHARE
    ? `the machine was busy before it began (load ${loadBefore} on ${processors} processors): times are longer than they need be\n`
    : '';

function targetsText(targets: readonly Target[], quick: boolean): string {
  if (targets.length === 0) return '';
  const note = quick ? ' (told, not judged, in a quick run)' : '';
  return `\npromises${note}\n${targetLines(targets)
    .map((line) => `  ${line}\n`)
    .join('')}`;
}
