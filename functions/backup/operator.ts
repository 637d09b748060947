import type { Context } from 'aws-lambda';
import { backupNowBody, verifyBody } from '../core/backup/messages.ts';
import { type BackupRequest, parseBackupRequest } from '../core/backup/request.ts';
import { OperationError } from '../core/errors.ts';
import { errorFields } from '../edge/logger.ts';
import { readShelf } from '../engine/backup/shelf.ts';
import { type BackupSite, isSkipped, type NothingToDo, readSite } from '../engine/backup/site.ts';
import { type AskedAnswer, type BackupAnswer, listAnswer, refusedAnswer } from './answer.ts';
import type { BackupRoom } from './room.ts';

/** Answers an operator: has a snapshot taken or verified, or lists what there is. */
export async function answerOperator(
  room: BackupRoom,
  event: unknown,
  context: Context,
): Promise<BackupAnswer> {
  const parsed = parseBackupRequest(event);
  if (!parsed.ok) return refusedAnswer('EVENT_MALFORMED', parsed.reason);
  const { request } = parsed;
  const { awsRequestId: requestId } = context;
  const about = { requestId, cluster: request.cluster, kind: `backup ${request.action}` };
  try {
    const answer = await answerRequest(room, request, requestId);
    const outcome = answer.ok ? 'answered' : 'refused';
    room.logger.info({ event: 'request.answered', ...about, outcome });
    return answer;
  } catch (error) {
    room.logger.error({ event: 'room.failed', ...about, ...errorFields(error) });
    if (!(error instanceof OperationError)) throw error; // a bug of ours: Lambda says so to whoever asked
    return refusedAnswer(error.code, error.message);
  }
}

async function answerRequest(
  room: BackupRoom,
  request: BackupRequest,
  requestId: string,
): Promise<BackupAnswer> {
  const { ports, dryRun } = room;
  const { cluster } = request;
  const site = await readSite(ports, cluster);
  if (isSkipped(site)) return refusedAnswer('CONFIG_INVALID', WORDS[site.because](cluster));
  if (request.action === 'list') return list(room, site);
  if (dryRun) return refusedAnswer('CONFIG_INVALID', 'the autopilot runs dry, and changes nothing');
  if (site.config.frozen) return refusedAnswer('CONFIG_INVALID', WORDS.frozen(cluster));
  if (request.action === 'now') return now(room, cluster, requestId);
  return verify(room, site, request.key, requestId);
}

const WORDS: Readonly<Record<NothingToDo['because'], (cluster: string) => string>> = {
  deleting: (cluster) => `cluster ${cluster} is being deleted; its snapshots stay in their bucket`,
  frozen: (cluster) => `cluster ${cluster} is frozen: nothing is taken or removed until "frozen" is false`,
  notFounded: (cluster) => `there is no cluster ${cluster} here`,
  notAsked: (cluster) => `no recovery of cluster ${cluster} asks for that`,
};

async function list({ ports }: BackupRoom, site: BackupSite): Promise<BackupAnswer> {
  const { cluster, bucket, record, objects, path } = site;
  const at = new Date(ports.clock.nowMs()).toISOString();
  const shelf = await readShelf(objects, path, cluster);
  const { lastFailure = null, unverifiable = false } = record ?? {};
  return listAnswer({ cluster, at, bucket, lastFailure, unverifiable }, shelf);
}

async function now({ ports }: BackupRoom, cluster: string, nonce: string): Promise<AskedAnswer> {
  const askedAt = new Date(ports.clock.nowMs()).toISOString();
  await ports.queue.askForLook(cluster, backupNowBody(cluster, nonce));
  return { etcdAutopilot: 1, ok: true, request: 'backup', action: 'now', cluster, askedAt, key: null };
}

async function verify(
  { ports }: BackupRoom,
  { cluster, bucket, objects, path }: BackupSite,
  wanted: string | null,
  nonce: string,
): Promise<BackupAnswer> {
  const askedAt = new Date(ports.clock.nowMs()).toISOString();
  const { snapshots } = await readShelf(objects, path, cluster);
  const found = snapshots.find(({ key }) => wanted === null || key === wanted);
  if (found === undefined) {
    const words = wanted === null ? 'has no snapshot yet' : `has no snapshot ${wanted} that could be judged`;
    return refusedAnswer('AWS_GONE', `cluster ${cluster} ${words}`);
  }
  const { key } = found;
  await ports.verification.askForLook(cluster, verifyBody(cluster, { bucket, key }, nonce));
  return { etcdAutopilot: 1, ok: true, request: 'backup', action: 'verify', cluster, askedAt, key };
}
