import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { lineOf } from '../cli/failure.ts';
import { ROOT } from '../cli/local-options.ts';
import { ensurePackaged } from '../cli/package-project.ts';
import { onSignals } from '../cli/signals.ts';
import { chosenEtcd } from '../etcd/chosen.ts';
import { type Region, startRegion } from '../local/region.ts';
import { type DemoOptions, readOptions } from './options.ts';
import type { Recording } from './recording.ts';
import { type DemoReport, problemsOf, tableOf } from './report.ts';
import { reportHtml } from './report-html.ts';
import { runDemo } from './run.ts';

const startedMs = performance.now();

function say(line: string): void {
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6);
  process.stdout.write(`${seconds}  ${line}\n`);
}

/** The closing table of a recording. */
function reportOf({ setting, steps, error }: Recording, { waits }: Region): DemoReport {
  const { bootMs, terminationMs, healthCheckMs } = waits;
  const rows = steps.map((step) => ({
    name: step.name,
    secondsToFullStrength: step.wholeMs === null ? null : (step.wholeMs - step.fromMs) / 1_000,
    longestGapMs: step.longestGapMs,
    ackedWrites: step.ackedWrites,
    lostWrites: step.lostWrites,
    problems: step.problems,
  }));
  const ok = error === null && rows.length > 0 && rows.every(({ problems }) => problems.length === 0);
  const platform = { kind: 'local region', instanceBootMs: bootMs, terminationMs, healthCheckMs };
  return { ok, etcd: setting.etcd, platform, steps: rows };
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, text);
}

function conclude(report: DemoReport, recording: Recording, file: string): number {
  const { instanceBootMs, terminationMs, healthCheckMs } = report.platform;
  process.stdout.write(
    `\n${tableOf(report)}\n\netcd ${report.etcd}; the local region's instances boot in ${instanceBootMs} ms, `,
  );
  process.stdout.write(`end in ${terminationMs} ms and are checked every ${healthCheckMs} ms\n`);
  for (const problem of problemsOf(report)) process.stdout.write(`FAILED: ${problem}\n`);
  if (recording.error !== null) process.stdout.write(`FAILED: the run broke off: ${recording.error}\n`);
  if (report.ok) process.stdout.write('every step converged within its limits, nothing was lost\n');
  process.stdout.write(`the report: ${relative(process.cwd(), resolve(file))}\n`);
  return report.ok ? 0 : 1;
}

async function main(options: DemoOptions): Promise<number> {
  let region: Region | null = null;
  const signals = onSignals(async () => region?.stop());
  try {
    await ensurePackaged(ROOT, say);
    const etcd = await chosenEtcd({ say });
    region = await startRegion({
      dir: options.dir,
      installDir: join(ROOT, '.local'),
      path: [etcd.dir],
      signals: false,
      log: say,
    });
    const recording = await runDemo(region, { isFull: options.full, etcdVersion: etcd.version, say });
    const report = reportOf(recording, region);
    await write(options.report, reportHtml(recording));
    if (options.json !== null) await write(options.json, `${JSON.stringify(report, null, 2)}\n`);
    return conclude(report, recording, options.report);
  } catch (error) {
    if (signals.isStopping()) return signals.never;
    process.stderr.write(`demo: ${lineOf(error)}\n`);
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
