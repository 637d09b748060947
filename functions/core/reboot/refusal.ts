/**
 * Why a reboot client does not get what it asked for, as the protocol wants it: a kind out of a small list, for
 * metrics, and one sentence for a person. docs/reboots.md has a row for each (checked by a test).
 */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly value: string;
}

export type RefusalKind = keyof typeof REFUSALS;

/** By kind: the HTTP status, and what is said where nothing more is known. Clients take every status but 200 for a no. */
export const REFUSALS = {
  access_refused: [403, 'this is not the base URL of a cluster: check cluster and secret'],
  unknown_endpoint: [404, 'only /v1/pre-reboot and /v1/steady-state are here'],
  method_not_allowed: [405, 'only POST is allowed here'],
  missing_header: [400, 'wrong \'fleet-lock-protocol\' header: it must be "true"'],
  body_too_large: [413, 'the body may have 4096 bytes'],
  invalid_body: [400, 'the body is not a JSON object with client_params'],
  invalid_client_identity: [400, 'client_params must have a group and an id'],
  unknown_group: [400, 'the group must be "members" or a group of workers of this cluster'],
  unknown_id: [400, 'the id is of no instance of this group'],
  instance_leaving: [409, 'this instance is leaving its group: it needs no reboot any more'],
  // The protocol's own example, to the letter.
  failed_lock_semaphore_full: [409, 'semaphore currently full, all slots are locked already'],
  cluster_not_tolerant: [409, 'the cluster would not bear it'],
  change_in_flight: [409, 'the cluster is being changed now: ask again'],
  cluster_frozen: [409, 'the cluster is frozen by its configuration'],
  lock_unreadable: [503, 'the lock of this group holds what this version does not know: see the runbook'],
  busy: [503, 'too many clients ask at the same time: ask again'],
  cluster_unavailable: [503, 'the cluster could not be looked at: ask again'],
  internal_error: [500, 'this should not happen: see the log of the function'],
} as const satisfies Readonly<Record<string, readonly [status: number, value: string]>>;

export const refusal = (kind: RefusalKind, value: string = REFUSALS[kind][1]): Refusal => ({ kind, value });

/** Of an answer: far below what a load balancer or a log takes. */
const VALUE_CHARS_MAX = 1_000;

export const statusOfRefusal = ({ kind }: Refusal): number => REFUSALS[kind][0];

/** The body that goes with it. */
export const bodyOfRefusal = ({ kind, value }: Refusal): string =>
  JSON.stringify({ kind, value: value.slice(0, VALUE_CHARS_MAX) });
