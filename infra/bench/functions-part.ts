import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { measureLoad } from '../build/measure.ts';
import { ROOT } from '../cli/local-options.ts';
import { tableText } from '../cli/table.ts';
import type { Part } from './parts.ts';

/** What a function costs before it does anything: the median of several cold loads. */
export interface FunctionCost {
  readonly name: string;
  /** Of the archive that is deployed, and of the one file in it. */
  readonly archiveBytes: number;
  readonly bundleBytes: number;
  readonly loadMs: number;
  readonly peakMemoryMb: number;
}

const LOADS = 7;
const QUICK_LOADS = 3;

/** Size, cold load and memory of every packaged function. */
export const functionsPart: Part = async ({ quick, say }) => {
  const folder = join(ROOT, '.build');
  const archives = (await readdir(folder)).filter((name) => name.endsWith('.zip')).sort();
  const functions: FunctionCost[] = [];
  for (const archive of archives) {
    const path = join(folder, archive);
    const { bundleBytes, loadMs, peakMemoryMb } = await measureLoad(path, quick ? QUICK_LOADS : LOADS);
    const { size: archiveBytes } = await stat(path);
    functions.push({ name: basename(archive, '.zip'), archiveBytes, bundleBytes, loadMs, peakMemoryMb });
    say(`${basename(archive, '.zip')}: loads in ${Math.round(loadMs)} ms`);
  }
  const problems = functions.length === 0 ? ['there is no packaged function: npm run package'] : [];
  return { keys: { functions }, text: functionsText(functions), targets: [], problems };
};

export function functionsText(functions: readonly FunctionCost[]): string {
  const rows = functions.map(({ name, archiveBytes, bundleBytes, loadMs, peakMemoryMb }) => [
    name,
    ...[archiveBytes / 1_000, bundleBytes / 1_000, loadMs, peakMemoryMb].map((figure) => figure.toFixed(0)),
  ]);
  return `\n${tableText([['function', 'archive KB', 'bundle KB', 'cold load ms', 'peak MB'], ...rows])}`;
}
