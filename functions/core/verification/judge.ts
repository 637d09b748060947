import type { IntactVerdict } from '../backup/intact.ts';
import type { Manifest } from '../backup/manifest.ts';
import type { Found } from './scratch-port.ts';

/** Why what lies in the bucket is not the snapshot that was taken; `null`: it is, to the byte. */
export function judgeArrived(
  manifest: Manifest,
  { sizeBytes, sha256, problem }: IntactVerdict,
): string | null {
  if (sizeBytes !== manifest.sizeBytes)
    return `it has ${sizeBytes} bytes, and its manifest says ${manifest.sizeBytes}`;
  if (problem !== null) return problem;
  return sha256 === manifest.sha256 ? null : 'its SHA-256 is not the one in its manifest';
}

/**
 * Why what came out of it is not what the member held when it was taken; `null`: it is. A hash says so only beside
 * one of the same compaction: a member may have compacted between its hash and its snapshot.
 */
export function judgeFound(manifest: Manifest, found: Found): string | null {
  if (BigInt(found.revision) < BigInt(manifest.atRevision))
    return `it ends with revision ${found.revision}, and must hold every write up to ${manifest.atRevision}`;
  const areComparable = found.hash !== null && found.compactRevision === manifest.compactRevision;
  if (areComparable && manifest.hash !== null && found.hash !== manifest.hash)
    return `its data has the hash ${found.hash} at revision ${manifest.atRevision}, and the member had ${manifest.hash}`;
  const isCounted = found.keyCount !== null && manifest.keyCount !== null;
  if (isCounted && found.keyCount !== manifest.keyCount)
    return `it has ${found.keyCount} keys at revision ${manifest.atRevision}, and the member had ${manifest.keyCount}`;
  return null;
}
