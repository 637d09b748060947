import { fileAt, manifestKey, verifiedKey } from './keys.ts';
import { decodeManifest, type Manifest } from './manifest.ts';
import type { StoredObject } from './object-port.ts';
import { decodeVerified, type Verified } from './verified.ts';

/**
 * `intact`: it arrived whole, and nobody has restored it yet. `restorable`: it was restored into an etcd
 * of its own, and held what it should. `notRestorable`: it was not, or is damaged.
 */
export type SnapshotState = 'intact' | 'restorable' | 'notRestorable';

export interface Snapshot {
  /** Of the database; its manifest and what verification found stand beside it. */
  readonly key: string;
  readonly takenAtMs: number;
  readonly manifest: Manifest;
  readonly verified: Verified | null;
  readonly state: SnapshotState;
  /** Why it is not restorable; `null`: nothing is known against it. */
  readonly reason: string | null;
}

/** What a cluster's part of the bucket holds, all of it read. */
export interface Shelf {
  /** Newest first. */
  readonly snapshots: readonly Snapshot[];
  /** Snapshots that cannot be judged, each with the reason: left alone, never restored, never counted. */
  readonly strange: readonly { readonly key: string; readonly reason: string }[];
  /** Parts of snapshots that were never finished, or not wholly removed; by key. */
  readonly leftovers: readonly StoredObject[];
}

/** Keys of the texts that {@link shelfOf} must be given: nothing else in a listing is worth a reading. */
export function textKeysOf(path: string, objects: readonly StoredObject[]): readonly string[] {
  return [...filesBySnapshot(path, objects).values()].flatMap(({ snapshot, manifest, verified }) =>
    snapshot === null || manifest === null
      ? []
      : [manifest, ...(verified === null ? [] : [verified])].map(keyOf),
  );
}

/** `texts`: by key; `null` for one that was deleted since it was listed. */
export function shelfOf(
  path: string,
  cluster: string,
  objects: readonly StoredObject[],
  texts: ReadonlyMap<string, string | null>,
): Shelf {
  const snapshots: Snapshot[] = [];
  const strange: { key: string; reason: string }[] = [];
  const leftovers: StoredObject[] = [];
  for (const files of filesBySnapshot(path, objects).values()) {
    const { snapshot, manifest } = files;
    if (snapshot === null || manifest === null || texts.get(manifest.key) === null) {
      leftovers.push(...present(files));
      continue;
    }
    const read = readSnapshot(cluster, snapshot, texts);
    if (typeof read === 'string') strange.push({ key: snapshot.key, reason: read });
    else snapshots.push(read);
  }
  return { snapshots: snapshots.sort(newestFirst), strange, leftovers };
}

const newestFirst = (one: Snapshot, other: Snapshot): number =>
  other.takenAtMs - one.takenAtMs || (one.key < other.key ? 1 : -1);

function readSnapshot(
  cluster: string,
  object: StoredObject,
  texts: ReadonlyMap<string, string | null>,
): Snapshot | string {
  const { key, sizeBytes } = object;
  const manifest = decodeManifest(texts.get(manifestKey(key)) ?? '');
  if (manifest === null) return 'its manifest cannot be read';
  if (manifest.cluster !== cluster) return `it is of the cluster ${manifest.cluster}`;
  const verified = verifiedOf(key, texts);
  const damage =
    sizeBytes === manifest.sizeBytes
      ? null
      : `it has ${sizeBytes} bytes, and its manifest says ${manifest.sizeBytes}`;
  const reason =
    damage ?? (verified?.restorable === false ? (verified.reason ?? 'no reason is given') : null);
  const state = reason !== null ? 'notRestorable' : verified === null ? 'intact' : 'restorable';
  return { key, takenAtMs: Date.parse(manifest.takenAt), manifest, verified, state, reason };
}

/** What was found of another snapshot says nothing of this one. */
function verifiedOf(key: string, texts: ReadonlyMap<string, string | null>): Verified | null {
  const verified = decodeVerified(texts.get(verifiedKey(key)) ?? '');
  return verified?.key === key ? verified : null;
}

interface Files {
  snapshot: StoredObject | null;
  manifest: StoredObject | null;
  verified: StoredObject | null;
}

function filesBySnapshot(path: string, objects: readonly StoredObject[]): ReadonlyMap<string, Files> {
  const found = new Map<string, Files>();
  for (const object of objects) {
    const file = fileAt(path, object.key);
    if (file === null) continue;
    const files = found.get(file.snapshot) ?? { snapshot: null, manifest: null, verified: null };
    found.set(file.snapshot, { ...files, [file.kind]: object });
  }
  return found;
}

const present = ({ manifest, snapshot, verified }: Files): readonly StoredObject[] =>
  [manifest, snapshot, verified].flatMap((object) => object ?? []);

const keyOf = ({ key }: StoredObject): string => key;

/** The newest of a state; `null`: there is none. */
export const newestOf = (snapshots: readonly Snapshot[], state: SnapshotState): Snapshot | null =>
  snapshots.find((snapshot) => snapshot.state === state) ?? null;
