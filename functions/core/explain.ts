import { unreachable } from './errors.ts';
import {
  explainFounding,
  explainJoin,
  explainQuorum,
  explainTolerance,
  type FoundingWait,
  type JoinWait,
  list,
  type QuorumWait,
} from './explain-change.ts';
import { explainMaintenance } from './explain-maintenance.ts';
import { explainRecovery } from './explain-recovery.ts';
import type { Wait } from './plan/plan.ts';
import type { ToleranceWait } from './plan/tolerance-wait.ts';

type WaitOf<Kind extends Wait['kind']> = Extract<Wait, { readonly kind: Kind }>;

type StandstillKind =
  | 'groupMissing'
  | 'twoMemberGroups'
  | 'configInvalid'
  | 'secretsUnreadable'
  | 'accessRefused'
  | 'frozen'
  | 'foreignCluster'
  | 'recordUnreadable'
  | 'recordNewer'
  | 'formerCluster'
  | 'quorumUnknown'
  | 'alarmRaised'
  | 'membersDisagree'
  | 'refused';
/** One plain sentence: what does not happen yet in this cluster, and what ends the wait or who must act. */
export function explainWait(cluster: string, wait: Wait): string {
  const at = `cluster ${cluster}`;
  switch (wait.kind) {
    case 'instancesMissing':
    case 'notAllWaiting':
    case 'clusterForming':
    case 'claimFailed':
      return explainFounding(at, wait);
    case 'noCommit':
    case 'quorumAtRisk':
    case 'lastVoter':
    case 'evidenceMissing':
    case 'voterSilent':
    case 'leaverSilent':
    case 'replacementsExhausted':
    case 'machineEnding':
      return explainQuorum(at, wait);
    case 'notTolerant':
    case 'voterBehind':
    case 'evenSize':
      return explainTolerance(at, wait);
    case 'learnerCatchingUp':
    case 'memberStarting':
    case 'learnerSilent':
    case 'versionStep':
    case 'joinsPaused':
    case 'joinQueued':
    case 'addressTaken':
    case 'addressResting':
    case 'addressMissing':
    case 'tooManyMembers':
    case 'nameUnsafe':
    case 'joinFailed':
      return explainJoin(at, wait);
    default:
      return explainOther(cluster, at, wait);
  }
}

function explainOther(
  cluster: string,
  at: string,
  wait: Exclude<Wait, FoundingWait | QuorumWait | JoinWait | ToleranceWait>,
): string {
  switch (wait.kind) {
    case 'foreignMember':
      return `${at}: member ${wait.memberId} (${wait.name || 'not started'}) was created by nobody here and is left alone; remove it with etcdctl if it is not yours`;
    case 'foreignChange':
      return `${at}: no newcomer is added while somebody else adds member ${wait.memberId}; it ends when that member votes, or is removed with etcdctl`;
    case 'awaitingReplacement':
      return `${at}: ${wait.instanceId} stays a little longer, until its replacement votes or the grace for replacements is over`;
    case 'leaveQueued':
      return `${at}: ${list(wait.instanceIds)} will leave after the one that leaves now`;
    case 'instanceRetained':
      return `${at}: ${wait.instanceId} was retained after its terminate hook; it leaves the cluster when its replacement votes, and runs until a person terminates it in EC2`;
    case 'settling':
      return `${at}: its stack is told of ${list(wait.instanceIds)} when the cluster has tolerated one more failure for a while (now: ${list(wait.shortfalls)})`;
    case 'hookPastHalf':
      return `${at}: ${wait.instanceId} is past half of what Auto Scaling allows in ${wait.hookName}; a person should look at the other waits and end them before Auto Scaling answers by itself`;
    case 'deletionPending':
      if (wait.isSoon)
        return `${at}: its records are deleted in a few seconds, unless an instance shows itself`;
      return `${at}: its records are deleted when its group wants no instance and EC2 says that all are terminated${wait.stillThere.length === 0 ? '' : ` (still there: ${list(wait.stillThere)})`}`;
    case 'rebooting':
      return `${at}: ${wait.instanceId} holds the lock for reboots since ${wait.since}; meanwhile nothing else is disturbed (withheld: ${list(wait.withheld) || 'nothing'}), until it says that it is back`;
    case 'rebootOverdue':
      return `${at}: ${wait.instanceId} holds the lock for reboots since ${wait.since}, longer than a reboot takes, and keeps it (withheld: ${list(wait.withheld) || 'nothing'}); look at that machine, then terminate it or release the lock with etcd-autopilot reboots release`;
    case 'rebootsUnreadable':
      return `${at}: nothing is disturbed (withheld: ${list(wait.withheld) || 'nothing'}), for the key ${wait.key} in etcd holds what this version does not know; deploy the version that wrote it, or delete the key if no member reboots`;
    case 'quorumLost':
    case 'recovering':
    case 'choiceRefused':
      return explainRecovery(at, wait);
    case 'makingSpace':
    case 'quotaReached':
    case 'memberCorrupt':
    case 'corruptUnclear':
    case 'defragmentationDue':
      return explainMaintenance(at, wait);
    case 'permitHeld':
      return `${at}: somebody else holds the permit for disruptions; it ends when they are done, or with their lease within seconds`;
    default:
      return explainStandstill(cluster, at, wait);
  }
}

function explainStandstill(cluster: string, at: string, wait: WaitOf<StandstillKind>): string {
  switch (wait.kind) {
    case 'groupMissing':
      return `${at} has no group: tag one Auto Scaling group with etcd-autopilot:cluster = ${cluster} and etcd-autopilot:role = member, or delete the cluster's stack`;
    case 'twoMemberGroups':
      return `${at}: nothing changes while ${wait.groups.length} groups (${list(wait.groups)}) are its member group; take the tag etcd-autopilot:cluster off all but one`;
    case 'secretsUnreadable':
      return `${at}: etcd is not asked and nothing changes, for its secrets cannot be used: ${wait.problems.join('; ')}; the autopilot reads below its stack's SecretsPath, once in a pass`;
    case 'accessRefused':
      return wait.because === 'denied'
        ? `${at}: etcd on ${list(wait.instanceIds)} knows the autopilot's user not, or not as root; set auth in its configuration, and see the user in etcd`
        : `${at}: the certificates of etcd on ${list(wait.instanceIds)} and of the autopilot do not fit each other: one is expired, of another authority, or for another name`;
    case 'configInvalid':
      return `${at}: nothing changes until the parameter config is corrected: ${wait.problems.join('; ')}`;
    case 'frozen':
      return `${at} is frozen by its configuration (withheld: ${list(wait.withheld) || 'nothing'}); it goes on when frozen is false`;
    case 'foreignCluster':
      return `${at}: nothing changes, for its instances run cluster ids ${list(wait.seen)} and ${wait.expected ?? 'none'} is expected; a person must stop the etcd that does not belong here`;
    case 'recordUnreadable':
      return `${at}: nothing changes while the parameter ${wait.name} cannot be read as one; a person must restore it from its history`;
    case 'recordNewer':
      return `${at}: nothing changes, for a newer version of the autopilot wrote ${list(wait.names)} in a form that this one does not know; deploy that version again`;
    case 'formerCluster':
      return `${at}: no cluster is founded, for ${list(wait.found)} shows that one existed; a person must restore it, or delete these traces if its data may be lost`;
    case 'quorumUnknown':
      return `${at}: membership stays as it is while no voter answers (${wait.statusCount} of ${wait.askedCount} instances show any sign of etcd); it ends when a majority of the voters is back`;
    case 'alarmRaised':
      return `${at}: membership stays as it is while etcd raises ${list(wait.alarms)}; full databases are emptied and one corrupt member is replaced by themselves, anything else a person must mend and disarm with etcdctl`;
    case 'membersDisagree':
      return `${at}: nothing changes while its voters tell different member lists; it ends when the change in flight has reached all of them`;
    case 'refused':
      return `${at}: the pass ended with ${wait.code} (${wait.message}); the next one looks again, and the runbook tells what to do if it stays`;
    default:
      return unreachable(wait);
  }
}
