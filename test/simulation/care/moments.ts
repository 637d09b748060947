import { fileAt, manifestKey, snapshotKey, verifiedKey } from '../../../functions/core/backup/keys.ts';
import { encodeManifest } from '../../../functions/core/backup/manifest.ts';
import type { Random } from '../history/random.ts';
import { databaseOf, shaOf } from './database.ts';
import type { Trouble } from './life.ts';
import { type CareWorld, CLUSTER, FOLDER, PATH, type StreamFault } from './world.ts';

/** Something that happens; the words say what, `null`: there was nothing that it could happen to. */
export type Moment = (world: CareWorld) => string | null;

/** What lasts as long as the storm does. */
export const WEATHER: readonly string[] = ['throttled', 'unanswered', 'killed', 'messagesDoubled'];

export function troubleOf(swarm: ReadonlySet<string>): (random: Random) => Trouble {
  return (random) => ({
    throttled: swarm.has('throttled') ? 0.04 : 0,
    unanswered: swarm.has('unanswered') ? 0.06 : 0,
    killedAt: swarm.has('killed') && random.chance(0.4) ? random.whole(2, 70) : null,
  });
}

const snapshotsIn = ({ bucket }: CareWorld): readonly string[] =>
  [...bucket.objects.keys()].filter((key) => fileAt(FOLDER, key)?.kind === 'snapshot').sort();

const STREAMS: readonly StreamFault[] = ['breaks', 'ends', 'flips', 'empty'];
const CALLS = [
  'objects.list',
  'objects.upload',
  'objects.writeText',
  'objects.remove',
  'objects.readText',
  'objects.listUploads',
  'parameters.write',
  'parameters.readAll',
  'scaling.listGroups',
] as const;

/** What operators and bad luck do; each can be taken back by {@link calmDown}. */
export const FAULTS: Readonly<Record<string, Moment>> = {
  streamSpoilt: (world) => {
    world.streamFault = world.random.pick(STREAMS);
    return `streams of members go wrong: ${world.streamFault}`;
  },
  streamsWell: (world) => {
    if (world.streamFault === null) return null;
    world.streamFault = null;
    return 'streams are well again';
  },
  memberDiesSending: (world) => {
    world.onChunk = (id) => {
      world.onChunk = () => undefined;
      world.etcd.crash(id);
    };
    return 'the next member that sends dies';
  },
  senderIsToLead: (world) => {
    world.onChunk = (id) => {
      world.onChunk = () => undefined;
      const leader = world.etcd.leaderId;
      if (leader !== null && leader !== id) world.etcd.freeze(leader);
    };
    return 'the leader freezes while a member sends';
  },
  memberDown: (world) => {
    const one = world.random.pick(world.etcd.voters());
    if (one === null) return null;
    world.etcd.crash(one.id);
    return `${one.id} is down`;
  },
  everybodyBack: (world) => {
    for (const { id } of world.etcd.voters()) {
      world.etcd.thaw(id);
      world.etcd.restart(id);
    }
    return 'all members run';
  },
  dataSpoilt: (world) => {
    const one = world.random.pick(world.etcd.voters());
    if (one === null || world.etcd.space.corrupt.size > 0) return null;
    world.etcd.space.corrupt.add(one.id);
    if (world.random.chance(0.6)) world.etcd.alarms.set(one.id, 'CORRUPT');
    return `the data of ${one.id} is spoilt`;
  },
  denied: (world) => {
    const call = world.random.pick(CALLS) ?? CALLS[0];
    world.denied.add(call);
    return `${call} is denied`;
  },
  allowedAgain: (world) => {
    if (world.denied.size === 0) return null;
    world.denied.clear();
    return 'nothing is denied any more';
  },
  recordDeleted: (world) =>
    world.parameters.delete(`${PATH}backup`) ? 'the parameter backup is deleted' : null,
  recordGarbled: (world) => {
    world.parameters.set(`${PATH}backup`, world.random.oneOf('not json', '{}', '{"version":1,"last":7}'));
    return 'somebody writes into the parameter backup';
  },
  recordOfOld: (world) => {
    const name = `${PATH}backup`;
    const text = world.parameters.get(name);
    if (text === undefined) return null;
    world.parameters.set(name, text.replaceAll('2026-03-0', '2026-02-0'));
    return 'the parameter backup tells of another time';
  },
  newestCut: (world) => cut(world, snapshotsIn(world).at(-1)),
  oneCut: (world) => cut(world, world.random.pick(snapshotsIn(world)) ?? undefined),
  manifestDeleted: (world) => {
    const key = world.random.pick(snapshotsIn(world));
    return key !== null && world.bucket.objects.delete(manifestKey(key))
      ? `the manifest of ${key} is deleted`
      : null;
  },
  manifestGarbled: (world) => {
    const key = world.random.pick(snapshotsIn(world));
    if (key === null || world.judge.good(new Set([key])).length === 0) return null;
    world.bucket.put(manifestKey(key), Buffer.from('{"version":2}'));
    return `the manifest of ${key} is garbled`;
  },
  foundDeleted: (world) => {
    const key = world.random.pick(snapshotsIn(world));
    return key !== null && world.bucket.objects.delete(verifiedKey(key))
      ? `nobody knows any more of ${key}`
      : null;
  },
  strangersPut: (world) => {
    world.bucket.put(`${FOLDER}README.txt`, Buffer.from('ours'));
    world.bucket.put(`${FOLDER}2026-01-01T00-00-00Z-7.db`, Buffer.from('no database'));
    world.bucket.put(`etcd-autopilot/${CLUSTER}/snapshots-of-mine/1.db`, Buffer.from('ours'));
    return 'somebody puts files there';
  },
  foreignSnapshotPut: (world) => {
    const [member] = world.etcd.voters();
    if (member === undefined) return null;
    putSnapshot(world, member.id, { cluster: 'another', origin: 'operator' });
    return 'a snapshot of another cluster lies there';
  },
  capturedPut: (world) => {
    const [member] = world.etcd.voters();
    if (member === undefined || world.etcd.space.corrupt.has(member.id)) return null;
    putSnapshot(world, member.id, { cluster: CLUSTER, origin: 'recovery' });
    return 'a recovery captured a database';
  },
  uploadForgotten: (world) => {
    const uploadId = `old-${world.nonce()}`;
    world.bucket.uploads.set(uploadId, { key: `${FOLDER}x.db`, uploadId, startedAtMs: world.nowMs });
    return 'somebody begins an upload and leaves it';
  },
  verificationRests: (world) => {
    world.verifies = !world.verifies;
    return world.verifies ? 'snapshots are verified again' : 'nobody verifies';
  },
  toolsMissing: (world) => {
    world.hasTools = !world.hasTools;
    return world.hasTools ? 'there are tools to verify with' : 'there are no tools to verify with';
  },
  clockJumps: (world) => {
    world.skewMs = world.skewMs === 0 ? world.random.whole(-90, 90) * 60_000 : 0;
    return `the clock of the functions is off by ${world.skewMs / 60_000} minutes`;
  },
  frozen: (world) => {
    const frozen = world.configOf()['frozen'] !== true;
    world.setConfig({ frozen });
    return frozen ? 'the cluster is frozen' : 'the cluster is frozen no more';
  },
  retentionShrunk: (world) => {
    const keep = { keepHourly: world.random.whole(0, 2), keepDaily: world.random.whole(0, 1), keepWeekly: 1 };
    world.setConfig({ backup: { ...backupOf(world), ...keep } });
    return `fewer are kept: ${JSON.stringify(keep)}`;
  },
  intervalChanged: (world) => {
    const intervalMinutes = world.random.oneOf(5, 30, 60, 180);
    world.setConfig({ backup: { ...backupOf(world), intervalMinutes } });
    return `one every ${intervalMinutes} minutes`;
  },
  settingsBroken: (world) => {
    world.setConfig({ backup: { ...backupOf(world), keepHourly: -1 } });
    return 'the settings are broken';
  },
  askedFor: (world) => {
    const nonce = world.nonce();
    world.mail.backup.push(JSON.stringify({ etcdAutopilot: 1, request: 'backup', from: 'operator', nonce }));
    return 'an operator wants a snapshot now';
  },
  nonsenseSent: (world) => {
    world.mail.backup.push('{"etcdAutopilot":1,"request":"erase"}', 'nonsense');
    return 'somebody sends nonsense';
  },
};

export const backupOf = (world: CareWorld): Readonly<Record<string, unknown>> =>
  Object(world.configOf()['backup']);

/** Of a snapshot that is not the only good one: what befalls that no retention can mend. */
function cut(world: CareWorld, key: string | undefined): string | null {
  const found = key === undefined ? undefined : world.bucket.objects.get(key);
  if (key === undefined || found === undefined || world.judge.good(new Set([key])).length === 0) return null;
  world.bucket.put(key, found.bytes.subarray(0, 400), found.modifiedAtMs);
  return `${key} is cut`;
}

function putSnapshot(
  world: CareWorld,
  memberId: string,
  about: { readonly cluster: string; readonly origin: 'operator' | 'recovery' },
): void {
  const bytes = databaseOf(world.etcd, memberId);
  const atRevision = String(world.etcd.revision);
  const key = snapshotKey(FOLDER, world.nowMs - 1_000, atRevision);
  const manifest = {
    ...about,
    clusterId: world.etcd.clusterId ?? '',
    memberId,
    instanceId: world.ids[0] ?? '',
    etcdVersion: world.etcd.version,
    takenAt: new Date(world.nowMs - 1_000).toISOString(),
    sizeBytes: bytes.length,
    sha256: shaOf(bytes),
    atRevision,
    hash: null,
    compactRevision: null,
    keyCount: null,
  };
  world.bucket.put(key, bytes);
  world.bucket.put(manifestKey(key), Buffer.from(encodeManifest(manifest)));
}
