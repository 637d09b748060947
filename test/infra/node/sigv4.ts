import { createHash, createHmac } from 'node:crypto';

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names, as node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** What must be covered, or a stranger could change it on the way. What names no target is a form. */
const MUST_BE_SIGNED = ['host', 'x-amz-date', 'x-amz-security-token'];
const mustBeSigned = ({ headers }: SignedRequest): readonly string[] => [
  ...MUST_BE_SIGNED,
  ...(headers['x-amz-target'] === undefined ? [] : ['x-amz-target', 'content-type']),
  ...(headers['x-amz-content-sha256'] === undefined ? [] : ['x-amz-content-sha256']),
];

/**
 * Computes the Signature Version 4 of a request anew, as AWS does; `null` when it
 * is the one that the request carries, else what is wrong with it.
 */
export function signatureProblem(request: SignedRequest, secretKey: string): string | null {
  const match = AUTHORIZATION.exec(headerOf(request, 'authorization'));
  if (match === null) return 'the Authorization header is malformed';
  const [, , day = '', region = '', service = '', names = '', signature] = match;
  const signed = names.split(';');
  const bare = mustBeSigned(request).filter((name) => !signed.includes(name));
  if (bare.length > 0) return `not signed: ${bare.join(', ')}`;

  const canonical = [
    request.method,
    request.path,
    '',
    ...signed.map((name) => `${name}:${headerOf(request, name).trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headerOf(request, 'x-amz-date'), scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
  return hmac(key, text).toString('hex') === signature ? null : `another signature of:\n${canonical}`;
}

/** Access key id, region and service that a request says it is signed for. */
export function scopeOf(request: SignedRequest): string {
  const match = AUTHORIZATION.exec(headerOf(request, 'authorization'));
  return match === null ? '' : `${match[1]} ${match[3]} ${match[4]}`;
}

function headerOf(request: SignedRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : (value ?? []).join(',');
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
