import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { isRecord, parseJson } from '../../../functions/core/json.ts';
import { placeOfRestore, RESTORE_BUMP } from '../../../functions/core/restore.ts';
import { ROOT } from '../../../infra/cli/local-options.ts';
import { type Clients, openClients } from '../clients.ts';
import { openCluster, openTheatre, STACK, type TestCluster, type Theatre } from '../stage.ts';

/**
 * A cluster is backed up, its snapshot is verified and taken away as a file; a new cluster begins with it: the first
 * member restores, the others join. Needs an etcd that can raise revisions: ETCD_AUTOPILOT_TEST_ETCD=.local/etcd/3.6.14.
 */
const KEYS = 40;
const CLI_MS_MAX = 300_000;
const LAUNCHER = join(ROOT, 'infra', 'cli', 'etcd-autopilot.js');

process.exitCode = await main();

async function main(): Promise<number> {
  const theatre = await openTheatre();
  const clients = openClients(theatre);
  const dir = await mkdtemp(join(tmpdir(), 'etcd-autopilot-seed-'));
  try {
    const core = await theatre.cluster('core', 1);
    await core.untilWhole(1, 120);
    const before = await fill(clients, core);
    const uri = await backedUp(theatre);
    const file = join(dir, 'snapshot.db');
    await take(theatre, uri, file);
    const blue = await seed(theatre, file);
    return await compare(clients, blue, before);
  } finally {
    clients.close();
    await rm(dir, { recursive: true, force: true });
    await theatre.stop();
  }
}

interface Held {
  readonly count: number;
  readonly revision: bigint;
}

async function fill(clients: Clients, cluster: TestCluster): Promise<Held> {
  const endpoints = (await cluster.stage.see()).endpoints.join(',');
  for (let n = 0; n < KEYS; n += 1) await clients.etcdctl(endpoints, 'put', `seed-${n}`, `value-${n}`);
  return heldBy(clients, endpoints);
}

async function heldBy(clients: Clients, endpoints: string): Promise<Held> {
  const asked = ['get', 'seed-', '--prefix', '--count-only', '-w', 'fields'];
  const { out, err } = await clients.etcdctl(endpoints, ...asked);
  const field = (name: string): string | undefined => new RegExp(`^"${name}" : (\\d+)$`, 'm').exec(out)?.[1];
  const [count, revision] = [field('Count'), field('Revision')];
  if (count === undefined || revision === undefined) throw new Error(`etcdctl tells nothing: ${out}${err}`);
  return { count: Number(count), revision: BigInt(revision) };
}

/** The command line, as an operator has it, to its end. */
function cli(theatre: Theatre, args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...theatre.region.variables, STACK };
  const startedAtMs = performance.now();
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [LAUNCHER, ...args], { env, timeout: CLI_MS_MAX }, (error, out, err) => {
      tell(`etcd-autopilot ${args.slice(0, 2).join(' ')}: ${Math.round(performance.now() - startedAtMs)} ms`);
      if (error === null) resolve(out);
      else reject(new Error(`etcd-autopilot ${args.join(' ')} ended badly: ${out}${err}`));
    });
  });
}

async function backedUp(theatre: Theatre): Promise<string> {
  const out = await cli(theatre, ['backup', 'now', '--cluster', 'core', '--json']);
  const answer = parseJson(out);
  const snapshot = isRecord(answer) ? answer['snapshot'] : null;
  if (!isRecord(answer) || answer['outcome'] !== 'restorable' || !isRecord(snapshot))
    throw new Error(`it was not proved restorable: ${out}`);
  tell(
    `restorable with revision ${snapshot['revision']}, ${snapshot['keyCount']} keys, ${snapshot['sizeBytes']} bytes`,
  );
  return String(snapshot['uri']);
}

async function take({ region }: Theatre, uri: string, file: string): Promise<void> {
  const place = placeOfRestore(uri);
  if (place === null) throw new Error(`${uri} is no address`);
  const client = new S3Client({
    endpoint: region.endpoint,
    region: region.region,
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key }));
    if (!(Body instanceof Readable)) throw new Error('no body');
    await pipeline(Body, createWriteStream(file));
  } finally {
    client.destroy();
  }
}

async function seed(theatre: Theatre, file: string): Promise<TestCluster> {
  const atMs = performance.now();
  await cli(theatre, ['restore', '--cluster', 'blue', '--from', file, '--size', '3', '--yes']);
  const blue = openCluster(theatre.region, 'blue');
  await blue.untilWhole(3, 200);
  tell(`three voters with the data after ${Math.round(performance.now() - atMs)} ms`);
  return blue;
}

/** Every key is there, and revisions go on beyond all of before: a client that held one is told. */
async function compare(clients: Clients, blue: TestCluster, before: Held): Promise<number> {
  const endpoints = (await blue.stage.see()).endpoints.join(',');
  const after = await heldBy(clients, endpoints);
  const old = await clients.etcdctl(endpoints, 'get', 'seed-1', `--rev=${before.revision}`);
  const isTold = old.err.includes('required revision has been compacted');
  tell(
    `keys ${before.count} before, ${after.count} after; revision ${before.revision} before, ${after.revision} after`,
  );
  tell(`a client of revision ${before.revision} is told: ${isTold ? 'compacted' : `${old.out}${old.err}`}`);
  const isPast = after.revision >= before.revision + BigInt(RESTORE_BUMP);
  return after.count === before.count && isPast && isTold ? 0 : 1;
}

function tell(line: string): void {
  process.stdout.write(`show seed: ${line}\n`);
}
