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
import { createServer } from 'node:net';
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
const START_MS_MAX = 30_000;
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
  const port = await freePort();
  const temporary = join(options.dir, 'tmp');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  // MiniStack's Node worker is a CommonJS file; below this project's package.json it would be taken for a module.
  writeFileSync(join(temporary, 'package.json'), '{ "type": "commonjs" }\n');
  const log = openSync(join(options.dir, 'ministack.log'), 'w');
  const child = spawn(python, ['-B', START_FILE], {
    cwd: options.dir,
    env: environment(options, port, temporary),
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`cannot start ${python}`);
  options.guard.watch(child.pid);
  await untilReady(child, port, options.dir);
  return { port, process: child };
}

function environment(options: StageOptions, port: number, temporary: string): NodeJS.ProcessEnv {
  // Functions run on the Node that runs this: the `node` dev dependency, which is the Lambda runtime's version.
  const path = [dirname(nodeBinary()), process.env['PATH'] ?? ''].join(delimiter);
  return {
    PATH: path,
    HOME: temporary,
    TMPDIR: temporary,
    GATEWAY_PORT: String(port),
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

async function untilReady(child: ChildProcess, port: number, dir: string): Promise<void> {
  const deadline = Date.now() + START_MS_MAX;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/_ministack/health`).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    await sleep(50);
  }
  throw new Error(
    `MiniStack did not start; the end of its log:\n${readFileSync(join(dir, 'ministack.log'), 'utf8').slice(-2000)}`,
  );
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

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
