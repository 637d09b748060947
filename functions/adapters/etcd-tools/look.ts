import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../core/errors.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import type { EtcdPort } from '../../core/ports.ts';
import type { Found } from '../../core/verification/scratch-port.ts';
import { openEtcd } from '../etcd/open.ts';
import { etcdArguments, type Place } from './place.ts';
import { lastLine, type Running, run, start, tooLate } from './run.ts';

const LOOK_EVERY_MS = 200;
/** It loads a database of two gigabytes in seconds. One that its alarm of corruption keeps shut never serves. */
const SERVES_WITHIN_MS = 300_000;
/** For one call beside the two that read everything. */
const CALL_MS = 5_000;

/** Runs etcd on what was restored until it serves, and asks it for what it holds. */
export async function look(
  place: Place,
  atRevision: string,
  untilMs: number,
  nowMs: () => number,
): Promise<Found | string> {
  const clientUrl = `http://127.0.0.1:${await freePort()}`;
  const running = start(place.etcd, etcdArguments(place, clientUrl), place.dir);
  const port = openEtcd({ deadlineMs: CALL_MS });
  try {
    const servesUntilMs = Math.min(untilMs, nowMs() + SERVES_WITHIN_MS);
    const state = await serving(port, clientUrl, running, servesUntilMs, nowMs);
    if (state.kind === 'ended') return `its etcd does not run: ${state.reason}`;
    if (state.kind === 'serves') {
      const { revision } = state;
      const isThere = BigInt(revision) >= BigInt(atRevision);
      return { revision, ...(isThere ? await askedOf(port, clientUrl, atRevision) : UNTOLD) };
    }
  } finally {
    port.close();
    running.kill();
    await running.ended.catch(() => undefined);
  }
  return readAside(place, atRevision, untilMs - nowMs());
}

type State =
  | { readonly kind: 'serves'; readonly revision: string }
  /** It runs, and answers nobody without a user: users were switched on in the cluster. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'ended'; readonly reason: string };

async function serving(
  port: Pick<EtcdPort, 'probe'>,
  clientUrl: string,
  running: Running,
  untilMs: number,
  nowMs: () => number,
): Promise<State> {
  while (nowMs() < untilMs) {
    const [seen] = await port.probe([clientUrl]);
    if (!running.isUp()) return { kind: 'ended', reason: lastLine(await running.ended) };
    if (seen?.kind === 'status' && seen.linearizable)
      return { kind: 'serves', revision: seen.status.revision };
    if (seen?.kind === 'silent' && seen.because === 'denied') return { kind: 'closed' };
    await sleep(LOOK_EVERY_MS);
  }
  throw tooLate('the start of etcd with the snapshot');
}

const UNTOLD = { hash: null, compactRevision: null, keyCount: null } as const;

/** What was compacted between the hash and the snapshot cannot be asked for any more; the rest can be. */
async function askedOf(
  port: Pick<EtcdPort, 'hashKv' | 'countKeys'>,
  clientUrl: string,
  atRevision: string,
): Promise<Omit<Found, 'revision'>> {
  try {
    const { hash, compactRevision } = await port.hashKv(clientUrl, atRevision);
    return { hash, compactRevision, keyCount: await port.countKeys(clientUrl, atRevision) };
  } catch (error) {
    if (error instanceof OperationError && error.message.includes('has been compacted')) return UNTOLD;
    throw error;
  }
}

/** From the files themselves: `etcdutl` of 3.6 and later hashes as etcd does, and needs no user. */
async function readAside(place: Place, atRevision: string, withinMs: number): Promise<Found> {
  const { restorer, dir, snapshot, data } = place;
  const told = await run(restorer, ['snapshot', 'status', snapshot, '-w', 'json'], dir, withinMs);
  const { revision } = recordIn(told.output);
  if (typeof revision !== 'number' || told.status !== 0)
    throw new OperationError('ETCD_UNAVAILABLE', 'never', `${restorer} tells nothing: ${lastLine(told)}`);
  if (basename(restorer) !== 'etcdutl') return { revision: String(revision), ...UNTOLD };
  const db = join(data, 'member', 'snap', 'db');
  const hashed = await run(restorer, ['hashkv', db, `--rev=${atRevision}`, '-w', 'json'], dir, withinMs);
  const { hash, compactRevision } = recordIn(hashed.output);
  if (typeof hash !== 'number' || typeof compactRevision !== 'number')
    return { revision: String(revision), ...UNTOLD };
  return {
    revision: String(revision),
    hash: String(hash),
    compactRevision: String(compactRevision),
    keyCount: null,
  };
}

/** Its last line: warnings come before it. */
function recordIn(output: string): Readonly<Record<string, unknown>> {
  const value = parseJson(output.trim().split('\n').at(-1) ?? '');
  return isRecord(value) ? value : {};
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      server.close(() =>
        bound === null || typeof bound === 'string' ? reject(new Error('no port')) : resolve(bound.port),
      );
    });
  });
}
