import { isRecord } from './json.ts';
import { CLUSTER_NAME } from './names.ts';

/** What an operator asks by invoking the function: versioned, and read only. IAM is the authority. */
export interface OperatorRequest {
  readonly request: 'status' | 'plan';
  readonly cluster: string;
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
  return { ok: true, request: { request, cluster } };
}
