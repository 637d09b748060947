import { toXml } from '../wire.ts';
import type { ApiCall, Protocol } from './call.ts';

export type Refusal = 'throttle-api' | 'deny-api' | 'break-api';

/** A whole HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Words = readonly [status: number, code: string];

/** How each protocol says it; single services that say it otherwise stand below. */
const WORDS: Readonly<Record<Refusal, Readonly<Record<Protocol, Words>>>> = {
  'throttle-api': {
    query: [400, 'Throttling'],
    ec2: [503, 'RequestLimitExceeded'],
    json: [400, 'ThrottlingException'],
    'rest-json': [429, 'TooManyRequestsException'],
    'rest-xml': [503, 'SlowDown'],
  },
  'deny-api': {
    query: [403, 'AccessDenied'],
    ec2: [403, 'UnauthorizedOperation'],
    json: [400, 'AccessDeniedException'],
    'rest-json': [403, 'AccessDeniedException'],
    'rest-xml': [403, 'AccessDenied'],
  },
  'break-api': {
    query: [500, 'InternalFailure'],
    ec2: [500, 'InternalError'],
    json: [500, 'InternalServerError'],
    'rest-json': [500, 'ServiceException'],
    'rest-xml': [500, 'InternalError'],
  },
};

const OWN_WORDS: Readonly<Record<string, Words>> = {
  'throttle-api sqs': [400, 'RequestThrottled'],
  'throttle-api route53': [400, 'Throttling'],
};

/** The refusal as the service itself would write it, so that stock clients name the error. */
export function refusalOf(kind: Refusal, call: ApiCall): Answer {
  const [status, code] = OWN_WORDS[`${kind} ${call.service}`] ?? WORDS[kind][call.protocol];
  const message = messageOf(kind, call);
  switch (call.protocol) {
    case 'json':
      return json(status, { __type: code, message }, `application/x-amz-json-${jsonVersionOf(call)}`, code);
    case 'rest-json':
      return json(status, { Type: status < 500 ? 'User' : 'Service', message }, 'application/json', code);
    case 'ec2':
      return xml(status, 'Response', {
        Errors: { Error: { Code: code, Message: message } },
        RequestID: 'local',
      });
    case 'rest-xml':
      return call.service === 's3'
        ? xml(status, 'Error', { Code: code, Message: message, RequestId: 'local' })
        : errorResponse(status, code, message);
    case 'query':
      return errorResponse(status, code, message);
  }
}

function messageOf(kind: Refusal, { service, operation }: ApiCall): string {
  const action = `${service}:${operation ?? 'a call'}`;
  if (kind === 'throttle-api') return `Rate exceeded (${action}, by a fault of the local region)`;
  if (kind === 'deny-api')
    return `User is not authorized to perform: ${action} (by a fault of the local region)`;
  return `An internal error occurred (${action}, by a fault of the local region)`;
}

const jsonVersionOf = ({ service }: ApiCall): string => (service === 'sqs' ? '1.0' : '1.1');

function json(status: number, body: object, type: string, code: string): Answer {
  return { status, headers: { 'content-type': type, 'x-amzn-errortype': code }, body: JSON.stringify(body) };
}

function errorResponse(status: number, code: string, message: string): Answer {
  const Type = status < 500 ? 'Sender' : 'Receiver';
  return xml(status, 'ErrorResponse', { Error: { Type, Code: code, Message: message }, RequestId: 'local' });
}

function xml(status: number, root: string, content: Parameters<typeof toXml>[0]): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${toXml(content, 'member')}</${root}>`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}
