import {
  castGrpcError,
  EtcdPermissionDeniedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCGenericError,
  GRPCInternalError,
  GRPCNotImplementedError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
  GRPCUnavailableError,
  GRPCUnknownError,
} from 'etcd3';
import type { Retry } from '../../core/errors.ts';

/** What went wrong between us and etcd, before anybody decides what it means. */
export interface Failure {
  /**
   * `denied`: etcd does not let us. `untrusted`: one side does not accept the certificate of
   * the other. `notListening`: the machine is up and refuses the connection. `unreachable` and
   * `deadline`: no answer came. `unavailable`: etcd itself says that it cannot now. `refused`:
   * it says that it will not.
   */
  readonly kind:
    | 'denied'
    | 'untrusted'
    | 'notListening'
    | 'unreachable'
    | 'deadline'
    | 'unavailable'
    | 'refused';
  readonly retry: Retry;
  /** etcd's own words without its prefix, or gRPC's where etcd said nothing. */
  readonly text: string;
}

/**
 * Judges an error by etcd's own text, never by the gRPC code: the code of one and
 * the same refusal differs between versions (`rpc not supported for learner` is
 * 14 up to 3.5 and 9 later, `unhealthy cluster` is 14 and yet no outage).
 *
 * `null`: this error is not etcd's and not the network's.
 */
export function judgeFailure(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null;
  const cast = castGrpcError(error); // errors of streams reach us raw
  const text = etcdTextOf(cast.message);
  return text === null ? judgeTransport(cast) : judgeText(text);
}

/** `null` when etcd said nothing of its own. */
function etcdTextOf(message: string): string | null {
  const prefix = PREFIXES.find((one) => message.includes(one));
  return prefix === undefined ? null : message.slice(message.indexOf(prefix) + prefix.length).trim();
}

/** Streams tell what is wrong with a user in the words of the part that found it. */
const PREFIXES = ['etcdserver: ', ': auth: '];

type Rule = readonly [start: string, kind: Failure['kind'], retry: Retry];

/** By the beginning of the text, first match wins; what is not listed is a refusal, to be looked at again. */
const RULES: readonly Rule[] = [
  ['permission denied', 'denied', 'never'],
  ['invalid auth token', 'denied', 'never'],
  ['the auth token is not valid', 'denied', 'never'],
  ['authentication failed', 'denied', 'never'],
  ['authentication is not enabled', 'denied', 'never'],
  ['user name is empty', 'denied', 'never'],
  ['user name not found', 'denied', 'never'],
  ['user not found', 'denied', 'never'],
  ['revision of auth store is old', 'unavailable', 'nextLook'],
  ['request timed out', 'unavailable', 'nextLook'],
  ['no leader', 'unavailable', 'nextLook'],
  ['not leader', 'unavailable', 'nextLook'],
  ['leader changed', 'unavailable', 'nextLook'],
  ['server stopped', 'unavailable', 'nextLook'],
  ['server is stopped', 'unavailable', 'nextLook'],
  ['too many requests', 'unavailable', 'nextLook'],
  ['request is too large', 'refused', 'never'],
  ['mvcc: database space exceeded', 'refused', 'never'],
  ['corrupt cluster', 'refused', 'never'],
];

function judgeText(text: string): Failure {
  const [, kind, retry] = RULES.find(([start]) => text.startsWith(start)) ?? ['', 'refused', 'nextLook'];
  return { kind, retry, text };
}

/** These leave open whether the call had an effect; the other gRPC errors deny it. */
const UNSETTLED = [
  GRPCUnavailableError,
  GRPCCancelledError,
  GRPCInternalError,
  GRPCUnknownError,
  GRPCResourceExhastedError,
];

/**
 * A certificate that one side does not accept: a matter of settings, not of health.
 * (`disconnected before secure TLS connection` is not in here: that host is dying.)
 */
const TLS_TEXT = /certificate|handshake failure|SSL routines|ERR_TLS/i;

function judgeTransport(error: Error): Failure | null {
  const text = error.message.replace(/\s*Resolution note:\s*$/, '').replace(/\s+/g, ' ');
  if (error instanceof EtcdPermissionDeniedError || error instanceof GRPCUnauthenticatedError) {
    return { kind: 'denied', retry: 'never', text };
  }
  if (error instanceof GRPCDeadlineExceededError) return { kind: 'deadline', retry: 'nextLook', text };
  if (error instanceof GRPCUnavailableError && TLS_TEXT.test(text)) {
    return { kind: 'untrusted', retry: 'never', text };
  }
  if (error instanceof GRPCUnavailableError && text.includes('ECONNREFUSED')) {
    return { kind: 'notListening', retry: 'nextLook', text };
  }
  if (UNSETTLED.some((type) => error instanceof type)) {
    return { kind: 'unreachable', retry: 'nextLook', text };
  }
  if (error instanceof GRPCNotImplementedError) return { kind: 'refused', retry: 'never', text };
  return error instanceof GRPCGenericError ? { kind: 'refused', retry: 'nextLook', text } : null;
}
