import { manifestKey, verifiedKey } from '../../core/backup/keys.ts';
import { decodeManifest, type Manifest } from '../../core/backup/manifest.ts';
import { refreshBody, type SnapshotPlace } from '../../core/backup/messages.ts';
import type { ObjectPort } from '../../core/backup/object-port.ts';
import { encodeVerified, type Verified } from '../../core/backup/verified.ts';
import { OperationError } from '../../core/errors.ts';
import { judgeArrived, judgeFound } from '../../core/verification/judge.ts';
import type { VerificationPorts } from '../../core/verification/ports.ts';
import type { Scratch } from '../../core/verification/scratch-port.ts';

export interface VerificationTurn {
  readonly ports: VerificationPorts;
  readonly cluster: string;
  readonly place: SnapshotPlace;
  /** Unique to this invocation. */
  readonly nonce: string;
  readonly untilMs: number;
}

/** What a message came to. `unverifiable`: there are no etcd tools, so that nothing is ever found. */
export type VerificationReport =
  | { readonly kind: 'verified'; readonly verified: Verified }
  | { readonly kind: 'unverifiable' }
  /** There is no such snapshot (any more), or it is none of this cluster: nothing is written beside it. */
  | { readonly kind: 'skipped'; readonly because: 'noSnapshot' | 'otherCluster' }
  | { readonly kind: 'failed'; readonly error: OperationError };

/** S3 breaks off now and then, and nobody asks a second time for the same snapshot. */
const TRIES = 3;

/** Restores one snapshot into an etcd of its own, and writes beside it what came of it. Only bugs throw. */
export async function verify(turn: VerificationTurn): Promise<VerificationReport> {
  try {
    return await verifyOnce(turn);
  } catch (error) {
    if (error instanceof OperationError) return { kind: 'failed', error };
    throw error;
  }
}

async function verifyOnce(turn: VerificationTurn): Promise<VerificationReport> {
  const { ports, cluster, place, nonce } = turn;
  const objects = ports.openBucket(place.bucket);
  const manifest = decodeManifest((await objects.readText(manifestKey(place.key))) ?? '');
  const isThere = (await objects.list(place.key)).some(({ key }) => key === place.key);
  if (manifest === null || !isThere) return { kind: 'skipped', because: 'noSnapshot' };
  if (manifest.cluster !== cluster) return { kind: 'skipped', because: 'otherCluster' };
  const scratch = await ports.scratch.open();
  if (scratch === null) {
    await ports.backup.askForLook(cluster, refreshBody(cluster, true, nonce));
    return { kind: 'unverifiable' };
  }
  try {
    const verified = await tryOut(turn, objects, manifest, scratch);
    if (verified === null) return { kind: 'skipped', because: 'noSnapshot' };
    await objects.writeText(verifiedKey(place.key), encodeVerified(verified));
    await ports.backup.askForLook(cluster, refreshBody(cluster, false, nonce));
    return { kind: 'verified', verified };
  } finally {
    await scratch.close();
  }
}

type Outcome = Pick<Verified, 'reason' | 'revision' | 'keyCount'>;

const refused = (reason: string): Outcome => ({ reason, revision: null, keyCount: null });

async function tryOut(
  turn: VerificationTurn,
  objects: Pick<ObjectPort, 'download'>,
  manifest: Manifest,
  scratch: Scratch,
): Promise<Verified | null> {
  const arrived = await fetchInto(turn, objects, scratch);
  if (arrived === null) return null;
  const damage = judgeArrived(manifest, arrived);
  const outcome = damage === null ? await restoreInto(turn, manifest, scratch) : refused(damage);
  return {
    key: turn.place.key,
    at: new Date(turn.ports.clock.nowMs()).toISOString(),
    restorable: outcome.reason === null,
    ...outcome,
    etcdVersion: scratch.etcdVersion,
  };
}

/** `null`: S3 says that there is none. A broken line is tried again: it says nothing of the snapshot. */
async function fetchInto(
  { place, untilMs }: VerificationTurn,
  objects: Pick<ObjectPort, 'download'>,
  scratch: Scratch,
): Promise<Awaited<ReturnType<Scratch['keep']>> | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const chunks = await objects.download(place.key);
      return chunks === null ? null : await scratch.keep(chunks, untilMs);
    } catch (error) {
      const isWeather = error instanceof OperationError && error.retry !== 'never';
      if (!isWeather || attempt === TRIES) throw error;
    }
  }
}

async function restoreInto(
  { untilMs }: VerificationTurn,
  manifest: Manifest,
  scratch: Scratch,
): Promise<Outcome> {
  const refusal = await scratch.restore(untilMs);
  if (refusal !== null) return refused(refusal);
  const found = await scratch.look(manifest.atRevision, untilMs);
  if (typeof found === 'string') return refused(found);
  const { revision, keyCount } = found;
  return { reason: judgeFound(manifest, found), revision, keyCount };
}
