import type { ClusterId, InstanceId, MemberId } from '../identity.ts';
import type { Silence } from '../observation.ts';
import type { Ending } from '../ports.ts';
import type { QuorumVerdict } from '../quorum.ts';
import type { ShortfallCode } from '../shortfalls.ts';
import type { VersionDoubt } from '../versions.ts';
import type { MaintenanceWait } from './maintenance-wait.ts';
import type { ActionKind } from './plan.ts';
import type { SilenceStep } from './reasons.ts';
import type { RebootWait } from './reboot-wait.ts';
import type { RecoveryWait } from './recovery-step.ts';
import type { ToleranceWait } from './tolerance-wait.ts';

/** What must not happen yet, or not without a person, and why (rule R9). */
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
  | {
      readonly kind: 'clusterForming';
      readonly claim: number;
      readonly instanceIds: readonly InstanceId[];
      /** Why the founder cannot restore the snapshot that the cluster is to begin with, in its words. */
      readonly trouble?: string;
    }
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
  | RecoveryWait
  | MaintenanceWait
  | ToleranceWait
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export type WaitKind = Wait['kind'];
