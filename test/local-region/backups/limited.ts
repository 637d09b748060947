import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unpack } from '../../../infra/build/archive.ts';

/** How an invocation in a process of its own ended, and what it cost. */
export interface LimitedRun {
  /** `null`: the system or we ended it. */
  readonly code: number | null;
  readonly log: string;
  readonly tookMs: number;
  /** The most that the process had in memory, by the kernel's own count; `null`: it did not live to tell. */
  readonly residentBytesMax: number | null;
  /** The most that was charged to its control group, pages of files included. */
  readonly chargedBytesMax: number;
}

export interface Limited {
  readonly process: ChildProcess;
  readonly ended: Promise<LimitedRun>;
}

const RUNNER = `
const [file, event] = process.argv.slice(2);
const { handler } = await import(file);
const untilMs = Date.now() + 900_000;
const context = { awsRequestId: 'request-' + process.pid, getRemainingTimeInMillis: () => untilMs - Date.now() };
await handler(JSON.parse(event), context);
process.stdout.write(JSON.stringify({ residentKilobytes: process.resourceUsage().maxRSS }) + '\\n');
process.exit(0);
`;

const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';

/** A control group with a memory limit that the kernel keeps: whoever needs more is killed. */
class MemoryGroup {
  readonly #path: string;
  readonly #isV1: boolean;

  constructor(name: string) {
    this.#isV1 = existsSync(join(V1, 'memory.limit_in_bytes'));
    this.#path = join(this.#isV1 ? V1 : V2, name);
  }

  async make(limitBytes: number): Promise<void> {
    await mkdir(this.#path, { recursive: true });
    const text = String(limitBytes);
    await writeFile(join(this.#path, this.#isV1 ? 'memory.limit_in_bytes' : 'memory.max'), text);
  }

  /** What a shell runs to be in it, and everything that it becomes. */
  get join(): string {
    return `echo $$ > ${join(this.#path, 'cgroup.procs')}`;
  }

  async peakBytes(): Promise<number> {
    const file = this.#isV1 ? 'memory.max_usage_in_bytes' : 'memory.peak';
    return Number(await readFile(join(this.#path, file), 'utf8'));
  }

  /** Refused while somebody in it still ends. */
  async remove(): Promise<void> {
    for (let tried = 0; tried < 50; tried += 1) {
      const isGone = await rmdir(this.#path).then(
        () => true,
        () => false,
      );
      if (isGone) return;
      await sleep(50);
    }
  }
}

/**
 * Runs the handler of a packaged archive once, in a process that the operating system holds to `limitBytes`.
 *
 * @throws {Error} this machine has no control groups that we may make.
 */
export async function startLimited(
  archivePath: string,
  event: unknown,
  environment: Readonly<Record<string, string>>,
  limitBytes: number,
): Promise<Limited> {
  const folder = await mkdtemp(join(tmpdir(), 'limited-'));
  const { name, content } = unpack(await readFile(archivePath));
  await writeFile(join(folder, name), content);
  await writeFile(join(folder, 'run.mjs'), RUNNER);
  const group = new MemoryGroup(`etcd-autopilot-${process.pid}-${Date.now()}`);
  await group.make(limitBytes);
  const startedMs = performance.now();
  const shell = `${group.join} && exec "$@"`;
  const args = [process.execPath, join(folder, 'run.mjs'), join(folder, name), JSON.stringify(event)];
  const child = spawn('sh', ['-c', shell, 'sh', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { process: child, ended: ended.then((code) => finish(code)) };

  async function finish(code: number | null): Promise<LimitedRun> {
    const tookMs = performance.now() - startedMs;
    const chargedBytesMax = await group.peakBytes();
    await group.remove();
    await rm(folder, { recursive: true, force: true });
    const kilobytes = /"residentKilobytes":(\d+)/.exec(log)?.[1];
    const residentBytesMax = kilobytes === undefined ? null : Number(kilobytes) * 1_024;
    return { code, log, tookMs, residentBytesMax, chargedBytesMax };
  }
}
