import { unreachable } from './errors.ts';
import type { Silence } from './observation.ts';
import type { Wait } from './plan/plan.ts';
import type { SilenceStep } from './plan/reasons.ts';
import type { ToleranceWait } from './plan/tolerance-wait.ts';
import type { Ending } from './ports.ts';
import type { QuorumVerdict } from './quorum.ts';
import { doubtText } from './versions.ts';

type WaitOf<Kind extends Wait['kind']> = Extract<Wait, { readonly kind: Kind }>;

export type FoundingWait = WaitOf<'instancesMissing' | 'notAllWaiting' | 'clusterForming' | 'claimFailed'>;
export type QuorumWait = WaitOf<
  | 'noCommit'
  | 'quorumAtRisk'
  | 'lastVoter'
  | 'evidenceMissing'
  | 'voterSilent'
  | 'leaverSilent'
  | 'replacementsExhausted'
  | 'machineEnding'
>;
export type JoinWait = WaitOf<
  | 'learnerCatchingUp'
  | 'memberStarting'
  | 'learnerSilent'
  | 'versionStep'
  | 'joinsPaused'
  | 'joinQueued'
  | 'addressTaken'
  | 'addressResting'
  | 'addressMissing'
  | 'tooManyMembers'
  | 'nameUnsafe'
  | 'joinFailed'
>;

export function explainFounding(at: string, wait: FoundingWait): string {
  switch (wait.kind) {
    case 'instancesMissing':
      return `${at} is founded when ${wait.wantedCount} instances wait with an address, ${wait.readyCount} do now`;
    case 'notAllWaiting':
      return `${at} is not founded, for ${list(wait.instanceIds)} went past the launch hook and may hold data; a person must terminate or tag what does not belong here`;
    case 'clusterForming':
      return `${at}: claim ${wait.claim} is made, and waits for etcd to answer on ${list(wait.instanceIds)}${
        wait.trouble === undefined
          ? ''
          : `, which cannot restore its snapshot, and tries again: ${wait.trouble}`
      }`;
    case 'claimFailed':
      return `${at}: claim ${wait.claim} cannot succeed any more; the next one follows when EC2 says that ${list(wait.stillThere)} is terminated`;
    default:
      return unreachable(wait);
  }
}

export function explainQuorum(at: string, wait: QuorumWait): string {
  switch (wait.kind) {
    case 'noCommit':
      return `${at}: no change is started, for ${wait.answeringCount} of ${wait.voterCount} voters answer, which is no majority; it ends when more of them do`;
    case 'quorumAtRisk':
      return `${at}: the change of member ${wait.memberId} waits, for after it ${countsOf(wait.verdict)}; it ends when more voters answer`;
    case 'lastVoter':
      return `${at}: ${wait.instanceId} is held, for it is the last voter; raise the desired capacity to replace it, or delete the stack to give up the cluster`;
    case 'evidenceMissing':
      return `${at}: member ${wait.memberId} does not answer as a voter and the group does not list ${wait.instanceId}; it is removed when EC2 says that the instance is gone`;
    case 'voterSilent':
      return `${at}: member ${wait.memberId} on ${wait.instanceId} does not answer (${SILENCE_MEANS[wait.because]}); ${SILENCE_NEXT[wait.next]}`;
    case 'leaverSilent':
      return `${at}: member ${wait.memberId} on ${wait.instanceId} leaves and does not answer now; it is removed if it stays silent for some seconds`;
    case 'replacementsExhausted':
      return `${at}: ${wait.instanceId} is not reported to its group, for ${wait.count} silent voters were in a day and it did not help; a person should find what they have in common, then terminate the instance`;
    case 'machineEnding':
      return `${at}: EC2 ends ${wait.instanceId} of member ${wait.memberId} soon (${ENDING_MEANS[wait.because]}); its group ${wait.isReported ? 'has been told to replace it, and it leaves through the hook' : 'is told to replace it when the others can do without'}`;
    default:
      return unreachable(wait);
  }
}

export function explainJoin(at: string, wait: JoinWait): string {
  switch (wait.kind) {
    case 'learnerCatchingUp':
      return `${at}: member ${wait.memberId} on ${wait.instanceId} is promoted when it has caught up with the leader`;
    case 'memberStarting':
      return `${at}: member ${wait.memberId} on ${wait.instanceId} has its ticket and has not answered yet; it ends when it does, or with its grace`;
    case 'learnerSilent':
      return `${at}: the learner ${wait.memberId} on ${wait.instanceId} started and does not answer; look at etcd's log on it, or terminate the instance`;
    case 'joinsPaused':
      return `${at}: ${list(wait.instanceIds)} will join at ${new Date(wait.untilMs).toISOString()}, for ${wait.failedCount} joins failed in a row; mend the image or its etcd, then terminate what waits`;
    case 'joinQueued':
      return `${at}: ${list(wait.instanceIds)} will join after the change that is under way`;
    case 'addressTaken':
      return `${at}: ${wait.instanceId} cannot join while member ${wait.memberId} is registered at its address; it ends when that member is removed`;
    case 'addressResting':
      return `${at}: ${wait.instanceId} joins in a second, after the member that had its address before`;
    case 'addressMissing':
      return `${at}: ${wait.instanceId} joins when EC2 has given it an address`;
    case 'tooManyMembers':
      return `${at}: ${wait.instanceId} does not join, for etcd is kept to seven voters; lower the desired capacity`;
    case 'nameUnsafe':
      return `${at}: ${wait.instanceId} does not join, for the name or address of member ${wait.memberId} holds a character that its ticket cannot carry; remove that member with etcdctl, or add it under a plain name`;
    case 'versionStep':
      return `${at}: member ${wait.memberId} on ${wait.instanceId} does not become a voter, for ${wait.doubts.map((doubt) => doubtText(doubt, wait.version)).join('; ')}; it is given up when its grace is over`;
    case 'joinFailed':
      return `${at}: ${wait.instanceId} is in service without a voter, for its etcd did not start in time; terminate it to have it replaced, or delete its parameter members/${wait.instanceId} to let it try again`;
    default:
      return unreachable(wait);
  }
}

export function explainTolerance(at: string, wait: ToleranceWait): string {
  switch (wait.kind) {
    case 'notTolerant':
      return `${at}: member ${wait.memberId} on ${wait.instanceId} stays, although its machine is to go: ${list(wait.shortfalls.map(({ text }) => text))}; it leaves when they are back, or replaced`;
    case 'voterBehind':
      return `${at}: member ${wait.memberId} on ${wait.instanceId} votes and is too far behind the leader; its hook is answered when it has caught up`;
    case 'evenSize':
      return `${at}: its group wants ${wait.desiredCapacity} voters, which bear no more failures than ${wait.desiredCapacity - 1} do; set the desired capacity to an odd number`;
    default:
      return unreachable(wait);
  }
}

const SILENCE_MEANS: Readonly<Record<Silence, string>> = {
  unreachable: 'its address cannot be reached',
  refused: 'its machine is up, and nothing listens there',
  deadline: 'it takes connections and does not answer in time',
  denied: 'it denies the access of the configured user',
  untrusted: 'one side does not accept the certificate of the other',
  failed: 'its answer cannot be understood',
  cutOff: 'it sees no majority of the others',
  alarmed: 'it reports an alarm of its own',
  notAsked: 'no address is known of it',
};

const SILENCE_NEXT: Readonly<Record<SilenceStep, string>> = {
  grace: 'it is reported to its group as unhealthy when its grace is over',
  asking: 'its grace is over, and the leader is asked whether it hears from it',
  heard:
    'it stays, for the leader hears from it: the way from the functions to it is broken (security groups, routes)',
  unconfirmed: 'it stays, for the leader does not say whether it hears from it (/metrics at its client URL)',
  due: 'its grace is over, and its group is told to replace it',
  replaced: 'its group counts it as unhealthy and replaces it through its hooks',
  overdue:
    'its group keeps it until its replacement is in service; it goes first where that one cannot join beside it',
  vetoed:
    'it was reported before and is healthy to its group again: whoever called it healthy should look at it',
  queued: 'it is reported to its group after the one that leaves now',
  kept: 'it stays, for another machine would not mend that; look at the log of etcd on it',
};

const ENDING_MEANS: Readonly<Record<Ending, string>> = {
  spotInterruption: 'a spot interruption',
  retirement: 'its hardware is retired',
};

export const list = (names: readonly string[]): string => names.join(', ');

const countsOf = (verdict: QuorumVerdict): string =>
  `${verdict.answeringAfterCount} of ${verdict.afterCount} voters would answer and ${verdict.quorumAfterCount} must`;
