import { isRecord } from '../json.ts';

/** An HTTP request, whoever passed it on. Path and headers may hold secrets: nothing of it is ever logged. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** By lower-case name, the first value. */
  readonly headers: ReadonlyMap<string, string>;
  /** `null`: larger than {@link BODY_BYTES_MAX}. */
  readonly body: string | null;
  readonly from: Gateway;
}

/** `url`: the function's own URL. `balancer`: a load balancer, `balancerMulti`: one that passes on all values of a header. */
export type Gateway = 'url' | 'balancer' | 'balancerMulti';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const BODY_BYTES_MAX = 4_096;

/** Reads what a function URL (payload format 2.0) or a load balancer sends; `null`: it is neither. */
export function parseHttp(event: unknown): HttpRequest | null {
  if (!isRecord(event) || !isRecord(event['requestContext'])) return null;
  const { requestContext: context, httpMethod } = event;
  const body = bodyOf(event);
  if (isRecord(context['http'])) {
    const { method } = context['http'];
    const headers = headersOf(event['headers']);
    return { method: textOf(method), path: textOf(event['rawPath']), headers, body, from: 'url' };
  }
  if (!isRecord(context['elb'])) return null;
  const isMulti = isRecord(event['multiValueHeaders']);
  const headers = headersOf(isMulti ? event['multiValueHeaders'] : event['headers']);
  const from = isMulti ? 'balancerMulti' : 'balancer';
  return { method: textOf(httpMethod), path: textOf(event['path']), headers, body, from };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function headersOf(value: unknown): ReadonlyMap<string, string> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return new Map(
    entries.flatMap(([name, given]) => {
      const first: unknown = Array.isArray(given) ? given[0] : given;
      return typeof first === 'string' ? [[name.toLowerCase(), first] as const] : [];
    }),
  );
}

/** Measured before it is decoded: base64 has four characters for three bytes. */
function bodyOf(event: Readonly<Record<string, unknown>>): string | null {
  const text = textOf(event['body']);
  if (text.length > Math.ceil(BODY_BYTES_MAX / 3) * 4) return null;
  const bytes = Buffer.from(text, event['isBase64Encoded'] === true ? 'base64' : 'utf8');
  return bytes.length > BODY_BYTES_MAX ? null : bytes.toString('utf8');
}

/** What Lambda hands back to whoever passed the request on. */
export interface GatewayAnswer {
  readonly statusCode: number;
  readonly statusDescription?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded: false;
}

export function gatewayAnswer(from: Gateway, { status, headers, body }: HttpAnswer): GatewayAnswer {
  const common = { statusCode: status, body, isBase64Encoded: false } as const;
  if (from === 'url') return { ...common, headers };
  const described = { ...common, statusDescription: `${status} ${WORDS[status] ?? 'Answered'}` };
  if (from === 'balancer') return { ...described, headers };
  const multiValueHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value]]),
  );
  return { ...described, multiValueHeaders };
}

const WORDS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
