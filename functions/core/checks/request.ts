import { isRecord, parseJson } from '../json.ts';
import { CLUSTER_NAME } from '../names.ts';

export type ParsedDoctor =
  | { readonly ok: true; readonly cluster: string }
  | { readonly ok: false; readonly reason: string };

/** Reads what an operator asks by invoking the function; every mistake has its reason. */
export function parseDoctor(event: unknown): ParsedDoctor {
  if (!isRecord(event)) return refuse('the request is not a JSON object');
  if (event['etcdAutopilot'] !== 1) return refuse('this function knows requests with "etcdAutopilot": 1');
  if (event['request'] !== 'doctor') return refuse('the request must be "doctor"');
  const { cluster } = event;
  if (typeof cluster === 'string' && CLUSTER_NAME.test(cluster)) return { ok: true, cluster };
  return refuse('the cluster must be a name like "core"');
}

/** Reads one message of the queue; `cluster` is its group, which is whom it is about. */
export function parseCheck(cluster: string, body: string): ParsedDoctor {
  if (!CLUSTER_NAME.test(cluster)) return refuse('the message group is not a cluster name');
  const value = parseJson(body);
  if (!isRecord(value)) return refuse('the message is not a JSON object');
  if (value['etcdAutopilot'] !== 1) return refuse('the request is of a version that this one does not know');
  if (value['request'] !== 'check') return refuse('the only request that comes by queue is "check"');
  return value['cluster'] === cluster
    ? { ok: true, cluster }
    : refuse('its cluster is not its message group');
}

const refuse = (reason: string): ParsedDoctor => ({ ok: false, reason });
