import { unreachable } from './errors.ts';
import type { MaintenanceAction, SpaceReason } from './plan/maintenance-action.ts';
import type { CorruptDoubt, MaintenanceWait, QuotaReason, SpaceStep } from './plan/maintenance-wait.ts';

/** One plain sentence: what waits because of databases, and what ends it or who must act. */
export function explainMaintenance(at: string, wait: MaintenanceWait): string {
  switch (wait.kind) {
    case 'makingSpace':
      return `${at}: etcd raises an alarm, and nothing else is done until it is taken back (now: ${SPACE_MEANS[wait.next]})`;
    case 'quotaReached':
      return `${at} takes no writes, for its databases are full (${heldOf(wait.inUseBytes)}, of ${megabytes(wait.limitBytes)}): ${QUOTA_MEANS[wait.because]}; delete keys that nobody needs, or raise maintenance.quotaBytes and restart etcd member by member, then delete the parameter maintenance to have it tried again`;
    case 'memberCorrupt':
      return `${at}: the data of member ${wait.memberId} on ${wait.instanceId ?? 'no instance of ours'} is not that of the others; it is removed, and its instance ended so that the group replaces it`;
    case 'corruptUnclear':
      return `${at}: nothing changes, for the data of its members differs (${wait.memberIds.join(', ')}) and nobody can tell whose is right: ${DOUBT_MEANS[wait.because]}; take a snapshot of each member, compare them, and end the instance of whoever is wrong`;
    case 'defragmentationDue':
      return `${at}: the database of member ${wait.memberId} on ${wait.instanceId} is defragmented when the cluster tolerates one more failure (now: ${wait.shortfalls.join(', ')})`;
    default:
      return unreachable(wait);
  }
}

/** One plain sentence: what is done to databases, and why. */
export function explainMaintenanceAction(at: string, action: MaintenanceAction): string {
  switch (action.kind) {
    case 'noteSpace':
      return action.record.repair === null
        ? `${at}: it is written down that its databases have room again`
        : `${at}: it is written down how far the repair of its full databases is, the ${ordinal(action.record.repairsAtMs.length)} in a day`;
    case 'compact':
      return `${at}: everything before revision ${action.revision} is forgotten, for ${SPACE_BECAUSE[action.because]}`;
    case 'defragment':
      return `${at}: the database of member ${action.memberId} on ${action.instanceId ?? 'no instance of ours'} is defragmented, for ${SPACE_BECAUSE[action.because]}`;
    case 'disarm':
      return `${at}: the alarm ${action.alarm.alarm} of member ${action.alarm.memberId} is taken back, for ${action.because === 'spaceMade' ? 'its databases have room again' : 'that member is removed'}`;
    default:
      return unreachable(action);
  }
}

const SPACE_MEANS: Readonly<Record<SpaceStep, string>> = {
  freeing: 'its members let go of what was forgotten',
  members: 'it waits for voters that do not answer',
  permit: 'it waits for whoever holds the permit for disruptions',
  reboot: 'it waits for a member that reboots',
  change: 'it waits for a change of members that is in flight',
};

const QUOTA_MEANS: Readonly<Record<QuotaReason, string>> = {
  tooOften: 'they were emptied three times in a day, and filled up again',
  noRoom: 'what is kept fills them, and no past is left to forget',
  stuck: 'they do not shrink, however often they are defragmented',
};

const DOUBT_MEANS: Readonly<Record<CorruptDoubt, string>> = {
  alarms: 'etcd calls more than one of them corrupt',
  same: 'etcd calls one corrupt, and it holds what the others hold',
  stranger: 'etcd calls one corrupt that does not vote',
  tooFew: 'too few of them can be compared',
  noMajority: 'no majority holds the same',
  several: 'more than one holds something else, or another than etcd says',
};

const SPACE_BECAUSE: Readonly<Record<SpaceReason, string>> = {
  noSpace: 'etcd takes no writes until its databases have room',
  quotaNear: 'its databases are nearly full',
  fragmented: 'most of its file is empty',
};

const heldOf = (bytes: number | null): string =>
  bytes === null ? 'no member tells how much they hold' : `they hold ${megabytes(bytes)}`;

const megabytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;

const ordinal = (count: number): string => ['first', 'second', 'third'][count - 1] ?? `${count}th`;
