import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { unpack } from '../../infra/build/archive.ts';

/** What a fresh process said of one invocation. */
export interface Invocation {
  /** What the handler returned, as JSON; `null` where it threw. */
  readonly returned: unknown;
  /** Name and message of what it threw; `null` where it returned. */
  readonly threw: string | null;
  readonly logText: string;
}

const RUNNER = `
import { writeFileSync } from 'node:fs';
const [file, answerFile, event] = process.argv.slice(2);
const { handler } = await import(file);
const context = { awsRequestId: 'request-1', functionName: 'probe', getRemainingTimeInMillis: () => 20_000 };
let outcome;
try {
  outcome = { returned: (await handler(JSON.parse(event), context)) ?? null, threw: null };
} catch (error) {
  outcome = { returned: null, threw: error.name + ': ' + error.message };
}
writeFileSync(answerFile, JSON.stringify(outcome));
process.exit(0);
`;

/** Nothing of the host's: what Lambda sets, and what the stack sets. */
const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIAPROBE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
  AWS_LAMBDA_FUNCTION_NAME: 'probe',
  QUEUE_URL: 'http://127.0.0.1:9/000000000000/probe.fifo',
  DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:9/000000000000/probe-dead.fifo',
  BACKUP_QUEUE_URL: 'http://127.0.0.1:9/000000000000/probe-backup.fifo',
  SNAPSHOT_BUCKET: 'probe-snapshots',
  DRY_RUN: 'false',
  LOG_LEVEL: 'info',
};

/** Unpacks an archive, imports its handler in a fresh process of Lambda's Node and invokes it once. */
export async function invokeFromArchive(
  archivePath: string,
  event: unknown,
  environment: Readonly<Record<string, string>> = {},
): Promise<Invocation> {
  const folder = await mkdtemp(join(tmpdir(), 'etcd-autopilot-invoke-'));
  try {
    const { name, content } = unpack(await readFile(archivePath));
    await writeFile(join(folder, name), content);
    return await invokeFile(folder, name, event, environment);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function invokeFile(
  folder: string,
  name: string,
  event: unknown,
  environment: Readonly<Record<string, string>>,
): Promise<Invocation> {
  const [runner, answerFile] = [join(folder, 'runner.mjs'), join(folder, 'answer.json')];
  await writeFile(runner, RUNNER);
  const argv = [runner, pathToFileURL(join(folder, name)).href, answerFile, JSON.stringify(event)];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, argv, {
    cwd: folder,
    timeout: 40_000,
    env: { ...ENVIRONMENT, ...environment },
  });
  const outcome: unknown = JSON.parse(await readFile(answerFile, 'utf8'));
  if (!isOutcome(outcome)) throw new Error(`no outcome: ${stdout}${stderr}`);
  return { ...outcome, logText: stdout + stderr };
}

function isOutcome(value: unknown): value is Pick<Invocation, 'returned' | 'threw'> {
  return typeof value === 'object' && value !== null && 'returned' in value && 'threw' in value;
}
