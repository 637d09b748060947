import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { unpack } from './archive.ts';

export interface Load {
  /** Milliseconds from asking for the module to having its handler, in a process that did nothing before. */
  readonly loadMs: number;
  readonly peakMemoryMb: number;
}

export interface Cost extends Load {
  /** Of the one file in the archive. */
  readonly bundleBytes: number;
}

const PROBE = `
const before = performance.now();
await import(process.argv[1]);
const loadMs = performance.now() - before;
process.stdout.write(JSON.stringify({ loadMs, peakMemoryMb: process.resourceUsage().maxRSS / 1024 }));
process.exit(0);
`;

/** The median of `runCount` cold loads of a function from its archive, each in a fresh process. */
export async function measureLoad(archivePath: string, runCount: number): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'etcd-autopilot-load-'));
  try {
    const { name, content } = unpack(await readFile(archivePath));
    const file = join(folder, name);
    await writeFile(file, content);
    const loads: Load[] = [];
    for (let run = 0; run < runCount; run += 1) loads.push(await loadOnce(file));
    return {
      bundleBytes: content.length,
      loadMs: median(loads.map((load) => load.loadMs)),
      peakMemoryMb: median(loads.map((load) => load.peakMemoryMb)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function loadOnce(file: string): Promise<Load> {
  const argv = ['--input-type=module', '-e', PROBE, pathToFileURL(file).href];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 30_000 });
  const answer: unknown = JSON.parse(stdout);
  if (!isLoad(answer)) throw new Error(`${file} did not load: ${stdout}`);
  return answer;
}

function isLoad(answer: unknown): answer is Load {
  return typeof answer === 'object' && answer !== null && 'loadMs' in answer && 'peakMemoryMb' in answer;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
