import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What another terminal must know of a running region; kept in `<dir>/region.json`. */
export interface RegionRecord {
  readonly pid: number;
  /** Start time of that process in clock ticks: a reused process id is not the region. */
  readonly pidStartTicks: string;
  readonly endpoint: string;
  readonly region: string;
  readonly startedAt: string;
}

export interface EnvironmentNames {
  readonly cluster: string;
  readonly group: string;
  readonly stack: string;
}

/** The record of a region whose process lives, else null. */
export function readRunningRegion(dir: string): RegionRecord | null {
  const path = join(dir, 'region.json');
  if (!existsSync(path)) return null;
  const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isRegionRecord(found)) return null;
  return startTicksOf(found.pid) === found.pidStartTicks ? found : null;
}

function isRegionRecord(value: unknown): value is RegionRecord {
  const known: Partial<Record<keyof RegionRecord, unknown>> =
    typeof value === 'object' && value !== null ? value : {};
  return (
    typeof known.pid === 'number' &&
    typeof known.pidStartTicks === 'string' &&
    typeof known.endpoint === 'string'
  );
}

/** When the process started, null when there is none (or only its zombie). */
export function startTicksOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

export function writeRecord(dir: string, record: RegionRecord): void {
  replaceFile(join(dir, 'region.json'), `${JSON.stringify(record, null, 2)}\n`);
}

export function removeRecord(dir: string): void {
  for (const name of ['region.json', 'env']) rmSync(join(dir, name), { force: true });
}

/** Writes `<dir>/env`, to be sourced: its presence says that the region and its cluster are whole. */
export function writeEnvironment(
  dir: string,
  variables: Readonly<Record<string, string>>,
  path: readonly string[],
): void {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`);
  const pathLine = path.length > 0 ? [`export PATH=${quote(path.join(':'))}:"$PATH"`] : [];
  replaceFile(join(dir, 'env'), `${[...lines, ...pathLine].join('\n')}\n`);
}

/** The settings with which stock clients reach the region, and nothing else. */
export function clientVariables(endpoint: string, region: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  };
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

function replaceFile(path: string, content: string): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}
