import { isRecord } from './json.ts';

/** A request of CloudFormation to a custom resource, in our words. */
export interface CfnRequest {
  readonly kind: 'Create' | 'Update' | 'Delete';
  readonly resourceType: string;
  /** Signed: whoever has it can answer for us. Never logged. */
  readonly responseUrl: string;
  readonly stackId: string;
  readonly requestId: string;
  readonly logicalId: string;
  /** `null` for a Create. */
  readonly physicalId: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Of an Update: the properties before it. */
  readonly oldProperties?: Readonly<Record<string, unknown>>;
}

export type ParsedCfnRequest =
  | { readonly ok: true; readonly request: CfnRequest }
  | { readonly ok: false; readonly reason: string };

export interface CfnAnswer {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly reason: string;
  readonly physicalId: string;
  /** What `Fn::GetAtt` finds. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** CloudFormation refuses a longer answer, and then waits for one until it gives up. */
const ANSWER_BYTES_MAX = 4_096;
const SHORT_REASON_CHARS = 1_000;
const SHORTEST_REASON_CHARS = 200;

/** Reads a request; without somewhere to send an answer to it is not one. */
export function parseCfnRequest(event: unknown): ParsedCfnRequest {
  if (!isRecord(event)) return refuse('the event is not an object');
  const text = (name: string): string => {
    const value = event[name];
    return typeof value === 'string' ? value : '';
  };
  const kind = event['RequestType'];
  if (!/^https?:\/\/./.test(text('ResponseURL'))) return refuse('the event has no ResponseURL');
  if (kind !== 'Create' && kind !== 'Update' && kind !== 'Delete') {
    return refuse('the RequestType is not Create, Update or Delete');
  }
  const missing = ['StackId', 'RequestId', 'LogicalResourceId'].filter((name) => text(name) === '');
  if (missing.length > 0) return refuse(`the event has no ${missing.join(', no ')}`);
  const properties = event['ResourceProperties'];
  const oldProperties = event['OldResourceProperties'];
  const request: CfnRequest = {
    kind,
    resourceType: text('ResourceType'),
    responseUrl: text('ResponseURL'),
    stackId: text('StackId'),
    requestId: text('RequestId'),
    logicalId: text('LogicalResourceId'),
    physicalId: text('PhysicalResourceId') || null,
    properties: isRecord(properties) ? properties : {},
    ...(kind === 'Update' && isRecord(oldProperties) ? { oldProperties } : {}),
  };
  return { ok: true, request };
}

/**
 * The body of an answer, at most 4,096 bytes: the reason is shortened first, then
 * the attributes are left out, then the reason is shortened to the utmost.
 */
export function encodeCfnAnswer(request: CfnRequest, answer: CfnAnswer): string {
  const encode = (reasonChars: number, withAttributes: boolean): string =>
    JSON.stringify({
      Status: answer.status,
      Reason: shorten(oneLine(answer.reason), reasonChars),
      PhysicalResourceId: answer.physicalId,
      StackId: request.stackId,
      RequestId: request.requestId,
      LogicalResourceId: request.logicalId,
      ...(withAttributes ? { Data: answer.attributes } : {}),
    });
  const forms = [
    encode(ANSWER_BYTES_MAX, true),
    encode(SHORT_REASON_CHARS, true),
    encode(SHORTEST_REASON_CHARS, true),
    encode(SHORT_REASON_CHARS, false),
  ];
  return forms.find((form) => byteCount(form) <= ANSWER_BYTES_MAX) ?? encode(SHORTEST_REASON_CHARS, false);
}

const refuse = (reason: string): ParsedCfnRequest => ({ ok: false, reason });

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** Counted in characters, not code units, so that no character is cut in two. */
function shorten(text: string, charsMax: number): string {
  const chars = [...text];
  return chars.length <= charsMax ? text : `${chars.slice(0, charsMax - 1).join('')}…`;
}

const byteCount = (text: string): number => new TextEncoder().encode(text).length;
