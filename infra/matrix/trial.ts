import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord } from '../../functions/core/json.ts';
import { withoutEtcdSettings } from '../etcd/run.ts';
import { Mistake } from './options.ts';

const SERVES_WITHIN_MS = 20_000;
const ASK_EVERY_MS = 100;
const LOG_CHARS_MAX = 4_000;

/**
 * Starts the etcd of a folder as a cluster of its own, asks it for its version, and ends it.
 *
 * @throws {Mistake} it ends, or does not serve.
 */
export async function versionThatAnswers(dir: string, dataDir: string): Promise<string> {
  const path = join(dir, 'etcd');
  const [client, peer] = urls();
  const child = spawn(path, argumentsOf(dataDir, client, peer), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: withoutEtcdSettings(process.env),
  });
  let log = '';
  let ending: string | null = null;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-LOG_CHARS_MAX);
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ending = error.message;
      resolve();
    });
    child.once('close', (code, signal) => {
      ending ??= `it ends with ${signal ?? code}: ${log.trim().split('\n').at(-1) ?? ''}`;
      resolve();
    });
  });
  try {
    const untilMs = Date.now() + SERVES_WITHIN_MS;
    while (ending === null && Date.now() < untilMs) {
      const version = await ask(client);
      if (version !== null && ending === null) return version;
      await sleep(ASK_EVERY_MS);
    }
    throw new Mistake(
      `${path} does not serve: ${ending ?? `no answer within ${SERVES_WITHIN_MS / 1_000} s`}`,
    );
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/** On an address that other processes of this machine do not use, for as long as this one lives. */
function urls(): readonly [client: string, peer: string] {
  const host = `127.45.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;
  return [`http://${host}:2379`, `http://${host}:2380`];
}

const argumentsOf = (dataDir: string, client: string, peer: string): readonly string[] => [
  '--name=trial',
  `--data-dir=${join(dataDir, 'data')}`,
  `--listen-client-urls=${client}`,
  `--advertise-client-urls=${client}`,
  `--listen-peer-urls=${peer}`,
  `--initial-advertise-peer-urls=${peer}`,
  `--initial-cluster=trial=${peer}`,
];

async function ask(client: string): Promise<string | null> {
  try {
    const response = await fetch(`${client}/version`, { signal: AbortSignal.timeout(1_000) });
    const answer: unknown = await response.json();
    return isRecord(answer) ? String(answer['etcdserver']) : null;
  } catch {
    return null;
  }
}
