import { isRecord } from './json.ts';
import { CLUSTER_NAME } from './names.ts';
import { parseVersion } from './versions.ts';

/** What an operator asks by invoking the function: versioned, and read only. IAM is the authority. */
export interface OperatorRequest {
  readonly request: 'status' | 'plan';
  readonly cluster: string;
  /** With `plan`: the version of etcd that is about to be rolled out. */
  readonly etcdVersion?: string;
}

export type ParsedRequest =
  | { readonly ok: true; readonly request: OperatorRequest }
  | { readonly ok: false; readonly reason: string };

/** Reads an operator's request; every mistake has its reason. */
export function parseRequest(event: unknown): ParsedRequest {
  if (!isRecord(event)) return { ok: false, reason: 'the request is not a JSON object' };
  if (event['etcdAutopilot'] !== 1)
    return { ok: false, reason: 'this function knows requests with "etcdAutopilot": 1' };
  const { request, cluster } = event;
  if (request !== 'status' && request !== 'plan')
    return { ok: false, reason: 'the request must be "status" or "plan"' };
  if (typeof cluster !== 'string' || !CLUSTER_NAME.test(cluster)) {
    return { ok: false, reason: 'the cluster must be a name like "core"' };
  }
  const { etcdVersion } = event;
  if (etcdVersion === undefined) return { ok: true, request: { request, cluster } };
  if (request !== 'plan' || typeof etcdVersion !== 'string' || parseVersion(etcdVersion) === null)
    return { ok: false, reason: 'etcdVersion goes with "plan" and must be a version like "3.6.14"' };
  return { ok: true, request: { request, cluster, etcdVersion } };
}
