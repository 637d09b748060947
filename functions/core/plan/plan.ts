import type { Claim } from '../claim.ts';
import type { InstanceId, MemberId } from '../identity.ts';
import type { Memory } from '../memory.ts';
import type { HookOfInstance, HookResult } from '../ports.ts';
import type { RebootLock } from '../reboot/lock.ts';
import type { Restore } from '../restore.ts';
import type { StackSignal } from '../stack-port.ts';
import type { Status } from '../status.ts';
import type { Ticket } from '../ticket.ts';
import type { Edited } from './edited.ts';
import type { MaintenanceAction } from './maintenance-action.ts';
import type { CleanupReason, DepartureReason, ReleaseReason, ReportReason, SignalReason } from './reasons.ts';
import type { RecoveryAction, RecoveryStep } from './recovery-step.ts';
import type { Wait } from './waits.ts';

export type { Wait, WaitKind } from './waits.ts';

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
      readonly restore?: Restore;
    }
  | { readonly kind: 'tagGroup'; readonly groupName: string; readonly number: number }
  | {
      readonly kind: 'writeClaim';
      readonly claim: Claim;
      readonly because: 'pinned' | 'rebuilt' | 'unreadable' | 'lastFailed' | 'recovered';
    }
  | ({ readonly kind: 'writeTicket'; readonly ticket: Ticket } & Edited)
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
  | {
      readonly kind: 'endInstance';
      readonly instanceId: InstanceId;
      readonly memberId: MemberId;
      readonly because: 'silent' | 'corrupt';
    }
  | MaintenanceAction
  | ({ readonly kind: 'signalStack'; readonly because: SignalReason } & StackSignal)
  | {
      readonly kind: 'cancelRefresh';
      readonly groupName: string;
      /** Whose join failed, and when it was launched: by that refresh, if one ran. */
      readonly instanceId: InstanceId;
      readonly launchedAtMs: number;
    }
  | ({ readonly kind: 'publishList'; readonly list: 'endpoints' | 'peers'; readonly text: string } & Edited)
  | ({ readonly kind: 'publishStatus'; readonly status: Status; readonly previous: Status | null } & Edited)
  | {
      readonly kind: 'answerHook';
      readonly hook: HookOfInstance;
      readonly result: HookResult;
      readonly because: ReleaseReason;
    }
  | RecoveryAction;

export type ActionKind = Action['kind'];

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
    case 'defragment':
      return true;
    default:
      return false;
  }
}

/** Whether something ends by itself soon, so that the pass keeps looking. What is frozen is not followed. */
export function isWorthFollowing(plan: Plan): boolean {
  return plan.waits.some(isProgressing) && plan.waits.every(({ kind }) => kind !== 'frozen');
}

/** A word of advice: nothing is waited for. A cluster that wants two voters never tolerates that one is rewritten. */
export const isAdvice = (wait: Wait): boolean =>
  wait.kind === 'evenSize' ||
  (wait.kind === 'defragmentationDue' && wait.shortfalls.every((code) => code === 'toleratesTooFew'));

/** Waits that end by themselves soon: the pass keeps looking, and asks to be called again. */
export function isProgressing(wait: Wait): boolean {
  switch (wait.kind) {
    case 'voterSilent':
      return wait.next === 'asking';
    case 'recovering':
      return isUnderWay(wait.step);
    case 'awaitingReplacement':
    case 'deletionPending':
    case 'settling':
    case 'notTolerant':
      return wait.isSoon;
    case 'clusterForming':
    case 'learnerCatchingUp':
    case 'memberStarting':
    case 'addressResting':
    case 'leaverSilent':
    case 'membersDisagree':
    case 'voterBehind':
      return true;
    case 'makingSpace':
      return wait.next === 'freeing' || wait.next === 'permit' || wait.next === 'change';
    default:
      return false;
  }
}

/** Nobody but a person, or the group, ends the other steps. */
const isUnderWay = (step: RecoveryStep): boolean =>
  step === 'capturing' || step === 'proving' || step === 'fencing' || step === 'restoring';
