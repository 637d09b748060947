import { ok, strictEqual } from 'node:assert';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { createObjectPort } from '../../../functions/adapters/s3.ts';
import { snapshotsPath } from '../../../functions/core/backup/keys.ts';
import type { Snapshot } from '../../../functions/core/backup/listing.ts';
import { backupNowBody } from '../../../functions/core/backup/messages.ts';
import type { ObjectPort } from '../../../functions/core/backup/object-port.ts';
import { readShelf } from '../../../functions/engine/backup/shelf.ts';
import { ROOT } from '../../../infra/cli/local-options.ts';
import { S3Server } from '../../support/s3-server.ts';
import { openTheatre, STACK, type Theatre } from '../stage.ts';
import { type LimitedRun, startLimited } from './limited.ts';
import { fill, type Load, openLoad } from './load.ts';
import { restore } from './restoring.ts';

const CLUSTER = 'big';
const MEMORY_BYTES = 512 * 1_024 * 1_024;
const DATABASE_BYTES = 1_000_000_000;
const PATH = snapshotsPath('etcd-autopilot/', CLUSTER);
const KILL_AFTER_MS = 1_500;

const say = (text: string): void => {
  process.stdout.write(`show backup: ${text}\n`);
};
const megabytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MB`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A region, and a bucket apart: the one of the region keeps a gigabyte in memory, and everybody waits meanwhile. */
interface Place extends Theatre {
  readonly s3: S3Server;
}

/** A database of 1 GB under load, taken by the packaged function in a process that may have 512 MB. */
async function show(): Promise<number> {
  const region = await openTheatre();
  const theatre: Place = { ...region, s3: await S3Server.start(join(region.region.dir, 's3')) };
  try {
    const cluster = await theatre.cluster(CLUSTER, 3, { BackupIntervalMinutes: '0' });
    const { endpoints } = await cluster.untilWhole(3, 90);
    const [endpoint = ''] = endpoints;
    await fill(endpoint, DATABASE_BYTES, say);
    const load = openLoad(endpoint);
    try {
      await takeAndRestore(theatre, load);
      await killInTheMiddle(theatre);
    } finally {
      await load.stop();
    }
    say(
      `${load.acked.length} writes meanwhile, ${load.failedCount()} failed, longest gap ${load.longestGapMs()} ms`,
    );
    return 0;
  } finally {
    await theatre.s3.stop();
    await theatre.stop();
  }
}

async function takeAndRestore(theatre: Place, load: Load): Promise<void> {
  const objects = objectsOf(theatre);
  await sleep(1_000); // so that there are writes of the load that must be in it
  const acked = [...load.acked];
  const run = await (await start(theatre)).ended;
  tellRun('taken', run);
  strictEqual(run.code, 0, run.log);
  const [snapshot] = await listed(objects);
  ok(snapshot !== undefined, `no snapshot stands: ${run.log}`);
  const { manifest } = snapshot;
  say(
    `${megabytes(manifest.sizeBytes)} of ${manifest.instanceId}, ${manifest.keyCount} keys at revision ${manifest.atRevision}`,
  );
  const dir = join(theatre.region.dir, 'scratch');
  const restored = await restore(objects, snapshot.key, manifest, dir, theatre.etcdDir);
  try {
    strictEqual(restored.sha256, manifest.sha256);
    strictEqual(restored.hash, manifest.hash);
    strictEqual(restored.keyCount, manifest.keyCount);
    ok(BigInt(restored.revision) >= BigInt(manifest.atRevision));
    const missing = [];
    for (const key of acked) if (!(await restored.has(key))) missing.push(key);
    strictEqual(missing.length, 0, `acknowledged before it was taken, and not in it: ${missing.join(', ')}`);
    say(
      `restored in ${seconds(restored.tookMs)}: same hash, same keys, revision ${restored.revision}; all ${acked.length} writes acknowledged before are in it`,
    );
  } finally {
    await restored.stop();
  }
}

/** Ended without notice while parts of it are in S3 already. */
async function killInTheMiddle(theatre: Place): Promise<void> {
  const objects = objectsOf(theatre);
  const before = await objects.list(PATH);
  const limited = await start(theatre);
  await untilUploading(objects);
  await sleep(KILL_AFTER_MS);
  limited.process.kill('SIGKILL');
  const run = await limited.ended;
  strictEqual(run.code, null, 'it was to be killed in the middle, and ended before');
  const uploads = await objects.listUploads(PATH);
  strictEqual(uploads.length, 1, 'an upload was under way');
  strictEqual(JSON.stringify(await objects.list(PATH)), JSON.stringify(before), 'no object appeared');
  say(`killed ${seconds(run.tookMs)} after its start: an upload is left (${uploads[0]?.key}), and no object`);
  const next = await (await start(theatre)).ended;
  tellRun('taken again', next);
  strictEqual(next.code, 0, next.log);
  strictEqual((await listed(objects)).length, 2);
}

async function untilUploading(objects: ObjectPort): Promise<void> {
  for (let tried = 0; tried < 1_200; tried += 1) {
    if ((await objects.listUploads(PATH)).length > 0) return;
    await sleep(50);
  }
  throw new Error('nothing was uploaded within a minute');
}

const tellRun = (what: string, run: LimitedRun): void =>
  say(
    `${what} in ${seconds(run.tookMs)}; at most ${megabytes(run.residentBytesMax ?? 0)} resident, ${megabytes(run.chargedBytesMax)} charged to its group of ${megabytes(MEMORY_BYTES)}`,
  );

const listed = async (objects: ObjectPort): Promise<readonly Snapshot[]> =>
  (await readShelf(objects, PATH, CLUSTER)).snapshots;

async function start(theatre: Place): Promise<Awaited<ReturnType<typeof startLimited>>> {
  const event = {
    Records: [
      {
        body: backupNowBody(CLUSTER, `show-${performance.now()}`),
        attributes: { MessageGroupId: CLUSTER },
      },
    ],
  };
  const environment = {
    ...theatre.region.variables,
    ...(await environmentOf(theatre)),
    AWS_ENDPOINT_URL_S3: theatre.s3.endpoint,
    LOG_LEVEL: 'info',
  };
  return startLimited(join(ROOT, '.build', 'backup.zip'), event, environment, MEMORY_BYTES);
}

/** As the stack gives it to the function. */
async function environmentOf({ region }: Theatre): Promise<Readonly<Record<string, string>>> {
  const client = new LambdaClient(clientOf(region));
  const name = `${STACK}-backup`;
  const answer = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  client.destroy();
  return answer.Environment?.Variables ?? {};
}

const objectsOf = (theatre: Place): ObjectPort =>
  createObjectPort(new S3Client({ ...clientOf(theatre.region), endpoint: theatre.s3.endpoint }), 'any');

const clientOf = ({ endpoint, region }: Theatre['region']) => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

process.exitCode = await show();
