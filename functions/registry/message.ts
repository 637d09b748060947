import { isRecord } from '../core/json.ts';
import { CLUSTER_NAME } from '../core/names.ts';
import { type ParsedWorkerTrigger, parseWorkerTrigger } from '../core/worker-trigger.ts';

/** One message of the queue, with the cluster that its group id names. */
export interface Message {
  readonly cluster: string;
  readonly body: string;
  /** `null`: the queue did not say. */
  readonly sentAtMs: number | null;
}

export function toMessage(record: unknown): Message {
  const fields = isRecord(record) ? record : {};
  const attributes = isRecord(fields['attributes']) ? fields['attributes'] : {};
  const { MessageGroupId: cluster, SentTimestamp: sent } = attributes;
  const { body } = fields;
  const sentAtMs = typeof sent === 'string' && /^\d{1,16}$/.test(sent) ? Number(sent) : null;
  return {
    cluster: typeof cluster === 'string' ? cluster : '',
    body: typeof body === 'string' ? body : '',
    sentAtMs,
  };
}

export function parseMessage({ cluster, body }: Message): ParsedWorkerTrigger {
  if (CLUSTER_NAME.test(cluster)) return parseWorkerTrigger(body);
  return { ok: false, reason: 'the message group is not a cluster name' };
}
