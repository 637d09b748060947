import { isRecord, parseJson } from '../json.ts';
import type { HttpAnswer, HttpRequest } from './http.ts';
import { bodyOfRefusal, type Refusal, refusal, statusOfRefusal } from './refusal.ts';

/** `lock`: before a reboot. `unlock`: after it, or at any start. */
export type Operation = 'lock' | 'unlock';

/** What a client asks for, in the words of the FleetLock protocol. */
export interface ClientRequest {
  readonly operation: Operation;
  readonly group: string;
  readonly id: string;
}

/** What a path holds before the protocol's own part: the base URL is `…/<cluster>/<secret>`. */
export interface Address {
  readonly cluster: string;
  readonly secret: string;
  readonly rest: string;
}

const ENDPOINTS: ReadonlyMap<string, Operation> = new Map([
  ['v1/pre-reboot', 'lock'],
  ['v1/steady-state', 'unlock'],
]);
/** The protocol's own pattern, with a bound. */
const GROUP = /^[a-zA-Z0-9.-]{1,255}$/;
const ID_CHARS_MAX = 128;

/** Clients join base and endpoint in different ways: doubled slashes mean nothing. */
export function addressOf(path: string): Address {
  const [cluster = '', secret = '', ...rest] = path.split('/').filter((part) => part !== '');
  return { cluster, secret, rest: rest.join('/') };
}

/** Reads a request of somebody who knows the secret. */
export function readClientRequest(request: HttpRequest, rest: string): ClientRequest | Refusal {
  const operation = ENDPOINTS.get(rest);
  if (operation === undefined) return refusal('unknown_endpoint');
  if (request.method !== 'POST') return refusal('method_not_allowed');
  if (request.headers.get('fleet-lock-protocol') !== 'true') return refusal('missing_header');
  if (request.body === null) return refusal('body_too_large');
  const body = parseJson(request.body);
  const params = isRecord(body) ? body['client_params'] : undefined;
  if (!isRecord(params)) return refusal('invalid_body');
  const { group, id } = params;
  if (typeof group !== 'string' || !GROUP.test(group))
    return refusal('invalid_client_identity', `client_params.group must match ${GROUP.source}`);
  if (typeof id !== 'string' || id === '' || id.length > ID_CHARS_MAX)
    return refusal(
      'invalid_client_identity',
      `client_params.id must be text of 1 to ${ID_CHARS_MAX} characters`,
    );
  return { operation, group, id };
}

const JSON_HEADERS = { 'content-type': 'application/json' };

/** A grant is an empty 200, as the protocol's reference server has it. */
export const GRANTED: HttpAnswer = { status: 200, headers: {}, body: '' };

export function refused(because: Refusal): HttpAnswer {
  const headers = because.kind === 'method_not_allowed' ? { ...JSON_HEADERS, allow: 'POST' } : JSON_HEADERS;
  return { status: statusOfRefusal(because), headers, body: bodyOfRefusal(because) };
}
