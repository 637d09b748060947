import type { InstanceId } from '../../core/identity.ts';
import type { JoinedGroup } from '../../core/joined.ts';
import { mustLeave, stageOf } from '../../core/lifecycle.ts';
import { KEY } from '../../core/names.ts';
import type { Machine } from '../../core/ports.ts';
import {
  decodeRebootLock,
  encodeRebootLock,
  isHeldBy,
  isLongHeld,
  isOverdue,
  type RebootHolder,
  type RebootLock,
  withHolder,
  withoutHolders,
} from '../../core/reboot/lock.ts';
import { refusal } from '../../core/reboot/refusal.ts';
import { isRefusal, type Look, lookAt, withEtcd } from './look.ts';
import { unavailable } from './members.ts';
import { allowed, denied, type Outcome } from './outcome.ts';
import type { Asked, RebootEtcd, Turn } from './ports.ts';

/** Each time one of those who ask at once has its lock. */
export const TRIES_MAX = 10;

/** The lock of a group of workers: as many at a time as its tag says. The cluster itself does not mind. */
export async function lockWorker(
  turn: Turn,
  asked: Asked,
  group: JoinedGroup,
  id: InstanceId,
): Promise<Outcome> {
  const listed = group.instances.find((one) => one.id === id);
  if (listed === undefined) return denied(refusal('unknown_id'));
  if (mustLeave(stageOf(listed.lifecycle))) return denied(refusal('instance_leaving'), id);
  const look = await lookAt(turn, asked.cluster);
  if (isRefusal(look)) return denied(look, id);
  if (look.world.config.frozen) return denied(refusal('cluster_frozen'), id);
  const outcome = await withEtcd(turn, look, (etcd) =>
    take(turn, group, id, look, etcd).catch((error: unknown) => denied(unavailable(error), id)),
  );
  return 'notes' in outcome ? outcome : denied(outcome, id);
}

async function take(
  turn: Turn,
  group: JoinedGroup,
  id: InstanceId,
  { view }: Look,
  etcd: RebootEtcd,
): Promise<Outcome> {
  const key = KEY.reboots + group.name;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const before = await etcd.read(view.witness, key);
    const lock = decodeRebootLock(before);
    if (!lock.ours) return denied(refusal('lock_unreadable'), id);
    if (isHeldBy(lock, id)) return allowed('kept', id);
    const gone = lock.holders.length < group.maxRebooting ? [] : await goneHolders(turn, group, lock);
    const rest = withoutHolders(lock, gone);
    const nowMs = turn.ports.clock.nowMs();
    if (rest.holders.length >= group.maxRebooting) {
      const overdue = rest.holders.filter((holder) => isOverdue(holder, nowMs));
      return denied(refusal('failed_lock_semaphore_full'), id, overdue);
    }
    const after = encodeRebootLock(
      withHolder(rest, { instanceId: id, since: new Date(nowMs).toISOString() }),
    );
    if ((await etcd.swap(view.witness, key, before, after, null)) === 'swapped')
      return allowed(
        'granted',
        id,
        gone.map((one) => `the lock of ${one} was dropped: it is gone`),
      );
  }
  return denied(refusal('busy'), id);
}

/** Holders whose instances are gone by evidence (rule R5): asked for only where that would let somebody in. */
async function goneHolders(
  { ports }: Turn,
  group: JoinedGroup,
  { holders }: RebootLock,
): Promise<readonly InstanceId[]> {
  const listed = new Set(group.instances.map((one) => one.id));
  const unlisted = holders.filter(({ instanceId }) => !listed.has(instanceId));
  if (unlisted.length === 0) return [];
  const machines = await ports.machines.describe(unlisted.map(({ instanceId }) => instanceId));
  const nowMs = ports.clock.nowMs();
  return unlisted
    .filter((holder) => isGone(machines.get(holder.instanceId), holder, nowMs))
    .map(({ instanceId }) => instanceId);
}

/** EC2 says of young instances, too, that it does not know them. */
function isGone(machine: Machine | undefined, holder: RebootHolder, nowMs: number): boolean {
  if (machine === undefined) return false;
  if (machine.kind === 'known') return machine.state === 'terminated';
  return isLongHeld(holder, nowMs);
}
