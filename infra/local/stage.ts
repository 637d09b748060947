import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Guard } from './guard.ts';

const run = promisify(execFile);
const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));
const START_FILE = fileURLToPath(new URL('./stage.py', import.meta.url));
const STAMP = 'requirements.installed';
const PIP_INSTALL = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes'];
/** A process that ends is noticed at once: this is for a machine that is busy with much else. */
const START_MS_MAX = 90_000;
const HEALTH_MS_MAX = 5_000;
/** Where the stage tells its port. */
const PORT_FILE = 'ministack.port';
const PYTHON_CHECK = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';

/** MiniStack, running and corrected. */
export interface Stage {
  readonly port: number;
  readonly process: ChildProcess;
}

export interface StageOptions {
  readonly dir: string;
  readonly region: string;
  readonly account: string;
  readonly publicUrl: string;
  readonly guard: Guard;
}

/**
 * Puts the pinned MiniStack into a Python environment of its own; returns its Python.
 *
 * @throws {Error} no Python of 3.10 or later with venv, or the package index did not give the package
 */
export async function installStage(dir: string, log: (line: string) => void): Promise<string> {
  const home = join(dir, 'ministack');
  const python = join(home, 'bin', 'python');
  if (isInstalled(home)) return python;
  const system = await findPython();
  log(`installing MiniStack into ${home}`);
  mkdirSync(dir, { recursive: true });
  // Made beside and moved into place: two starts at once do not see each other's half.
  const fresh = `${home}.${process.pid}`;
  try {
    await run(system, ['-m', 'venv', fresh]);
    await run(join(fresh, 'bin', 'python'), [...PIP_INSTALL, '-r', REQUIREMENTS]);
    writeFileSync(join(fresh, STAMP), readFileSync(REQUIREMENTS));
    if (!isInstalled(home)) {
      rmSync(home, { recursive: true, force: true });
      renameSync(fresh, home);
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return python;
}

function isInstalled(home: string): boolean {
  const stamp = join(home, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(REQUIREMENTS, 'utf8');
}

async function findPython(): Promise<string> {
  const tried: string[] = [];
  for (const name of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    const version = await run(name, ['-c', PYTHON_CHECK]).then(
      ({ stdout }) => stdout.trim(),
      () => null,
    );
    if (version !== null && Number(version.split('.')[1]) >= 10) return name;
    if (version !== null) tried.push(`${name} is ${version}`);
  }
  const found = tried.length > 0 ? ` (${tried.join(', ')})` : '';
  throw new Error(
    `the local region needs Python 3.10 or later with venv${found}; on Debian: apt-get install python3-venv`,
  );
}

export async function startStage(python: string, options: StageOptions): Promise<Stage> {
  const temporary = join(options.dir, 'tmp');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  // MiniStack's Node worker is a CommonJS file; below this project's package.json it would be taken for a module.
  writeFileSync(join(temporary, 'package.json'), '{ "type": "commonjs" }\n');
  rmSync(join(options.dir, PORT_FILE), { force: true });
  const log = openSync(join(options.dir, 'ministack.log'), 'w');
  const child = spawn(python, ['-B', START_FILE], {
    cwd: options.dir,
    env: environment(options, temporary),
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`cannot start ${python}`);
  options.guard.watch(child.pid);
  return { port: await untilReady(child, options.dir), process: child };
}

function environment(options: StageOptions, temporary: string): NodeJS.ProcessEnv {
  // Functions run on the Node that runs this: the `node` dev dependency, which is the Lambda runtime's version.
  const path = [dirname(nodeBinary()), process.env['PATH'] ?? ''].join(delimiter);
  return {
    PATH: path,
    HOME: temporary,
    TMPDIR: temporary,
    STAGE_PORT_FILE: join(options.dir, PORT_FILE),
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: options.region,
    MINISTACK_ACCOUNT_ID: options.account,
    FLEET_URL: options.publicUrl,
    // MiniStack hands its own environment to every function.
    AWS_ENDPOINT_URL: options.publicUrl,
    AWS_EC2_METADATA_DISABLED: 'true',
    SFTP_ENABLED: '0',
    IOT_MTLS_ENABLED: '0',
    DOCKER_HOST: 'unix:///nonexistent',
    PYTHONUNBUFFERED: '1',
    LOG_LEVEL: 'INFO',
  };
}

function nodeBinary(): string {
  const ours = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));
  return existsSync(ours) ? ours : process.execPath;
}

/** Resolves with the port as soon as MiniStack answers at it. @throws {Error} it ended, or did not answer in time */
async function untilReady(child: ChildProcess, dir: string): Promise<number> {
  const deadline = Date.now() + START_MS_MAX;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const port = portIn(dir);
    if (port !== null && (await isHealthy(port))) return port;
    await sleep(50);
  }
  const how =
    child.exitCode === null && child.signalCode === null
      ? `did not answer within ${START_MS_MAX / 1_000} s`
      : `ended with ${child.exitCode ?? child.signalCode}`;
  throw new Error(
    `MiniStack ${how}; the end of its log:\n${readFileSync(join(dir, 'ministack.log'), 'utf8').slice(-2000)}`,
  );
}

function portIn(dir: string): number | null {
  const path = join(dir, PORT_FILE);
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : null;
}

async function isHealthy(port: number): Promise<boolean> {
  const url = `http://127.0.0.1:${port}/_ministack/health`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(HEALTH_MS_MAX) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** MiniStack holds nothing that must be saved, and its orderly end takes seconds: it is simply ended, with its workers. */
export function stopStage(stage: Stage, guard: Guard): void {
  const { pid } = stage.process;
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It had ended already.
  }
  guard.forget(pid);
}
