import { OperationError } from '../../core/errors.ts';
import { instanceOf, memberOf } from '../../core/evidence.ts';
import type { InstanceId } from '../../core/identity.ts';
import { mustLeave } from '../../core/lifecycle.ts';
import { KEY, MEMBERS } from '../../core/names.ts';
import { planTransfer, TRANSFERS_MAX } from '../../core/plan/leaves.ts';
import { judgeWorld } from '../../core/plan/steadiness.ts';
import { encodeRebootLock, FREE_LOCK, isHeldBy, isOverdue, withHolder } from '../../core/reboot/lock.ts';
import { type Refusal, refusal } from '../../core/reboot/refusal.ts';
import { shortfallsText } from '../../core/shortfalls.ts';
import { type Require, requireNow } from '../../core/tolerance.ts';
import { Permit } from '../permit.ts';
import { isRefusal, type Look, lookAt, withEtcd } from './look.ts';
import { allowed, denied, type Outcome } from './outcome.ts';
import type { Asked, RebootEtcd, Turn } from './ports.ts';

/** A change of members is done within moments: this often the permit is asked for. */
const PERMIT_TRIES = 3;
const PERMIT_REST_MS = 700;

/**
 * The lock of the members: one at a time, under the cluster's permit (rule R3), after a look that began when the
 * permit was ours, at which the cluster tolerates one more failure, and when leadership has left it (rule R10).
 */
export async function lockMember(
  turn: Turn,
  asked: Asked,
  candidates: readonly InstanceId[],
): Promise<Outcome> {
  const first = await lookAt(turn, asked.cluster);
  if (isRefusal(first)) return denied(first);
  const id = candidates.find((one) => instanceOf(first.world, one) !== null);
  if (id === undefined) return denied(refusal('unknown_id'));
  const early = verdict(first, id);
  if (early !== null) return early;
  const outcome = await withEtcd(turn, first, (etcd) => underPermit(turn, asked, first, id, etcd));
  return 'notes' in outcome ? outcome : denied(outcome, id);
}

/** What a look says of the request; `null`: that it may be granted. */
function verdict({ world }: Look, id: InstanceId, require?: Require): Outcome | null {
  const { rebooting } = world.etcd;
  const nowMs = world.takenAtMs;
  if (rebooting === null || !rebooting.ours) return denied(refusal('lock_unreadable'), id);
  if (isHeldBy(rebooting, id)) return allowed('kept', id);
  const overdue = rebooting.holders.filter((holder) => isOverdue(holder, nowMs));
  if (rebooting.holders.length > 0) return denied(refusal('failed_lock_semaphore_full'), id, overdue);
  const instance = instanceOf(world, id);
  if (instance === null) return denied(refusal('unknown_id'));
  if (mustLeave(instance.stage)) return denied(refusal('instance_leaving'), id);
  if (world.config.frozen) return denied(refusal('cluster_frozen'), id);
  const shortfalls = judgeWorld(world, require);
  if (shortfalls.length === 0) return null;
  return denied(refusal('cluster_not_tolerant', shortfallsText(shortfalls)), id);
}

async function underPermit(
  turn: Turn,
  { cluster }: Asked,
  { view }: Look,
  id: InstanceId,
  etcd: RebootEtcd,
): Promise<Outcome> {
  const permit = new Permit(() => etcd, turn.owner);
  try {
    if (!(await takePermit(turn, permit, view.witness))) return denied(refusal('change_in_flight'), id);
    const fresh = await lookAt(turn, cluster);
    if (isRefusal(fresh)) return denied(fresh, id);
    const judged = verdict(fresh, id);
    if (judged !== null) return judged;
    return await new Grant(turn, cluster, id, etcd, permit).make(fresh);
  } catch (error) {
    return denied(unavailable(error), id);
  } finally {
    await permit.release(null);
  }
}

async function takePermit({ ports }: Turn, permit: Permit, witness: string): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    if ((await permit.ensure(witness, 'reboot', ports.clock.nowMs())) !== 'held') return true;
    if (tries === PERMIT_TRIES) return false;
    await ports.clock.sleep(PERMIT_REST_MS);
  }
}

/** The world refused or did not answer: nobody knows whether it happened, and whoever asks again is told. */
export function unavailable(error: unknown): Refusal {
  if (!(error instanceof OperationError)) throw error;
  return refusal('cluster_unavailable', error.message);
}

/** From the look under the permit to the lock. */
class Grant {
  readonly #turn: Turn;
  readonly #cluster: string;
  readonly #id: InstanceId;
  readonly #etcd: RebootEtcd;
  readonly #permit: Permit;
  #failure: string | null = null;

  constructor(turn: Turn, cluster: string, id: InstanceId, etcd: RebootEtcd, permit: Permit) {
    this.#turn = turn;
    this.#cluster = cluster;
    this.#id = id;
    this.#etcd = etcd;
    this.#permit = permit;
  }

  async make(fresh: Look): Promise<Outcome> {
    let look = fresh;
    for (let tries = 0; tries < TRANSFERS_MAX; tries += 1) {
      const moved = await this.#moveLeader(look);
      if (moved === null) break;
      if ('kind' in moved) return moved;
      look = moved;
    }
    if (!(await this.#isOurs(look))) return denied(refusal('change_in_flight'), this.#id);
    return this.#write(look);
  }

  /** Leadership leaves the member first, and another look tells whether it did. `null`: it does not lead. */
  async #moveLeader({ world, view }: Look): Promise<Look | Outcome | null> {
    const member = memberOf(view.members, this.#id);
    const [move] = (member === null ? null : planTransfer(world, view, member))?.actions ?? [];
    if (move?.kind !== 'moveLeader') return null;
    if (!(await this.#isOurs({ world, view }))) return denied(refusal('change_in_flight'), this.#id);
    await this.#etcd.moveLeader(move.leaderUrl, move.to).catch((error: unknown) => {
      this.#failure = unavailable(error).value;
    });
    const after = await lookAt(this.#turn, this.#cluster);
    if (isRefusal(after)) return denied(after, this.#id);
    // Another leader has just been chosen, by us: since when it is calm is not asked any more.
    return verdict(after, this.#id, requireNow(after.world.config)) ?? after;
  }

  async #isOurs({ view }: Look): Promise<boolean> {
    const { clock } = this.#turn.ports;
    return (await this.#permit.ensure(view.witness, 'reboot', clock.nowMs())) === 'fresh';
  }

  async #write({ world, view }: Look): Promise<Outcome> {
    const since = new Date(world.takenAtMs).toISOString();
    const text = encodeRebootLock(withHolder(FREE_LOCK, { instanceId: this.#id, since }));
    const key = KEY.reboots + MEMBERS;
    const written = await this.#etcd.swap(view.witness, key, null, text, this.#permit.lease);
    if (written === 'overtaken') return denied(refusal('change_in_flight'), this.#id);
    const leads = memberOf(view.members, this.#id)?.id === view.leaderId;
    const stayed = `leadership stayed where it is: ${this.#failure ?? 'there is nobody else to lead'}`;
    return allowed('granted', this.#id, leads ? [stayed] : []);
  }
}
