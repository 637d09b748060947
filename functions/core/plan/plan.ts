import type { Claim } from '../claim.ts';
import type { ClusterId, InstanceId, MemberId } from '../identity.ts';
import type { Memory } from '../memory.ts';
import type { Silence } from '../observation.ts';
import type { Ending, HookOfInstance, HookResult, StackSignal } from '../ports.ts';
import type { QuorumVerdict } from '../quorum.ts';
import type { RebootLock } from '../reboot/lock.ts';
import type { ShortfallCode } from '../shortfalls.ts';
import type { Status } from '../status.ts';
import type { Ticket } from '../ticket.ts';
import type { VersionDoubt } from '../versions.ts';
import type {
  CleanupReason,
  DepartureReason,
  ReleaseReason,
  ReportReason,
  SignalReason,
  SilenceStep,
} from './reasons.ts';
import type { RebootWait } from './reboot-wait.ts';

/** Safest first. The engine applies one action, then looks again; waits say what must not happen yet. */
export interface Plan {
  readonly actions: readonly Action[];
  readonly waits: readonly Wait[];
}

export type Action =
  | {
      readonly kind: 'claimCluster';
      readonly number: number;
      readonly members: Readonly<Record<InstanceId, string>>;
    }
  | { readonly kind: 'tagGroup'; readonly groupName: string; readonly number: number }
  | {
      readonly kind: 'writeClaim';
      readonly claim: Claim;
      readonly because: 'pinned' | 'rebuilt' | 'lastFailed';
    }
  | { readonly kind: 'writeTicket'; readonly ticket: Ticket }
  | { readonly kind: 'removeParameters'; readonly names: readonly string[]; readonly because: CleanupReason }
  | { readonly kind: 'addLearner'; readonly instanceId: InstanceId; readonly peerUrl: string }
  | { readonly kind: 'promoteLearner'; readonly memberId: MemberId; readonly instanceId: InstanceId }
  | {
      readonly kind: 'removeMember';
      readonly memberId: MemberId;
      readonly instanceId: InstanceId | null;
      readonly peerUrl: string;
      readonly because: DepartureReason;
    }
  | {
      readonly kind: 'moveLeader';
      readonly from: MemberId;
      readonly to: MemberId;
      readonly leaderUrl: string;
    }
  | { readonly kind: 'remember'; readonly memory: Memory }
  /** `lock`: as it was read; these instances leave it. */
  | { readonly kind: 'freeReboots'; readonly lock: RebootLock; readonly instanceIds: readonly InstanceId[] }
  | {
      readonly kind: 'reportUnhealthy';
      readonly instanceId: InstanceId;
      readonly memberId: MemberId;
      readonly because: ReportReason;
    }
  | { readonly kind: 'endInstance'; readonly instanceId: InstanceId; readonly memberId: MemberId }
  | ({ readonly kind: 'signalStack'; readonly because: SignalReason } & StackSignal)
  | {
      readonly kind: 'cancelRefresh';
      readonly groupName: string;
      /** Whose join failed, and when it was launched: by that refresh, if one ran. */
      readonly instanceId: InstanceId;
      readonly launchedAtMs: number;
    }
  | { readonly kind: 'publishList'; readonly list: 'endpoints' | 'peers'; readonly text: string }
  | { readonly kind: 'publishStatus'; readonly status: Status; readonly previous: Status | null }
  | {
      readonly kind: 'answerHook';
      readonly hook: HookOfInstance;
      readonly result: HookResult;
      readonly because: ReleaseReason;
    };

export type ActionKind = Action['kind'];

export type Wait =
  | { readonly kind: 'groupMissing' }
  | { readonly kind: 'twoMemberGroups'; readonly groups: readonly string[] }
  | { readonly kind: 'configInvalid'; readonly problems: readonly string[] }
  | { readonly kind: 'secretsUnreadable'; readonly problems: readonly string[] }
  | {
      readonly kind: 'accessRefused';
      readonly because: 'denied' | 'untrusted';
      readonly instanceIds: readonly InstanceId[];
    }
  | { readonly kind: 'frozen'; readonly withheld: readonly ActionKind[] }
  | {
      readonly kind: 'foreignCluster';
      readonly expected: ClusterId | null;
      readonly seen: readonly ClusterId[];
    }
  | { readonly kind: 'recordUnreadable'; readonly name: string }
  | { readonly kind: 'recordNewer'; readonly names: readonly string[] }
  | { readonly kind: 'formerCluster'; readonly found: readonly string[] }
  | { readonly kind: 'instancesMissing'; readonly readyCount: number; readonly wantedCount: number }
  | { readonly kind: 'notAllWaiting'; readonly instanceIds: readonly InstanceId[] }
  | { readonly kind: 'clusterForming'; readonly claim: number; readonly instanceIds: readonly InstanceId[] }
  | { readonly kind: 'claimFailed'; readonly claim: number; readonly stillThere: readonly InstanceId[] }
  | { readonly kind: 'quorumUnknown'; readonly askedCount: number; readonly statusCount: number }
  | { readonly kind: 'alarmRaised'; readonly alarms: readonly string[] }
  | { readonly kind: 'membersDisagree' }
  | { readonly kind: 'noCommit'; readonly voterCount: number; readonly answeringCount: number }
  | { readonly kind: 'quorumAtRisk'; readonly memberId: MemberId; readonly verdict: QuorumVerdict }
  | { readonly kind: 'lastVoter'; readonly instanceId: InstanceId }
  | { readonly kind: 'evidenceMissing'; readonly memberId: MemberId; readonly instanceId: InstanceId }
  | {
      readonly kind: 'voterSilent';
      readonly memberId: MemberId;
      readonly instanceId: InstanceId;
      readonly because: Silence;
      readonly next: SilenceStep;
    }
  | { readonly kind: 'leaverSilent'; readonly memberId: MemberId; readonly instanceId: InstanceId }
  | { readonly kind: 'replacementsExhausted'; readonly instanceId: InstanceId; readonly count: number }
  | {
      readonly kind: 'machineEnding';
      readonly memberId: MemberId;
      readonly instanceId: InstanceId;
      readonly because: Ending;
      /** False: it waits for the others to be able to do without. */
      readonly isReported: boolean;
    }
  | { readonly kind: 'foreignMember'; readonly memberId: MemberId; readonly name: string }
  | { readonly kind: 'foreignChange'; readonly memberId: MemberId }
  | { readonly kind: 'learnerCatchingUp'; readonly memberId: MemberId; readonly instanceId: InstanceId }
  | { readonly kind: 'memberStarting'; readonly memberId: MemberId; readonly instanceId: InstanceId }
  | { readonly kind: 'learnerSilent'; readonly memberId: MemberId; readonly instanceId: InstanceId }
  | {
      readonly kind: 'versionStep';
      readonly memberId: MemberId;
      readonly instanceId: InstanceId;
      readonly version: string;
      readonly doubts: readonly VersionDoubt[];
    }
  | {
      readonly kind: 'joinsPaused';
      readonly instanceIds: readonly InstanceId[];
      readonly failedCount: number;
      readonly untilMs: number;
    }
  | { readonly kind: 'joinQueued'; readonly instanceIds: readonly InstanceId[] }
  | { readonly kind: 'addressTaken'; readonly instanceId: InstanceId; readonly memberId: MemberId }
  | { readonly kind: 'addressResting'; readonly instanceId: InstanceId }
  | { readonly kind: 'addressMissing'; readonly instanceId: InstanceId }
  | { readonly kind: 'tooManyMembers'; readonly instanceId: InstanceId }
  | { readonly kind: 'nameUnsafe'; readonly instanceId: InstanceId; readonly memberId: MemberId }
  | { readonly kind: 'joinFailed'; readonly instanceId: InstanceId }
  /** The stack is told of these when the condition has held for its window. `isSoon`: only little of that is left. */
  | {
      readonly kind: 'settling';
      readonly instanceIds: readonly InstanceId[];
      readonly shortfalls: readonly ShortfallCode[];
      readonly isSoon: boolean;
    }
  /** `isSoon`: worth following closely; without a bound it is left to the schedule. */
  | { readonly kind: 'awaitingReplacement'; readonly instanceId: InstanceId; readonly isSoon: boolean }
  | { readonly kind: 'leaveQueued'; readonly instanceIds: readonly InstanceId[] }
  | { readonly kind: 'instanceRetained'; readonly instanceId: InstanceId }
  | { readonly kind: 'hookPastHalf'; readonly instanceId: InstanceId; readonly hookName: string }
  /** `isSoon`: nobody is seen to be left, which only has to last for a moment. */
  | { readonly kind: 'deletionPending'; readonly stillThere: readonly InstanceId[]; readonly isSoon: boolean }
  | { readonly kind: 'permitHeld' }
  | RebootWait
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export type WaitKind = Wait['kind'];

export const nothing: Plan = { actions: [], waits: [] };
export const act = (...actions: readonly Action[]): Plan => ({ actions, waits: [] });
export const wait = (...waits: readonly Wait[]): Plan => ({ actions: [], waits });

/** Plans one after the other, in order of safety. */
export function merge(...plans: readonly Plan[]): Plan {
  // Most of what is merged is empty: a calm cluster is planned for without making anything.
  const told = plans.filter(({ actions, waits }) => actions.length + waits.length > 0);
  const [first = nothing] = told;
  if (told.length <= 1) return first;
  return { actions: told.flatMap(({ actions }) => actions), waits: told.flatMap(({ waits }) => waits) };
}

/** Actions that may disturb the cluster: each needs its one permit (rule R3). */
export function needsPermit(action: Action): boolean {
  switch (action.kind) {
    case 'addLearner':
    case 'promoteLearner':
    case 'removeMember':
    case 'moveLeader':
    case 'reportUnhealthy':
    case 'endInstance':
      return true;
    default:
      return false;
  }
}

/** Whether something ends by itself soon, so that the pass keeps looking. What is frozen is not followed. */
export function isWorthFollowing(plan: Plan): boolean {
  return plan.waits.some(isProgressing) && plan.waits.every(({ kind }) => kind !== 'frozen');
}

/** Waits that end by themselves soon: the pass keeps looking, and asks to be called again. */
export function isProgressing(wait: Wait): boolean {
  switch (wait.kind) {
    case 'voterSilent':
      return wait.next === 'asking';
    case 'awaitingReplacement':
    case 'deletionPending':
    case 'settling':
      return wait.isSoon;
    case 'clusterForming':
    case 'learnerCatchingUp':
    case 'memberStarting':
    case 'addressResting':
    case 'leaverSilent':
    case 'membersDisagree':
      return true;
    default:
      return false;
  }
}
