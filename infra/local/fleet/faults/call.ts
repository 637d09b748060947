import type { IncomingMessage } from 'node:http';
import { parseQuery, text } from '../wire.ts';
import { s3Operation } from './s3-call.ts';

export type Protocol = 'query' | 'ec2' | 'json' | 'rest-json' | 'rest-xml';

/** One call of an API, as the front server sees it. */
export interface ApiCall {
  /** Service of the signature's credential scope. */
  readonly service: string;
  /** Null where the protocol does not name it. */
  readonly operation: string | null;
  readonly protocol: Protocol;
}

type Request = Pick<IncomingMessage, 'headers' | 'url' | 'method'>;

const REST_XML: readonly string[] = ['route53'];
const INVOKE = /^\/2015-03-31\/functions\/[^/]+\/invocations$/;

/** `Credential=<key>/<date>/<region>/<service>/aws4_request`, in the header or in a presigned URL. */
export function serviceOf({ headers, url }: Request): string | null {
  const given = headers.authorization ?? decodeURIComponent(url?.split('X-Amz-Credential=')[1] ?? '');
  return /(?:Credential=|^)[^/,\s]+\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(given)?.[1] ?? null;
}

/** What a Query request asks: in its body, or else behind the `?` of its path. */
export function queryOf({ url }: Request, body: Buffer): ReturnType<typeof parseQuery> {
  return parseQuery(body.length > 0 ? body.toString('utf8') : (url?.split('?')[1] ?? ''));
}

export function callOf(service: string, request: Request, body: Buffer): ApiCall {
  const target = text(request.headers['x-amz-target']);
  if (target !== '') return { service, operation: target.split('.').at(-1) ?? null, protocol: 'json' };
  if (service === 's3') return { service, operation: s3Operation(request), protocol: 'rest-xml' };
  if (REST_XML.includes(service)) return { service, operation: null, protocol: 'rest-xml' };
  const action = text(queryOf(request, body)['Action']);
  if (action !== '') return { service, operation: action, protocol: service === 'ec2' ? 'ec2' : 'query' };
  const path = (request.url ?? '').split('?')[0] ?? '';
  return { service, operation: INVOKE.test(path) ? 'Invoke' : null, protocol: 'rest-json' };
}
