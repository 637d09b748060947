import { verifyBody } from '../../core/backup/messages.ts';
import { type BackupRecord, NO_BACKUP, recordOf, takenOf } from '../../core/backup/parameter.ts';
import { OperationError } from '../../core/errors.ts';
import type { OutgoingEvent } from '../../core/outgoing-event.ts';
import { ownClusterIds } from '../../core/pinned.ts';
import type { BackupPorts, BackupTurn } from './ports.ts';
import type { BackupReport } from './report.ts';
import { type Pruned, prune, readShelf } from './shelf.ts';
import { type BackupSite, writeRecord } from './site.ts';
import type { TakenObject } from './take.ts';

/**
 * What follows a snapshot: it is written down at once, so that whatever fails now does not make the schedule take
 * another; it is to be verified, told of, and what is too many goes.
 */
export async function finish(turn: BackupTurn, site: BackupSite, taken: TakenObject): Promise<BackupReport> {
  const { ports, cluster, nonce } = turn;
  const before = site.record ?? NO_BACKUP;
  const noted = await writeRecord(ports, site, { ...before, last: takenOf(taken), lastFailure: null });
  const place = { bucket: site.bucket, key: taken.key };
  await ports.verification.askForLook(cluster, verifyBody(cluster, place, nonce));
  await tell(ports, completed(cluster, site.bucket, taken));
  try {
    const pruned = await tidyUp(turn, noted);
    return { kind: 'taken', taken, pruned, error: null };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const text = `the snapshot was taken; what is too many could not be removed: ${error.message}`;
    await writeRecord(
      ports,
      noted,
      withFailure(noted.record ?? before, ports.clock.nowMs(), error.code, text),
    );
    return { kind: 'taken', taken, pruned: null, error };
  }
}

async function tidyUp({ ports, cluster }: BackupTurn, site: BackupSite): Promise<Pruned> {
  const { objects, path, config } = site;
  const { keepHourly: hourly, keepDaily: daily, keepWeekly: weekly } = config.backup;
  const shelf = await readShelf(objects, path, cluster);
  const pruned = await prune(objects, path, shelf, { hourly, daily, weekly }, ports.clock.nowMs());
  const left = shelf.snapshots.filter(({ key }) => !pruned.removedKeys.includes(key));
  await writeRecord(
    ports,
    site,
    recordOf(
      { ...shelf, snapshots: left },
      ownClusterIds(site.records),
      site.record ?? NO_BACKUP,
      ports.clock.nowMs(),
    ),
  );
  return pruned;
}

/** Told of as an event when it is news: the schedule tries again every few minutes. */
export async function noteFailure(
  { ports, cluster }: BackupTurn,
  site: BackupSite,
  error: OperationError,
): Promise<void> {
  const before = site.record ?? NO_BACKUP;
  const { code, message } = error;
  // What could not be taken is told, whatever becomes of the record: the log and the figures have it.
  await unlessRefused(writeRecord(ports, site, withFailure(before, ports.clock.nowMs(), code, message)));
  if (before.lastFailure?.code === code) return;
  await tell(ports, { detailType: 'Backup Failed', detail: { cluster, code, message } });
}

const withFailure = (record: BackupRecord, nowMs: number, code: string, text: string): BackupRecord => ({
  ...record,
  lastFailure: { at: new Date(nowMs).toISOString(), code, text },
});

const completed = (cluster: string, bucket: string, { key, manifest }: TakenObject): OutgoingEvent => ({
  detailType: 'Backup Completed',
  detail: {
    cluster,
    uri: `s3://${bucket}/${key}`,
    revision: manifest.atRevision,
    sizeBytes: manifest.sizeBytes,
    instanceId: manifest.instanceId,
    origin: manifest.origin,
  },
});

/** A snapshot that stands is not undone because nobody could be told of it. */
const tell = (ports: BackupPorts, event: OutgoingEvent): Promise<unknown> =>
  unlessRefused(ports.events.publish([event]));

async function unlessRefused(done: Promise<unknown>): Promise<unknown> {
  try {
    return await done;
  } catch (error) {
    if (error instanceof OperationError) return null;
    throw error;
  }
}
