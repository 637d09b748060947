import { parseJoinedGroup } from '../../core/joined.ts';
import { KEY, MEMBERS } from '../../core/names.ts';
import type { ScalingGroup } from '../../core/ports.ts';
import { decodeRebootLock, isOverdue } from '../../core/reboot/lock.ts';
import type { Refusal } from '../../core/reboot/refusal.ts';
import { isRefusal, lookAt, withEtcd } from './look.ts';
import { unavailable } from './members.ts';
import type { Turn } from './ports.ts';

/** One lock, as an operator is told. */
export interface ListedLock {
  /** `members`, or the name of a group of workers. */
  readonly group: string;
  /** How many may hold it; `null`: the group is not there any more. */
  readonly slots: number | null;
  /** False: its key holds what this version does not know. */
  readonly readable: boolean;
  readonly holders: readonly ListedHolder[];
}

export interface ListedHolder {
  readonly instanceId: string;
  readonly since: string;
  readonly heldSeconds: number;
  readonly overdue: boolean;
  /** Whether its group lists it. */
  readonly listed: boolean;
}

/** Every lock of a cluster: those that are held, and those that could be. */
export async function listLocks(turn: Turn, cluster: string): Promise<readonly ListedLock[] | Refusal> {
  const look = await lookAt(turn, cluster);
  if (isRefusal(look)) return look;
  try {
    const groups = await turn.ports.scaling.listGroups(cluster);
    const keys = await withEtcd(turn, look, (etcd) => etcd.range(look.view.witness, [KEY.reboots]));
    if ('value' in keys) return keys;
    return listed(groups, keys.values, turn.ports.clock.nowMs());
  } catch (error) {
    return unavailable(error);
  }
}

function listed(
  groups: readonly ScalingGroup[],
  values: ReadonlyMap<string, string>,
  nowMs: number,
): readonly ListedLock[] {
  const known = new Map(
    groups.map(parseJoinedGroup).map((group) => [group.role === 'member' ? MEMBERS : group.name, group]),
  );
  const names = new Set([
    MEMBERS,
    ...known.keys(),
    ...[...values.keys()].map((key) => key.slice(KEY.reboots.length)),
  ]);
  return [...names].sort(membersFirst).map((name) => {
    const lock = decodeRebootLock(values.get(KEY.reboots + name) ?? null);
    const group = known.get(name);
    const holders = lock.holders.map((holder) => ({
      instanceId: holder.instanceId,
      since: holder.since,
      heldSeconds: Math.max(0, Math.round((nowMs - Date.parse(holder.since)) / 1_000)),
      overdue: isOverdue(holder, nowMs),
      listed: group?.instances.some(({ id }) => id === holder.instanceId) ?? false,
    }));
    const slots = name === MEMBERS ? 1 : (group?.maxRebooting ?? null);
    return { group: name, slots, readable: lock.ours, holders };
  });
}

const membersFirst = (a: string, b: string): number =>
  Number(b === MEMBERS) - Number(a === MEMBERS) || a.localeCompare(b);
