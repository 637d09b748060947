import { isRecord } from '../json.ts';
import { CLUSTER_NAME } from '../names.ts';

/** What an operator asks by invoking the function: versioned; IAM is the authority. */
export type RebootRequest =
  | { readonly request: 'reboots'; readonly cluster: string }
  | {
      readonly request: 'releaseReboot';
      readonly cluster: string;
      readonly group: string;
      readonly id: string;
    };

export type ParsedRebootRequest =
  | { readonly ok: true; readonly request: RebootRequest }
  | { readonly ok: false; readonly reason: string };

/** As Auto Scaling names groups; a slash would reach other keys. */
const GROUP_NAME = /^[^\s/|:]{1,255}$/;
const ID_CHARS_MAX = 128;

/** Only who may invoke the function makes such an event: a URL or a load balancer puts requests in events of their own. */
export const isOperatorEvent = (event: unknown): boolean => isRecord(event) && 'etcdAutopilot' in event;

/** Reads an operator's request; every mistake has its reason. */
export function parseRebootRequest(event: unknown): ParsedRebootRequest {
  const wrong = (reason: string) => ({ ok: false, reason }) as const;
  if (!isRecord(event)) return wrong('the request is not a JSON object');
  if (event['etcdAutopilot'] !== 1) return wrong('this function knows requests with "etcdAutopilot": 1');
  const { request, cluster, group, id } = event;
  if (request !== 'reboots' && request !== 'releaseReboot')
    return wrong('the request must be "reboots" or "releaseReboot"');
  if (typeof cluster !== 'string' || !CLUSTER_NAME.test(cluster))
    return wrong('the cluster must be a name like "core"');
  if (request === 'reboots') return { ok: true, request: { request, cluster } };
  if (typeof group !== 'string' || !GROUP_NAME.test(group))
    return wrong('the group must be "members" or the name of a group of workers');
  if (typeof id !== 'string' || id === '' || id.length > ID_CHARS_MAX)
    return wrong('the id must be that of an instance');
  return { ok: true, request: { request, cluster, group, id } };
}
