import { unreachable } from './errors.ts';
import { list } from './explain-change.ts';
import type { RecoveryAction, RecoveryStep, RecoveryWait } from './plan/recovery-step.ts';
import type { Hold } from './recovery/decide.ts';
import type { RecoverySource } from './recovery/record.ts';

export function explainRecovery(at: string, wait: RecoveryWait): string {
  switch (wait.kind) {
    case 'quorumLost':
      return `${at} lost its quorum for ever: ${list(wait.instanceIds)} is gone (left: ${list(wait.left) || 'nobody'}); ${holdText(wait.hold, list(wait.about))}`;
    case 'recovering': {
      const because = wait.because === '' ? '' : ` (${wait.because})`;
      return `${at}: recovery ${wait.number} ${STEP_MEANS[wait.step](list(wait.instanceIds))}${because}`;
    }
    case 'choiceRefused':
      return `${at}: what an operator chose is not done, for ${wait.because}`;
    default:
      return unreachable(wait);
  }
}

const holdText = (hold: Hold, about: string): string => HOLD_MEANS[hold](about);

const HOLD_MEANS: Readonly<Record<Hold, (about: string) => string>> = {
  manual: () => 'its configuration leaves it to a person: run etcd-autopilot recover',
  survivorUnknown: (about) =>
    `${about} shows nothing and may hold more than the others: it is waited for until it answers or EC2 says that it is terminated; or run etcd-autopilot recover`,
  noSurvivor: () =>
    'no member is left that shows its database: run etcd-autopilot recover, which shows its snapshots',
  noSnapshot: () =>
    'there is neither a survivor nor a restorable snapshot, and no empty cluster takes its place: run etcd-autopilot recover',
  savedUnknown: () =>
    'its snapshots cannot be listed now, which is not to say that there is none; it is tried again',
  noCapacity: () => 'its group wants no instance: set a desired capacity',
};

const STEP_MEANS: Readonly<Record<RecoveryStep, (about: string) => string>> = {
  capturing: (about) => `waits for the database of ${about} to lie in the bucket`,
  sourceLost: (about) =>
    `stands still, for ${about} was lost before its database was captured: run etcd-autopilot recover and choose again`,
  proving: (about) =>
    `waits for the copy of ${about} to be restored for proof, ten minutes at most, before anybody who shows its data is ended`,
  captureBad: (about) =>
    `stands still, for the copy of ${about} cannot be restored, and nobody is ended: keep its machine, run etcd-autopilot recover and choose a snapshot, or have the copy proved again with etcd-autopilot backup verify`,
  fencing: (about) =>
    `waits for EC2 to say that ${about} is terminated, before anything is founded; terminate in EC2 what the group does not list or retains`,
  blocked: (about) =>
    `stands still, for ${about} may hold a cluster and is not among those that are ended: look at it, then terminate it`,
  founder: (about) =>
    about === ''
      ? 'waits for a newcomer in its launch hook: if none comes, see the activities and the suspended processes of the group'
      : `founds the cluster anew on ${about}`,
  restoring: (about) => `waits for ${about} to bring the data back`,
  restoreFailing: (about) =>
    `waits for ${about}, whose boot script cannot bring the data back: mend that, terminate it to have another newcomer try, or run etcd-autopilot recover and choose another snapshot`,
};

export function explainRecoveryAction(at: string, action: RecoveryAction): string {
  switch (action.kind) {
    case 'noteQuorum':
      return `${at}: since when voters are gone is written into the parameter quorum`;
    case 'startRecovery': {
      const { number, source, fenced, by } = action.record;
      return `${at}: recovery ${number} is begun (${by}) from ${sourceText(source)}; ${list(fenced) || 'nobody'} is ended first`;
    }
    case 'askCapture':
      return `${at}: the database of ${action.instanceId} is captured for recovery ${action.recovery}`;
    case 'fenceInstance':
      return `${at}: ${action.instanceId} is ended through its group, for it may hold the cluster that recovery ${action.recovery} replaces`;
    case 'claimRecovered':
      return `${at}: claim ${action.number} of recovery ${action.recovery} has ${action.instanceId} found it anew from ${action.restore.key}`;
    case 'finishRecovery':
      return `${at}: recovery ${action.number} is over (${action.done.outcome}): ${action.done.text}`;
    default:
      return unreachable(action);
  }
}

export const sourceText = (source: RecoverySource): string =>
  source.how === 'from-survivor'
    ? `the survivor ${source.instanceId} (revision ${source.revision})`
    : `the snapshot ${source.key} (revision ${source.revision})`;
