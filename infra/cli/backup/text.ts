import type { ListAnswer, ListedSnapshot } from '../../../functions/backup/answer.ts';
import { section, tableText } from '../table.ts';
import type { Followed } from './follow.ts';

const MEGA = 1_000_000;

/** Oldest first: what is newest stands where the eye is. */
export function listText(answer: ListAnswer): string {
  const { cluster, bucket, snapshots, strange, lastFailure, unverifiable, moreCount } = answer;
  const rows = [...snapshots].reverse().map(rowOf);
  const heading = ['taken', 'state', 'revision', 'keys', 'size', 'by', 'snapshot'];
  const table = rows.length === 0 ? 'no snapshot\n' : tableText([heading, ...rows]);
  const failed = lastFailure === null ? [] : [`${lastFailure.at} ${lastFailure.code}: ${lastFailure.text}`];
  return [
    `${cluster}: snapshots in s3://${bucket}\n\n${table}`,
    moreCount === 0 ? '' : `and ${moreCount} older ones\n`,
    section(
      'not restorable',
      snapshots.flatMap(({ key, reason }) => (reason === null ? [] : [`${key}: ${reason}`])),
    ),
    section(
      'not judged',
      strange.map(({ key, reason }) => `${key}: ${reason}`),
    ),
    section('last failure', failed),
    unverifiable ? section('not verified', ['the autopilot has no etcd tools: set EtcdToolsLayerArn']) : '',
  ].join('');
}

function rowOf(snapshot: ListedSnapshot): readonly string[] {
  const { takenAt, state, revision, atRevision, keyCount, sizeBytes, origin, uri } = snapshot;
  const keys = keyCount === null ? '-' : String(keyCount);
  return [takenAt, state, revision ?? `${atRevision}+`, keys, sizeText(sizeBytes), origin, uri];
}

const sizeText = (bytes: number): string => `${(bytes / MEGA).toFixed(1)} MB`;

const MEANS: Readonly<Record<Followed['outcome'], string>> = {
  taken: 'is taken, and not verified yet',
  restorable: 'can be restored: it was, and holds what the member held',
  notRestorable: 'cannot be restored',
  unverifiable: 'is taken, and cannot be verified',
  failed: 'no snapshot was taken',
  late: 'no snapshot was taken within the time',
};

export function followedText(cluster: string, { outcome, snapshot, reason }: Followed): string {
  const about =
    snapshot === null
      ? ''
      : ` ${snapshot.uri} (revision ${snapshot.revision ?? snapshot.atRevision}, ${sizeText(snapshot.sizeBytes)})`;
  return `${cluster}:${about} ${MEANS[outcome]}${reason === null ? '' : `: ${reason}`}\n`;
}
