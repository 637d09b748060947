import type { EtcdPort, PermitLease } from '../core/ports.ts';

/** Dies with its owner: longer than one look and one step at their worst, short enough to wait for. */
export const PERMIT_TTL_SECONDS = 20;

/** For one call that takes longer than that by nature; a dead owner's is waited for as long. */
export const DEFRAGMENT_TTL_SECONDS = 60;

/** A lease younger than this needs no renewal before a step. */
const RENEW_AFTER_MS = 5_000;

interface Held {
  readonly lease: PermitLease;
  readonly endpoint: string;
  readonly ttlSeconds: number;
  renewedAtMs: number;
}

/**
 * The cluster's one permit (rule R3), as one pass holds it: taken when the first
 * disruptive step is planned, renewed before each further one, released at the end.
 */
export class Permit {
  readonly #etcd: () => EtcdPort;
  readonly #owner: string;
  #held: Held | null = null;

  constructor(etcd: () => EtcdPort, owner: string) {
    this.#etcd = etcd;
    this.#owner = owner;
  }

  /**
   * `fresh`: it was ours already and still is. `taken`: it is ours from now on, so
   * what was seen before does not count: look again. `held`: somebody else has it.
   */
  async ensure(
    endpoint: string,
    reason: string,
    nowMs: number,
    ttlSeconds = PERMIT_TTL_SECONDS,
  ): Promise<'fresh' | 'taken' | 'held'> {
    if (this.#held !== null && this.#held.ttlSeconds < ttlSeconds) await this.release(endpoint);
    if (this.#held !== null && (await this.#isStillOurs(endpoint, nowMs))) return 'fresh';
    const lease = await this.#etcd().takePermit(endpoint, this.#owner, reason, ttlSeconds);
    if (lease === null) return 'held';
    this.#held = { lease, renewedAtMs: nowMs, endpoint, ttlSeconds };
    return 'taken';
  }

  /** What is ours; `null`: nothing is. */
  get lease(): PermitLease | null {
    return this.#held?.lease ?? null;
  }

  async #isStillOurs(endpoint: string, nowMs: number): Promise<boolean> {
    const held = this.#held;
    if (held === null) return false;
    const ageMs = nowMs - held.renewedAtMs;
    // A clock that went back tells nothing about the age of a lease.
    if (ageMs >= 0 && ageMs < RENEW_AFTER_MS) return true;
    if ((await this.#etcd().renewPermit(endpoint, held.lease)) === 'renewed') {
      held.renewedAtMs = nowMs;
      return true;
    }
    this.#held = null;
    return false;
  }

  /** Gives it back; where etcd does not answer, the lease ends by itself. */
  async release(endpoint: string | null): Promise<void> {
    const held = this.#held;
    this.#held = null;
    if (held === null) return;
    await this.#etcd()
      .releasePermit(endpoint ?? held.endpoint, held.lease)
      .catch(() => undefined);
  }
}
