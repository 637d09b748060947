import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { lineOf } from '../cli/failure.ts';
import { ROOT } from '../cli/local-options.ts';
import { ensurePackaged } from '../cli/package-project.ts';
import { onSignals } from '../cli/signals.ts';
import { type Region, startRegion } from '../local/region.ts';
import { type BenchEtcd, benchEtcd } from './etcd.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { type PartResult, partsOf } from './parts.ts';
import { render } from './render/render.ts';
import { closingText, settingOf } from './report.ts';
import { measureStorms, STORM_SIZES } from './storm/measure.ts';
import { stormPage, stormText } from './storm/report.ts';
import { problemsOf } from './storm/storm-part.ts';

const startedMs = performance.now();
const streams = {
  out: (text: string): unknown => process.stdout.write(text),
  err: (text: string): unknown => process.stderr.write(text),
};

function say(line: string): void {
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6);
  process.stdout.write(`${seconds}  ${line}\n`);
}

async function measureAll(region: Region, etcd: BenchEtcd, options: BenchOptions): Promise<number> {
  const { quick, repetitions, stories, json } = options;
  const setting = settingOf(region, { quick, repetitions, etcd: etcd.version });
  const results: PartResult[] = [];
  for (const part of partsOf(options.onlyStories))
    results.push(await part({ region, etcd, stories, quick, repetitions, say }));
  const targets = results.flatMap((result) => result.targets);
  const problems = results.flatMap((result) => result.problems);
  const keys = Object.assign({}, ...results.map((result) => result.keys));
  await mkdir(dirname(resolve(json)), { recursive: true });
  await writeFile(json, `${JSON.stringify({ format: 1, setting, ...keys, targets }, null, 1)}\n`);
  for (const { text } of results) process.stdout.write(text);
  process.stdout.write(closingText(setting, targets, problems));
  process.stdout.write(`the figures: ${relative(process.cwd(), resolve(json))}\n`);
  return problems.length === 0 && (quick || targets.every(({ isMet }) => isMet)) ? 0 : 1;
}

async function tellStorms(): Promise<number> {
  const rows = await measureStorms(STORM_SIZES, say);
  const page = join(ROOT, 'docs', 'scale.md');
  await writeFile(page, stormPage(rows));
  process.stdout.write(`${stormText(rows)}\nwrote ${relative(process.cwd(), page)}\n`);
  const problems = problemsOf(rows);
  for (const problem of problems) process.stderr.write(`bench: ${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}

async function main(options: BenchOptions): Promise<number> {
  if (options.onlyStorm) return tellStorms();
  if (options.render !== null)
    return render({ file: options.render, folder: join(ROOT, 'docs'), ...streams });
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

const options = readOptions(process.argv.slice(2), streams);
process.exitCode = typeof options === 'number' ? options : await main(options);
