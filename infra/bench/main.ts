import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { lineOf } from '../cli/failure.ts';
import { ROOT } from '../cli/local-options.ts';
import { ensurePackaged } from '../cli/package-project.ts';
import { onSignals } from '../cli/signals.ts';
import { type Region, startRegion } from '../local/region.ts';
import { runStories } from './conduct.ts';
import { type BenchEtcd, benchEtcd } from './etcd.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { settingOf, storiesText, targetsText } from './report.ts';
import type { Run } from './result.ts';
import type { Story } from './story.ts';
import { problemLines } from './table.ts';
import { targetsOf } from './targets.ts';

const startedMs = performance.now();

function say(line: string): void {
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6);
  process.stdout.write(`${seconds}  ${line}\n`);
}

const told = (value: number | null): string => (value === null ? 'never' : `${Math.round(value)} ms`);

function tellRun({ name }: Story, repetition: number, run: Run): void {
  const { strengthMs, floorStrengthMs, gapMs, floorGapMs, error } = run;
  const figures = `full strength after ${told(strengthMs)} (floor ${told(floorStrengthMs)}), gap ${told(gapMs)} (floor ${told(floorGapMs)})`;
  say(`${name} ${repetition}: ${error === null ? figures : `FAILED: ${error}`}`);
}

async function measureAll(region: Region, etcd: BenchEtcd, options: BenchOptions): Promise<number> {
  const { quick, repetitions, stories: plan, json } = options;
  const setting = settingOf(region, { quick, repetitions, etcd: etcd.version });
  const conduct = { region, etcdDir: etcd.dir, stories: plan, repetitions, say, onRun: tellRun };
  const stories = await runStories(conduct);
  const targets = targetsOf(stories);
  await mkdir(dirname(resolve(json)), { recursive: true });
  await writeFile(json, `${JSON.stringify({ format: 1, setting, stories, targets }, null, 1)}\n`);
  process.stdout.write(storiesText(stories, setting));
  process.stdout.write(targetsText(targets, quick));
  process.stdout.write(`\nthe figures: ${relative(process.cwd(), resolve(json))}\n`);
  const isWhole = stories.every(({ runs }) => runs.length > 0) && problemLines(stories).length === 0;
  return isWhole && (quick || targets.every(({ isMet }) => isMet)) ? 0 : 1;
}

async function main(options: BenchOptions): Promise<number> {
  let region: Region | null = null;
  const signals = onSignals(async () => region?.stop());
  try {
    const etcd = await benchEtcd(options.etcd, say).catch((error: unknown) => lineOf(error));
    if (typeof etcd === 'string') {
      process.stderr.write(`bench: ${etcd}\n`);
      return 2;
    }
    await ensurePackaged(ROOT, say);
    await rm(join(options.dir, 'floor'), { recursive: true, force: true });
    region = await startRegion({
      dir: options.dir,
      installDir: join(ROOT, '.local'),
      path: [etcd.dir],
      signals: false,
    });
    return await measureAll(region, etcd, options);
  } catch (error) {
    if (signals.isStopping()) return signals.never;
    process.stderr.write(`bench: ${lineOf(error)}\n`);
    return 1;
  } finally {
    await region?.stop();
  }
}

const options = readOptions(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
process.exitCode = typeof options === 'number' ? options : await main(options);
