import { isRecord, parseJson } from './json.ts';
import { CLUSTER_NAME, ZONE_ID } from './names.ts';
import { parseTrigger } from './trigger.ts';

/** What a message to those who publish instances says: that it is time to look, and maybe at which cluster. */
export interface WorkerTrigger {
  /** For the log. `member`: membership told that a member joined or left. */
  readonly kind: 'group' | 'schedule' | 'ending' | 'look' | 'member';
  /** `null`: the message names none. */
  readonly cluster: string | null;
  /** The group that an event is about. */
  readonly groupName: string | null;
}

export type ParsedWorkerTrigger =
  | { readonly ok: true; readonly trigger: WorkerTrigger }
  | { readonly ok: false; readonly reason: string };

/** As `parseTrigger`; also reads what membership tells, and the cluster that a look is asked for. */
export function parseWorkerTrigger(body: string): ParsedWorkerTrigger {
  const value = parseJson(body);
  if (isRecord(value) && value['source'] === 'etcd-autopilot') return parseTelling(value['detail']);
  const parsed = parseTrigger(body);
  if (!parsed.ok) return parsed;
  const { trigger } = parsed;
  if (trigger.kind === 'recover') return refuse('only membership recovers a cluster');
  const groupName = trigger.kind === 'group' ? trigger.groupName : null;
  if (trigger.kind !== 'look' || !isRecord(value)) return accept(trigger.kind, null, groupName);
  const { cluster, zone } = value;
  if (cluster !== undefined && !isNamed(cluster, CLUSTER_NAME))
    return refuse('the cluster is no name of one');
  if (zone !== undefined && zone !== '' && !isNamed(zone, ZONE_ID))
    return refuse('the zone is no id of a hosted zone');
  const { from } = trigger;
  return accept(from === 'schedule' || from === 'ending' ? from : 'look', cluster ?? null, null);
}

function parseTelling(detail: unknown): ParsedWorkerTrigger {
  const cluster = isRecord(detail) ? detail['cluster'] : undefined;
  return isNamed(cluster, CLUSTER_NAME)
    ? accept('member', cluster, null)
    : refuse('the event names no cluster');
}

const isNamed = (value: unknown, pattern: RegExp): value is string =>
  typeof value === 'string' && pattern.test(value);

const accept = (
  kind: WorkerTrigger['kind'],
  cluster: string | null,
  groupName: string | null,
): ParsedWorkerTrigger => ({ ok: true, trigger: { kind, cluster, groupName } });

const refuse = (reason: string): ParsedWorkerTrigger => ({ ok: false, reason });
