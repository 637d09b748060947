import type { Source } from '../../core/backup/choose.ts';
import { type Capture, verifyBody } from '../../core/backup/messages.ts';
import { OperationError } from '../../core/errors.ts';
import { clusterPath } from '../../core/names.ts';
import { pinnedClusterId } from '../../core/pinned.ts';
import { encodeCaptured } from '../../core/recovery/captured.ts';
import type { SurvivorSource } from '../../core/recovery/record.ts';
import { capturedName } from '../../core/recovery/records.ts';
import { clientUrlOf } from '../../core/urls.ts';
import { NO_FIGURES } from './figures.ts';
import { noteFailure } from './finish.ts';
import type { BackupEtcd, BackupTurn } from './ports.ts';
import type { BackupReport } from './report.ts';
import { type BackupSite, skipped } from './site.ts';
import { addressOf, withDoor } from './sources.ts';
import { type TakenObject, takeFrom } from './take.ts';

/**
 * Takes the database of the survivor that the recovery's record names, without a quorum, and writes down where it lies.
 * The record decides, not the message: one that is late must not bring another database in.
 */
export async function capture(turn: BackupTurn, site: BackupSite, asked: Capture): Promise<BackupReport> {
  const { ports, cluster, nonce } = turn;
  const survivor = survivorOf(site, asked);
  if (survivor === null) return skipped('notAsked');
  try {
    const taken = await takeFromSurvivor(turn, site, survivor);
    const text = encodeCaptured({ key: taken.key, ...taken.manifest });
    const name = clusterPath(cluster) + capturedName(asked.recovery);
    const place = { bucket: site.bucket, key: taken.key };
    // Asked for before it is written down: what is written down is never captured again, and must be proved.
    await ports.verification.askForLook(cluster, verifyBody(cluster, place, nonce));
    const isFirst = (await ports.parameters.create(name, text)) === 'created';
    await ports.membership.askForLook(cluster, lookBody(cluster, nonce));
    return { kind: 'captured', taken, isFirst };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    await noteFailure(turn, site, error);
    return { kind: 'failed', error };
  }
}

/** `null`: no recovery asks for this one, or it has what it asked for. */
function survivorOf({ records }: BackupSite, { recovery, instanceId }: Capture): SurvivorSource | null {
  const { latest, captured, isDone } = records.recovery;
  if (latest === null || latest.number !== recovery || captured !== null || isDone) return null;
  const { source } = latest;
  return source.how === 'from-survivor' && source.instanceId === instanceId ? source : null;
}

/** Kept back for the parameter and the look. */
const WRITE_DOWN_MS = 20_000;

async function takeFromSurvivor(
  { ports, cluster, deadlineMs }: BackupTurn,
  site: BackupSite,
  survivor: SurvivorSource,
): Promise<TakenObject> {
  const { instanceId: id } = survivor;
  const address = addressOf((await ports.machines.describe([id])).get(id));
  if (address === null) throw gone(survivor, 'it has no address');
  const instance = { id, address };
  return withDoor(ports, site, [instance], async (etcd) => {
    const source = await survivorAt(etcd, site, survivor, clientUrlOf(site.config, instance));
    const { objects, path } = site;
    const untilMs = deadlineMs - WRITE_DOWN_MS;
    const taking = { etcd, objects, path, cluster, clock: ports.clock, deadlineMs: untilMs };
    return takeFrom(taking, source, NO_FIGURES, 'recovery');
  });
}

/** The very member that was chosen, and not behind what it was chosen for. */
async function survivorAt(
  etcd: BackupEtcd,
  { records }: BackupSite,
  survivor: SurvivorSource,
  endpoint: string,
): Promise<Source> {
  const [probe] = await etcd.probe([endpoint]);
  if (probe?.kind !== 'status') throw gone(survivor, `it is silent: ${probe?.because ?? 'nobody was asked'}`);
  const { status } = probe;
  const { memberId, instanceId } = survivor;
  const clusterId = records.recovery.latest?.formerClusterId ?? pinnedClusterId(records);
  if (status.memberId !== memberId || status.clusterId !== clusterId)
    throw gone(survivor, `member ${status.memberId} of cluster ${status.clusterId} runs there`);
  if (BigInt(status.raftIndex) < BigInt(survivor.raftIndex))
    throw gone(survivor, `it is at index ${status.raftIndex}, and was chosen for ${survivor.raftIndex}`);
  // What it knows to be committed and has not applied yet is not in its database yet.
  if (status.appliedIndex !== null && BigInt(status.appliedIndex) < BigInt(survivor.raftIndex))
    throw gone(survivor, `it has applied its log up to ${status.appliedIndex} only`);
  return { memberId, instanceId, endpoint, clusterId, status };
}

const gone = ({ instanceId }: SurvivorSource, because: string): OperationError =>
  new OperationError(
    'ETCD_UNAVAILABLE',
    'nextLook',
    `the survivor ${instanceId} cannot be captured: ${because}`,
  );

/** Asks membership to go on. */
export const lookBody = (cluster: string, nonce: string): string =>
  JSON.stringify({ etcdAutopilot: 1, request: 'look', cluster, from: 'backup', nonce });
