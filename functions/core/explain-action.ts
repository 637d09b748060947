import { unreachable } from './errors.ts';
import { list } from './explain-change.ts';
import { explainMaintenanceAction } from './explain-maintenance.ts';
import { explainRecoveryAction } from './explain-recovery.ts';
import type { Action } from './plan/plan.ts';
import type {
  CleanupReason,
  DepartureReason,
  ReleaseReason,
  ReportReason,
  SignalReason,
} from './plan/reasons.ts';
import type { ClusterHealth } from './status.ts';
import type { Ticket } from './ticket.ts';

type ActionOf<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>;

/** One plain sentence: what is done, to which cluster and member, and why. */
export function explainAction(cluster: string, action: Action): string {
  const at = `cluster ${cluster}`;
  switch (action.kind) {
    case 'claimCluster':
      return `${at} ${foundingMeans(action)}`;
    case 'tagGroup':
      return `${at}: group ${action.groupName} is tagged as bootstrapped by claim ${action.number}`;
    case 'writeClaim':
      return `${at}: ${claimMeans(action)}`;
    case 'writeTicket':
      return `${at}: ${action.ticket.instanceId} gets its ticket, ${TICKET_MEANS[action.ticket.state]}`;
    case 'removeParameters':
      return `${at}: the parameters ${list(action.names)} are deleted, for ${CLEANUP_BECAUSE[action.because]}`;
    case 'publishList':
      return `${at}: the parameter ${action.list} is written as ${action.text}`;
    case 'publishStatus':
      return `${at}: its status is published as ${HEALTH_MEANS[action.status.health]}, generation ${action.status.generation}`;
    case 'reportUnhealthy':
      return `${at}: ${action.instanceId} of member ${action.memberId} is reported to its group as unhealthy, for ${REPORTED_BECAUSE[action.because]}`;
    case 'endInstance':
      return `${at}: ${action.instanceId} is ended through its hook, for its member ${action.memberId} ${ENDED_BECAUSE[action.because]}`;
    case 'signalStack':
      return `${at}: stack ${action.stackName} is sent ${action.status} for ${action.instanceId}, for ${SIGNAL_BECAUSE[action.because]}`;
    case 'cancelRefresh':
      return `${at}: the instance refresh of group ${action.groupName} is ended if it launched ${action.instanceId}, whose join failed: it shall take no other instance`;
    case 'answerHook':
      return `${at}: ${action.hook.hookName} of ${action.hook.instanceId} is answered with ${action.result}, for ${RELEASE_BECAUSE[action.because]}`;
    case 'noteQuorum':
    case 'startRecovery':
    case 'askCapture':
    case 'fenceInstance':
    case 'claimRecovered':
    case 'finishRecovery':
      return explainRecoveryAction(at, action);
    case 'noteSpace':
    case 'compact':
    case 'defragment':
    case 'disarm':
      return explainMaintenanceAction(at, action);
    default:
      return explainEtcdAction(at, action);
  }
}

const foundingMeans = ({ number, members, restore }: Extract<Action, { readonly kind: 'claimCluster' }>) =>
  `is founded by claim ${number} with ${list(Object.keys(members))}${restore === undefined ? '' : `, which restores ${restore.uri}`}`;

function explainEtcdAction(
  at: string,
  action: ActionOf<
    'addLearner' | 'promoteLearner' | 'removeMember' | 'moveLeader' | 'remember' | 'freeReboots'
  >,
): string {
  switch (action.kind) {
    case 'addLearner':
      return `${at}: ${action.instanceId} is added as a learner at ${action.peerUrl}`;
    case 'promoteLearner':
      return `${at}: member ${action.memberId} on ${action.instanceId} has caught up and becomes a voter`;
    case 'removeMember':
      return `${at}: member ${action.memberId} on ${action.instanceId ?? 'no instance of ours'} is removed, for ${DEPARTED_BECAUSE[action.because]}`;
    case 'moveLeader':
      return `${at}: leadership moves from member ${action.from} to member ${action.to}, for its holder leaves or is defragmented next`;
    case 'freeReboots':
      return `${at}: the lock for reboots is taken off ${list(action.instanceIds)}, for EC2 says that it is gone`;
    case 'remember':
      return `${at}: what was seen of silent and missing members is written into etcd`;
    default:
      return unreachable(action);
  }
}

const ENDED_BECAUSE = {
  silent: 'is silent and its replacement cannot join before it goes',
  corrupt: 'was corrupt and is removed: the group replaces it',
} as const;
const TICKET_MEANS: Readonly<Record<Ticket['state'], string>> = {
  joining: 'which announces that it will be added',
  ticket: 'with which it starts etcd once',
  started: 'marked as used, for its etcd was seen',
};
const CLEANUP_BECAUSE: Readonly<Record<CleanupReason, string>> = {
  instanceGone: 'their instances are gone',
  reportHandled: 'what they reported is dealt with',
  clusterDeleted: 'the cluster is being deleted',
  quorumBack: 'voters answer again',
};
const DEPARTED_BECAUSE: Readonly<Record<DepartureReason, string>> = {
  terminating: 'its instance is terminating',
  outOfService: 'its instance is out of service and runs on',
  instanceGone: 'its instance is gone',
  diskLost: 'its boot script reports that its data is lost',
  neverStarted: 'its etcd did not start within its grace',
  neverCaughtUp: 'it did not catch up with the leader within its grace',
  corrupt: 'its data is not that of the others',
  versionStep: 'the voters were not ready for its version within its grace',
};
const REPORTED_BECAUSE: Readonly<Record<ReportReason, string>> = {
  silent: 'it did not answer for its grace',
  spotInterruption: 'EC2 interrupts it soon',
  retirement: 'EC2 retires its hardware',
};
const RELEASE_BECAUSE: Readonly<Record<ReleaseReason, string>> = {
  votes: 'its member votes and is published',
  left: 'it is no member any more',
  neverJoined: 'it never was a member',
  warmed: 'it belongs to the warm pool and is no member',
  claimFailed: 'the claim that it belongs to has failed',
  clusterDeleted: 'the cluster is being deleted',
  fenced: 'the cluster that it may hold is lost, and another one takes its place',
  joinFailed: 'its etcd did not start within its grace',
};
const SIGNAL_BECAUSE: Readonly<Record<SignalReason, string>> = {
  steady: 'it votes, and the cluster tolerates one more failure',
  joinFailed: 'its join failed',
  claimFailed: 'the claim that it belongs to has failed',
};
const HEALTH_MEANS: Readonly<Record<ClusterHealth, string>> = {
  healthy: 'healthy',
  degraded: 'degraded',
  quorumLost: 'without quorum',
};

function claimMeans({ claim, because }: Extract<Action, { readonly kind: 'writeClaim' }>): string {
  switch (because) {
    case 'pinned':
      return `its id ${claim.clusterId} is pinned in the parameter bootstrap`;
    case 'rebuilt':
      return 'the lost parameter bootstrap is written again from the members that answer';
    case 'unreadable':
      return 'the parameter bootstrap, which cannot be read, is written again from the members that answer';
    case 'recovered':
      return `claim ${claim.number} of the recovery takes the place of the lost cluster’s, in the parameter bootstrap`;
    case 'lastFailed':
      return `claim ${claim.number} takes the place of the one that failed, in the parameter bootstrap`;
    default:
      return unreachable(because);
  }
}
