import type { Source } from '../../core/backup/choose.ts';
import { isDue } from '../../core/backup/due.ts';
import type { BackupMessage } from '../../core/backup/messages.ts';
import { NO_BACKUP, recordOf } from '../../core/backup/parameter.ts';
import { OperationError, unreachable } from '../../core/errors.ts';
import { ownClusterIds, pinnedClusterId } from '../../core/pinned.ts';
import { awaitingProof } from '../../core/recovery/proof.ts';
import { capture, lookBody } from './capture.ts';
import { figuresOf } from './figures.ts';
import { finish, noteFailure } from './finish.ts';
import type { BackupTurn } from './ports.ts';
import type { BackupReport } from './report.ts';
import { readShelf } from './shelf.ts';
import { type BackupSite, isSkipped, readSite, skipped, writeRecord } from './site.ts';
import { type Sight, withSources } from './sources.ts';
import { type TakenObject, takeFrom } from './take.ts';

/**
 * Works on one message.
 *
 * @throws {OperationError} the cluster's parameters could not be read or written: nothing is known of it now.
 */
export async function runBackup(turn: BackupTurn, message: BackupMessage): Promise<BackupReport> {
  const site = await readSite(turn.ports, turn.cluster);
  if (isSkipped(site)) return site;
  if (site.config.frozen) return skipped('frozen');
  switch (message.kind) {
    case 'schedule':
      return isTimeForOne(turn, site);
    case 'operator':
      return backUp(turn, site, 'operator');
    case 'refresh':
      return refresh(turn, site, message.unverifiable);
    case 'capture':
      return capture(turn, site, message);
    default:
      return unreachable(message);
  }
}

async function isTimeForOne(turn: BackupTurn, site: BackupSite): Promise<BackupReport> {
  const { intervalMinutes } = site.config.backup;
  if (site.record !== null || intervalMinutes === 0) {
    const isNow = isDue(site.record ?? NO_BACKUP, intervalMinutes, turn.ports.clock.nowMs());
    return isNow ? backUp(turn, site, 'schedule') : { kind: 'notDue' };
  }
  // Somebody deleted or broke the record: a full bucket must not look like a cluster without backups.
  const known = await reread(turn, site);
  return isDue(known.record ?? NO_BACKUP, intervalMinutes, turn.ports.clock.nowMs())
    ? backUp(turn, known, 'schedule')
    : { kind: 'refreshed', record: known.record ?? NO_BACKUP };
}

async function refresh(turn: BackupTurn, site: BackupSite, unverifiable: boolean): Promise<BackupReport> {
  const { record } = await reread(turn, site, { unverifiable });
  // Whoever waits for the copy of a survivor to be proved goes on at once.
  if (awaitingProof(site.records) !== null)
    await turn.ports.membership.askForLook(turn.cluster, lookBody(turn.cluster, turn.nonce));
  return { kind: 'refreshed', record: record ?? NO_BACKUP };
}

/** The record as the bucket tells it, written where it is another. */
async function reread(
  { ports, cluster }: BackupTurn,
  site: BackupSite,
  told: { readonly unverifiable?: boolean } = {},
): Promise<BackupSite> {
  const shelf = await readShelf(site.objects, site.path, cluster);
  const record = {
    ...recordOf(shelf, ownClusterIds(site.records), site.record ?? NO_BACKUP, ports.clock.nowMs()),
    ...told,
  };
  return writeRecord(ports, site, record);
}

async function backUp(
  turn: BackupTurn,
  site: BackupSite,
  origin: 'schedule' | 'operator',
): Promise<BackupReport> {
  // Until the first voter answered, there is nothing to keep.
  const clusterId = site.records.claim?.clusterId === null ? null : pinnedClusterId(site.records);
  if (clusterId === null) return skipped('notFounded');
  let taken: TakenObject;
  try {
    taken = await withSources(turn.ports, site, clusterId, (sight) => takeOne(turn, site, sight, origin));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    await noteFailure(turn, site, error);
    return { kind: 'failed', error };
  }
  return finish(turn, site, taken);
}

/** A member may die, or be told to lead, while it sends: then another one, once. */
const SOURCES_TRIED_MAX = 2;
/** Kept back for what is to be done when the snapshot stands. */
const FINISH_MS = 45_000;

async function takeOne(
  turn: BackupTurn,
  site: BackupSite,
  sight: Sight,
  origin: 'schedule' | 'operator',
): Promise<TakenObject> {
  const { ports, cluster, deadlineMs } = turn;
  const { objects, path } = site;
  const taking = {
    etcd: sight.etcd,
    objects,
    path,
    cluster,
    clock: ports.clock,
    deadlineMs: deadlineMs - FINISH_MS,
  };
  const take = async (source: Source): Promise<TakenObject> => {
    const now = await sight.ask(source);
    if (now === null) throw fellSilent(source);
    return takeFrom(taking, now, await figuresOf(sight.etcd, now), origin);
  };
  const tried = sight.sources.slice(0, SOURCES_TRIED_MAX);
  for (const [index, source] of tried.entries()) {
    try {
      return await take(source);
    } catch (error) {
      if (index === tried.length - 1 || !isOfMember(error)) throw error;
    }
  }
  throw new OperationError('ETCD_UNAVAILABLE', 'nextLook', `no voter of cluster ${cluster} may be copied`);
}

/** Another member is of no use where S3 refuses. */
const isOfMember = (error: unknown): boolean =>
  error instanceof OperationError && (error.code.startsWith('ETCD_') || error.code === 'SNAPSHOT_DAMAGED');

const fellSilent = ({ endpoint }: Source): OperationError =>
  new OperationError('ETCD_UNAVAILABLE', 'nextLook', `etcd at ${endpoint} answered, and does not any more`);
