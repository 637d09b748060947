import {
  manifestKey,
  sightKey,
  snapshotKey,
  snapshotsPath,
  verifiedKey,
} from '../../../functions/core/backup/keys.ts';
import { shelfOf, textKeysOf } from '../../../functions/core/backup/listing.ts';
import { encodeManifest, type Manifest, type Origin } from '../../../functions/core/backup/manifest.ts';
import { decodeBackup, encodeBackup, NO_BACKUP, recordOf } from '../../../functions/core/backup/parameter.ts';
import { decodeSight, encodeSight, nextSight } from '../../../functions/core/checks/sight.ts';
import { ownClusterIds } from '../../../functions/core/pinned.ts';
import { readRecords } from '../../../functions/core/records.ts';
import { encodeCaptured } from '../../../functions/core/recovery/captured.ts';
import type { FakeMember } from '../etcd/member.ts';
import { snapshotOf } from '../etcd/snapshot.ts';
import type { FakeWorld } from './fake-world.ts';
import { CLUSTER, PATH } from './place.ts';
import { askForLook, isCaptured, verify } from './verification.ts';

const PREFIX = 'etcd-autopilot/';
const FOLDER = snapshotsPath(PREFIX, CLUSTER);

const SIGHT = sightKey(PREFIX, CLUSTER);
const SIGHT_SECONDS = 60;
/** More are of no use to any history. */
const KEPT_MAX = 4;

/** A database that is asked for while nobody leads. */
export interface CaptureRequest {
  readonly recovery: number;
  readonly instanceId: string;
}

/**
 * What backup and verification do for a cluster, in short: they have a world of their own, in which their real
 * code is played. Here they only have to be there, to be late, to find nothing, or to have kept what is no good.
 */
export class Backups {
  /** False: nobody looks, and nothing is kept. */
  isOn = false;
  /** Between two snapshots; infinite: none is taken. */
  everySeconds = Number.POSITIVE_INFINITY;
  /** From a snapshot to what verification finds of it; infinite: nobody verifies. */
  verifySeconds = 20;
  /** From a request to the captured database; infinite: nobody captures. */
  captureSeconds = 5;
  readonly #captures: (CaptureRequest & { readonly dueAtMs: number })[] = [];
  readonly #unverified: { readonly key: string; readonly dueAtMs: number }[] = [];
  #takenAtMs = 0;
  #seenAtMs = 0;

  /** Asked of backup; the same again is the same. */
  capture(world: FakeWorld, request: CaptureRequest): void {
    const dueAtMs = world.nowMs + this.captureSeconds * 1_000;
    if (this.#captures.every(({ recovery }) => recovery !== request.recovery))
      this.#captures.push({ ...request, dueAtMs });
  }

  tick(world: FakeWorld): void {
    const { nowMs } = world;
    if (nowMs - this.#seenAtMs >= SIGHT_SECONDS * 1_000) this.#see(world);
    if (nowMs - this.#takenAtMs >= this.everySeconds * 1_000) this.#takeDue(world);
    if (this.#unverified.some(({ dueAtMs }) => dueAtMs <= nowMs)) this.#verifyDue(world);
    if (this.#captures.some(({ dueAtMs }) => dueAtMs <= nowMs)) this.#captureDue(world);
  }

  /** What checks do every minute while a voter answers. */
  #see(world: FakeWorld): void {
    const { etcd, nowMs, bucket } = world;
    if (etcd.leaderId === null || etcd.alarms.size > 0 || etcd.clusterId === null) return;
    this.#seenAtMs = nowMs;
    const sight = {
      at: new Date(nowMs).toISOString(),
      clusterId: etcd.clusterId,
      revision: String(etcd.revision),
      raftTerm: String(etcd.term),
      raftIndex: String(etcd.index),
      voters: world.voters(),
      counters: {},
    };
    bucket.putText(SIGHT, encodeSight(nextSight(sight, decodeSight(bucket.textOf(SIGHT)))), nowMs);
  }

  /** Of a follower; where nobody is in touch with a majority, none. */
  #takeDue(world: FakeWorld): void {
    const { etcd, nowMs } = world;
    const serving = etcd.voters().filter((voter) => etcd.runs(voter) && !etcd.space.corrupt.has(voter.id));
    const one = serving.find(({ id }) => id !== etcd.leaderId) ?? serving[0];
    if (one === undefined || etcd.leaderId === null || etcd.alarms.size > 0) return;
    this.#takenAtMs = nowMs;
    const { key } = this.#put(world, one, 'schedule');
    this.#unverified.push({ key, dueAtMs: nowMs + this.verifySeconds * 1_000 });
    this.refresh(world);
  }

  #put(
    world: FakeWorld,
    member: FakeMember,
    origin: Origin,
  ): { readonly key: string; readonly manifest: Manifest } {
    const { bucket, etcd, nowMs } = world;
    const snapshot = snapshotOf(etcd, member.id);
    const atRevision = String(snapshot.stored.revision);
    const key = snapshotKey(FOLDER, nowMs, atRevision);
    const { sizeBytes, sha256 } = bucket.putSnapshot(key, snapshot, nowMs);
    const manifest = {
      cluster: CLUSTER,
      clusterId: snapshot.clusterId,
      memberId: member.id,
      instanceId: member.name,
      etcdVersion: etcd.version,
      takenAt: new Date(nowMs).toISOString(),
      sizeBytes,
      sha256,
      atRevision,
      hash: null,
      compactRevision: null,
      keyCount: null,
      origin,
    };
    bucket.putText(manifestKey(key), encodeManifest(manifest), nowMs);
    this.#keepFew(world);
    return { key, manifest };
  }

  #keepFew({ bucket }: FakeWorld): void {
    const keys = [...bucket.objects].flatMap(([key, { snapshot }]) => (snapshot === null ? [] : [key]));
    const [oldest = ''] = keys.sort();
    if (keys.length <= KEPT_MAX) return;
    for (const key of [manifestKey(oldest), verifiedKey(oldest), oldest]) bucket.objects.delete(key);
  }

  #verifyDue(world: FakeWorld): void {
    const due = this.#unverified.filter(({ dueAtMs }) => dueAtMs <= world.nowMs);
    for (const { key } of due) {
      verify(world, key);
      if (isCaptured(world, key)) askForLook(world, `${key} verified`);
    }
    this.#unverified.splice(
      0,
      this.#unverified.length,
      ...this.#unverified.filter((one) => !due.includes(one)),
    );
    this.refresh(world);
  }

  /** Whoever is gone cannot be captured: nothing comes of it, and it is asked for again. */
  #captureDue(world: FakeWorld): void {
    const due = this.#captures.filter(({ dueAtMs }) => dueAtMs <= world.nowMs);
    this.#captures.splice(0, this.#captures.length, ...this.#captures.filter((one) => !due.includes(one)));
    for (const { recovery, instanceId } of due) {
      const name = `${PATH}recovery/${recovery}/captured`;
      const instance = world.instances.find(({ id }) => id === instanceId);
      const member = world.etcd.members.find(({ id }) => id === instance?.disk);
      const isThere = instance !== undefined && instance.state === 'running' && world.hasEtcd(instance);
      if (member === undefined || !isThere || world.parameters.has(name)) continue;
      const { key, manifest } = this.#put(world, { ...member, name: instanceId }, 'recovery');
      world.parameters.set(name, encodeCaptured({ ...manifest, key }));
      this.#unverified.push({ key, dueAtMs: world.nowMs + this.verifySeconds * 1_000 });
      askForLook(world, key);
    }
  }

  /** The parameter `backup`, from what lies in the bucket. */
  refresh(world: FakeWorld): void {
    if (world.isTearingDown() || world.parameters.size === 0) return;
    const { bucket, parameters } = world;
    const objects = bucket.list(FOLDER);
    const texts = new Map(textKeysOf(FOLDER, objects).map((key) => [key, bucket.textOf(key)]));
    const name = `${PATH}backup`;
    const before = decodeBackup(parameters.get(name) ?? '') ?? NO_BACKUP;
    const shelf = shelfOf(FOLDER, CLUSTER, objects, texts);
    const records = readRecords(
      new Map([...parameters].map(([path, value]) => [path.slice(PATH.length), value])),
    );
    const text = encodeBackup(recordOf(shelf, ownClusterIds(records), before, world.nowMs));
    if (parameters.get(name) !== text) parameters.set(name, text);
  }
}
