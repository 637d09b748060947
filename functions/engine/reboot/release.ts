import type { InstanceId } from '../../core/identity.ts';
import { KEY, MEMBERS } from '../../core/names.ts';
import { decodeRebootLock, encodeRebootLock, isHeldBy, withoutHolders } from '../../core/reboot/lock.ts';
import { refusal } from '../../core/reboot/refusal.ts';
import { isRefusal, type Look, lookAt, withEtcd } from './look.ts';
import { unavailable } from './members.ts';
import { allowed, denied, type Outcome } from './outcome.ts';
import type { Asked, RebootEtcd, Turn } from './ports.ts';
import { TRIES_MAX } from './workers.ts';

/**
 * Gives a lock back: by its holder, or by an operator in its name. It needs no permit, no condition and no listed
 * instance, for it only allows more; also where the cluster is frozen, for it tells what is so already.
 */
export async function release(
  turn: Turn,
  { cluster, group }: Asked,
  candidates: readonly InstanceId[],
): Promise<Outcome> {
  const look = await lookAt(turn, cluster);
  if (isRefusal(look)) return denied(look);
  const outcome = await withEtcd(turn, look, (etcd) =>
    giveBack(group, candidates, look, etcd).catch((error: unknown) => denied(unavailable(error))),
  );
  if (!('notes' in outcome)) return denied(outcome);
  // What was withheld meanwhile need not wait for the schedule.
  if (outcome.kind === 'released' && group === MEMBERS) await askForLook(turn, cluster);
  return outcome;
}

async function giveBack(
  group: string,
  candidates: readonly InstanceId[],
  { view }: Look,
  etcd: RebootEtcd,
): Promise<Outcome> {
  const key = KEY.reboots + group;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const before = await etcd.read(view.witness, key);
    const lock = decodeRebootLock(before);
    if (!lock.ours) return denied(refusal('lock_unreadable'));
    const id = candidates.find((one) => isHeldBy(lock, one));
    if (id === undefined) return allowed('absent', candidates[0] ?? '');
    const after = encodeRebootLock(withoutHolders(lock, [id]));
    if ((await etcd.swap(view.witness, key, before, after, null)) === 'swapped')
      return allowed('released', id);
  }
  return denied(refusal('busy'));
}

/** Best effort: the schedule comes within a minute. Of equal nonces the queue takes one. */
export async function askForLook({ ports, owner }: Turn, cluster: string, nonce = owner): Promise<void> {
  const body = { etcdAutopilot: 1, request: 'look', cluster, from: 'reboot-gate', nonce };
  await ports.queue.askForLook(cluster, JSON.stringify(body)).catch(() => undefined);
}
