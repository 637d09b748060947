import { type Found, found } from './finding.ts';
import type { ChecksWorld } from './world.ts';

/** A snapshot that is older than so many of its intervals is late: one may fail. */
const LATE_INTERVALS = 2;
/** What a snapshot and its verification may take beside that. */
const SLACK_MS = 900_000;
/** A failure may be mended by the next try. */
const MINUTE_MS = 60_000;

/** Whether the data would come back: nothing where no backup is asked for, or where the cluster never had data. */
export function judgeBackups(checks: ChecksWorld): readonly Found[] {
  const { world, cluster } = checks;
  const interval = (world?.config.backup.intervalMinutes ?? 0) * MINUTE_MS;
  const foundedMs = Date.parse(world?.records.claim?.claimedAt ?? '');
  if (world === null || interval === 0 || world.records.claim?.clusterId == null) return [];
  const lateMs = LATE_INTERVALS * interval + SLACK_MS;
  return [
    ...judgeFailure(checks),
    ...judgeAge(checks, lateMs, foundedMs),
    ...judgeProof(checks, lateMs),
    ...(checks.isSnapshotThere === false
      ? [
          found(
            'snapshotGone',
            checks.backup?.last?.key ?? cluster,
            'the newest snapshot is not in the bucket any more',
          ),
        ]
      : []),
  ];
}

function judgeFailure({ backup, cluster }: ChecksWorld): readonly Found[] {
  const failure = backup?.lastFailure ?? null;
  if (failure === null) return [];
  const isOver = backup?.last !== null && Date.parse(backup?.last.at ?? '') >= Date.parse(failure.at);
  if (isOver) return [];
  const { at, code, text } = failure;
  return [found('backupFailed', cluster, `the last backup failed: ${text}`, { evidence: { at, code } })];
}

function judgeAge(
  { backup, cluster, nowMs }: ChecksWorld,
  lateMs: number,
  foundedMs: number,
): readonly Found[] {
  const last = backup?.last ?? null;
  if (last === null) {
    if (!(nowMs - foundedMs > lateMs)) return [];
    return [found('backupMissing', cluster, 'there is no snapshot of this cluster')];
  }
  const ageMs = nowMs - Date.parse(last.at);
  if (ageMs <= lateMs) return [];
  const minutes = Math.round(ageMs / MINUTE_MS);
  const text = `the newest snapshot is ${minutes} minutes old`;
  return [found('backupOld', cluster, text, { evidence: { key: last.key, at: last.at, minutes } })];
}

/** A snapshot counts when it was restored once; how many may fail to be before somebody should look is a matter of time. */
function judgeProof({ backup, cluster, nowMs }: ChecksWorld, lateMs: number): readonly Found[] {
  if (backup === null || backup.last === null) return [];
  if (backup.unverifiable)
    return [found('backupUnverified', cluster, 'nobody restores the snapshots to see whether they can be')];
  const provenMs = Date.parse(backup.restorable?.at ?? '');
  const lastMs = Date.parse(backup.last.at);
  const isProven = !Number.isNaN(provenMs) && nowMs - provenMs <= lateMs;
  // A first snapshot has its verification still before it.
  if (isProven || (Number.isNaN(provenMs) && nowMs - lastMs <= SLACK_MS)) return [];
  // That there is none at all is told already.
  if (nowMs - lastMs > lateMs) return [];
  const text =
    backup.restorable === null
      ? 'no snapshot was found restorable yet'
      : `the newest snapshot that was found restorable is of ${backup.restorable.at}`;
  return [found('backupUnrestorable', cluster, text, { evidence: { last: backup.last.key } })];
}
