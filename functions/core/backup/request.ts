import { isRecord } from '../json.ts';
import { CLUSTER_NAME } from '../names.ts';

/** What an operator asks backup by invoking it: versioned. IAM is the authority. */
export type BackupRequest =
  | { readonly action: 'now'; readonly cluster: string }
  | { readonly action: 'list'; readonly cluster: string }
  /** `key` `null`: the newest snapshot. */
  | { readonly action: 'verify'; readonly cluster: string; readonly key: string | null };

export type ParsedBackupRequest =
  | { readonly ok: true; readonly request: BackupRequest }
  | { readonly ok: false; readonly reason: string };

export function parseBackupRequest(event: unknown): ParsedBackupRequest {
  if (!isRecord(event)) return refuse('the request is not a JSON object');
  if (event['etcdAutopilot'] !== 1) return refuse('this function knows requests with "etcdAutopilot": 1');
  const { request, cluster, action, key } = event;
  if (request !== 'backup') return refuse('the request must be "backup"');
  if (typeof cluster !== 'string' || !CLUSTER_NAME.test(cluster))
    return refuse('the cluster must be a name like "core"');
  if (key !== undefined && (action !== 'verify' || typeof key !== 'string' || key === ''))
    return refuse('a key goes with "verify", and names a snapshot');
  switch (action) {
    case 'now':
      return { ok: true, request: { action, cluster } };
    case 'list':
      return { ok: true, request: { action, cluster } };
    case 'verify':
      return { ok: true, request: { action, cluster, key: typeof key === 'string' ? key : null } };
    default:
      return refuse('the action must be "now", "list" or "verify"');
  }
}

const refuse = (reason: string): ParsedBackupRequest => ({ ok: false, reason });
