import { parseBackupMessage, parseVerify } from '../../../functions/core/backup/messages.ts';
import { OperationError } from '../../../functions/core/errors.ts';
import type { EtcdPort } from '../../../functions/core/ports.ts';
import type { BackupEtcd, BackupPorts } from '../../../functions/engine/backup/ports.ts';
import { runBackup } from '../../../functions/engine/backup/run.ts';
import { verify } from '../../../functions/engine/verification/verify.ts';
import { answererAt } from '../etcd/calls.ts';
import { silenceOf } from '../etcd/failures.ts';
import { openFakeEtcd } from '../etcd/fake-etcd-port.ts';
import { behind } from '../fronts/gate.ts';
import { piecesOf } from './bucket.ts';
import { databaseOf } from './database.ts';
import { Killed, Life } from './life.ts';
import { scratchOf } from './scratch.ts';
import { type CareWorld, CLUSTER, PATH } from './world.ts';

/** Of the packaged function. */
const LIFE_MS = 890_000;
const MESSAGES_MAX = 30;

/** Both functions have what waits for them; the message of a killed one comes again. */
export async function serve(world: CareWorld): Promise<void> {
  for (let count = 0; count < MESSAGES_MAX; count += 1) {
    const name = world.mail.backup.length > 0 ? 'backup' : 'verification';
    const body = world.mail[name].shift();
    if (body === undefined) return;
    const life = new Life(world.random, world.drawTrouble(), world.denied);
    const isDone = await (name === 'backup' ? backUp(world, life, body) : verifyOne(world, life, body));
    if (!isDone) world.mail[name].push(body);
  }
}

async function backUp(world: CareWorld, life: Life, body: string): Promise<boolean> {
  const parsed = parseBackupMessage(body);
  if (!parsed.ok) return true;
  const nonce = world.nonce();
  const turn = {
    ports: portsOf(world, life),
    cluster: CLUSTER,
    nonce,
    deadlineMs: clockOf(world).nowMs() + LIFE_MS,
  };
  return ended(world, `backup ${parsed.message.kind}`, async () => {
    const report = await runBackup(turn, parsed.message);
    return report.kind === 'failed' ? `failed: ${report.error.message}` : report.kind;
  });
}

async function verifyOne(world: CareWorld, life: Life, body: string): Promise<boolean> {
  const parsed = parseVerify(body);
  if (!parsed.ok) return true;
  const { cluster, place } = parsed;
  const clock = clockOf(world);
  const { gate } = life;
  const backup = { askForLook: async (_cluster: string, text: string) => void world.mail.backup.push(text) };
  const ports = {
    clock,
    scratch: scratchOf(world),
    backup: behind(backup, 'backup', gate),
    openBucket: () => behind(bucketOf(world), 'objects', gate),
  };
  return ended(world, 'verification', async () => {
    if (!world.verifies) return 'rests';
    const untilMs = clock.nowMs() + LIFE_MS;
    const report = await verify({ ports, cluster, place, nonce: world.nonce(), untilMs });
    // The room of a killed one is gone with all that it left.
    if (!life.isOver)
      world.judge.rule('B6', world.openScratches > 0, () => 'verification leaves what it tried out');
    return report.kind === 'failed' ? `failed: ${report.error.message}` : report.kind;
  }).finally(() => {
    world.openScratches = 0;
  });
}

/** False: it was killed. What else it throws the room tells, and acknowledges the message. */
async function ended(world: CareWorld, name: string, work: () => Promise<string>): Promise<boolean> {
  try {
    world.tell(`${name}: ${await work()}`);
  } catch (error) {
    if (error instanceof Killed) {
      world.tell(`${name}: killed`);
      return false;
    }
    if (!(error instanceof OperationError))
      world.judge.object('B0', `${name} failed: ${error instanceof Error ? error.stack : error}`);
    else world.tell(`${name}: ${error.message}`);
  }
  return true;
}

const clockOf = (world: CareWorld) => ({
  nowMs: () => world.nowMs + world.skewMs,
  sleep: async (ms: number) => {
    world.nowMs += ms;
  },
});

function portsOf(world: CareWorld, life: Life): BackupPorts {
  const { gate } = life;
  return {
    scaling: behind({ listGroups: async () => [world.group()] }, 'scaling', gate),
    machines: behind({ describe: async (ids) => machinesOf(world, ids) }, 'machines', gate),
    parameters: behind(parametersOf(world), 'parameters', gate),
    secrets: { read: async () => new Map() },
    events: behind(
      { publish: async (events) => void world.events.push(...events.map((one) => one.detailType)) },
      'events',
      gate,
    ),
    clock: clockOf(world),
    membership: behind({ askForLook: async () => undefined }, 'membership', gate),
    queue: behind(
      {
        askForLook: async (_cluster: string, body: string) => void world.mail.backup.push(body),
        keepUnreadable: async () => undefined,
      },
      'queue',
      gate,
    ),
    verification: behind(
      { askForLook: async (_cluster: string, body: string) => void world.mail.verification.push(body) },
      'verification',
      gate,
    ),
    openEtcd: () => etcdOf(world, life),
    openBucket: () => behind(bucketOf(world), 'objects', gate),
    ownBucket: 'snapshots',
  };
}

/** Its methods are those of the class, and `behind` wants them by name. */
const bucketOf = ({ bucket }: CareWorld) => ({
  readText: (key: string) => bucket.readText(key),
  writeText: (key: string, text: string) => bucket.writeText(key, text),
  list: (prefix: string) => bucket.list(prefix),
  remove: (keys: readonly string[]) => bucket.remove(keys),
  upload: (key: string, chunks: AsyncIterable<Uint8Array>) => bucket.upload(key, chunks),
  download: (key: string) => bucket.download(key),
  listUploads: (prefix: string) => bucket.listUploads(prefix),
  abortUpload: (upload: Parameters<typeof bucket.abortUpload>[0]) => bucket.abortUpload(upload),
});

const machinesOf = (world: CareWorld, ids: readonly string[]) =>
  new Map(
    ids.map((id) => {
      const privateIp = `10.0.0.${world.ids.indexOf(id) + 1}`;
      return [id, { kind: 'known', state: 'running', privateIp, launchedAtMs: 0, zone: 'a' } as const];
    }),
  );

const parametersOf = (world: CareWorld): BackupPorts['parameters'] => ({
  readAll: async (path) =>
    new Map(
      [...world.parameters]
        .filter(([name]) => name.startsWith(path))
        .map(([name, text]) => [name.slice(path.length), text]),
    ),
  create: async (name, value) => {
    if (world.parameters.has(name)) return 'exists';
    world.parameters.set(name, value);
    return 'created';
  },
  write: async (name, value) => {
    world.judge.written(name.slice(PATH.length), value);
    world.parameters.set(name, value);
  },
});

function etcdOf(world: CareWorld, life: Life): BackupEtcd {
  const etcd: EtcdPort = behind(openFakeEtcd(world.etcd), 'etcd', life.gate);
  return { ...etcd, snapshot: (endpoint) => life.streamed(sent(world, endpoint)) };
}

/** The database of a member as it comes, or as far as it does. */
async function* sent(world: CareWorld, endpoint: string): AsyncIterable<Uint8Array> {
  const found = answererAt(world.etcd, endpoint);
  if (typeof found === 'string') throw silenceOf(endpoint, 'read', found);
  const bytes = Buffer.from(databaseOf(world.etcd, found.memberId));
  const { streamFault } = world;
  if (streamFault === 'flips') bytes[600] = (bytes[600] ?? 0) ^ 1;
  if (streamFault === 'empty') return;
  let count = 0;
  for await (const piece of piecesOf(bytes)) {
    count += 1;
    world.onChunk(found.memberId);
    if (streamFault === 'ends' && count === 2) return;
    const isGone = !found.up || found.frozen;
    if (isGone || (streamFault === 'breaks' && count === 2)) throw silenceOf(endpoint, 'read', 'unreachable');
    yield piece;
  }
}
