import { isRecord } from '../core/json.ts';
import { ZONE_ID } from '../core/names.ts';
import { type ParsedWorkerTrigger, parseWorkerTrigger } from '../core/worker-trigger.ts';

/** One message of the queue, with the hosted zone that its group id names. */
export interface Message {
  readonly zoneId: string;
  readonly body: string;
  /** `null`: the queue did not say. */
  readonly sentAtMs: number | null;
}

export function toMessage(record: unknown): Message {
  const fields = isRecord(record) ? record : {};
  const attributes = isRecord(fields['attributes']) ? fields['attributes'] : {};
  const { MessageGroupId: zoneId, SentTimestamp: sent } = attributes;
  const { body } = fields;
  const sentAtMs = typeof sent === 'string' && /^\d{1,16}$/.test(sent) ? Number(sent) : null;
  return {
    zoneId: typeof zoneId === 'string' ? zoneId : '',
    body: typeof body === 'string' ? body : '',
    sentAtMs,
  };
}

export function parseMessage({ zoneId, body }: Message): ParsedWorkerTrigger {
  if (ZONE_ID.test(zoneId)) return parseWorkerTrigger(body);
  return { ok: false, reason: 'the message group is no id of a hosted zone' };
}
