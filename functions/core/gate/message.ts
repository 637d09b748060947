import { type CfnRequest, parseCfnRequest } from '../cfn.ts';
import { isRecord, parseJson } from '../json.ts';

/** One receive of a request that waits at a gate. */
export interface GateMessage {
  readonly request: CfnRequest;
  /** When it was asked; 0 where the queue does not say, so that it never waits without an end. */
  readonly sentAtMs: number;
  /** The how-manieth receive this is. */
  readonly receiveCount: number;
}

export type ParsedGateMessage =
  | { readonly ok: true; readonly message: GateMessage }
  | { readonly ok: false; readonly reason: string; readonly body: string };

/** Text of a request in the queue: equal requests are equal text. It holds the signed URL, as the request does. */
export function encodeGateMessage(request: CfnRequest): string {
  const event = {
    RequestType: request.kind,
    ResourceType: request.resourceType,
    ResponseURL: request.responseUrl,
    StackId: request.stackId,
    RequestId: request.requestId,
    LogicalResourceId: request.logicalId,
    ...(request.physicalId === null ? {} : { PhysicalResourceId: request.physicalId }),
    ResourceProperties: request.properties,
    ...(request.oldProperties === undefined ? {} : { OldResourceProperties: request.oldProperties }),
  };
  return JSON.stringify({ etcdAutopilot: 1, request: 'gate', event });
}

/** Reads one record of the queue. The body that is handed back with a refusal holds no signed URL. */
export function parseGateMessage(record: unknown): ParsedGateMessage {
  const fields = isRecord(record) ? record : {};
  const attributes = isRecord(fields['attributes']) ? fields['attributes'] : {};
  const text = typeof fields['body'] === 'string' ? fields['body'] : '';
  const refuse = (reason: string): ParsedGateMessage => ({ ok: false, reason, body: withoutSignature(text) });
  const body = parseJson(text);
  if (!isRecord(body)) return refuse('the message is not a JSON object');
  if (body['etcdAutopilot'] !== 1 || body['request'] !== 'gate')
    return refuse('the message is no request to a gate that this version knows');
  const parsed = parseCfnRequest(body['event']);
  if (!parsed.ok) return refuse(parsed.reason);
  const sentAtMs = countIn(attributes['SentTimestamp']);
  const receiveCount = countIn(attributes['ApproximateReceiveCount']);
  return { ok: true, message: { request: parsed.request, sentAtMs, receiveCount } };
}

const countIn = (value: unknown): number =>
  typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : 0;

/** Whoever has the query of the URL can answer for us: no queue for the dead keeps it. */
const withoutSignature = (text: string): string =>
  text.replaceAll(/(https?:\/\/[^\s?"']+)\?[^\s"']*/g, '$1?…');
