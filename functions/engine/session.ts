import type { Sight } from '../core/checks/sight.ts';
import type { InstanceId, MemberId } from '../core/identity.ts';
import type { KvHash } from '../core/maintenance-port.ts';
import { HOOK } from '../core/names.ts';
import { hookKey, learnersOf, type MemberView, type PassMemory } from '../core/observation.ts';
import { isCloseBehind } from '../core/plan/in-sync.ts';
import type { Ending, HookOfInstance, Probe, ScalingGroup } from '../core/ports.ts';
import type { RecoveryChoice } from '../core/recovery/sources.ts';
import { HearingRecord } from './hearing-record.ts';

/** What one pass remembers between its looks. Nothing in it is needed after a crash. */
export class Session implements PassMemory {
  readonly answeredHooks = new Set<string>();
  readonly signalled = new Set<InstanceId>();
  readonly refreshesEnded = new Set<InstanceId>();
  readonly removedAtMs = new Map<string, number>();
  readonly repairedAtMs = new Map<string, number>();
  readonly inSyncLooks = new Map<MemberId, number>();
  failedTransferCount = 0;
  readonly asked: string | null;
  readonly choice: RecoveryChoice | null;
  readonly isRecoveryAsked: boolean;
  captureAsked = false;
  readonly hearing = new HearingRecord();
  /** `null`: not asked yet. */
  endings: ReadonlyMap<InstanceId, Ending> | null = null;
  /** What the last look found to matter; the next asks for it at once. */
  lastGroup: ScalingGroup | null = null;
  lastIds: readonly InstanceId[] = [];
  /** Since when every look has found nobody listed, for a deletion; `null`: the last one found somebody. */
  #emptySinceMs: number | null = null;
  /** Voters that proved themselves in the last look, by their endpoints. */
  voters: ReadonlyMap<string, MemberId> = new Map();
  /** Endpoints of voters that said they do not know enough of the others yet. */
  readonly poorlyConnected = new Set<string>();
  /** Endpoints that the last look found on the way to be voters, each with its {@link signOf}. */
  unsettled: ReadonlyMap<string, string> = new Map();
  /** What voters hold, as far as it was compared in this pass; and how often it was. */
  hashes: ReadonlyMap<MemberId, KvHash> = new Map();
  hashingCount = 0;
  /** How far the cluster was in the last minutes; `undefined`: not asked yet. */
  past: Sight | null | undefined;
  readonly #sights = new Set<string>();

  constructor(asked: string | null = null, recover: RecoveryChoice | 'options' | null = null) {
    this.asked = asked;
    this.isRecoveryAsked = recover !== null;
    this.choice = recover === 'options' ? null : recover;
  }

  /** Whether the members that this pass saw changed, or a learner came closer, between any two looks. */
  get sawMovement(): boolean {
    return this.#sights.size > 1;
  }

  get leaderHears(): ReadonlyMap<MemberId, boolean> {
    return this.hearing.hears;
  }

  get isLeaderMute(): boolean {
    return this.hearing.isMute;
  }

  noteAws(group: ScalingGroup, ids: readonly InstanceId[]): void {
    this.lastGroup = group;
    this.lastIds = ids;
  }

  /** For how long nobody has been listed by now. */
  noteListed(count: number, nowMs: number): number {
    this.#emptySinceMs = count > 0 ? null : (this.#emptySinceMs ?? nowMs);
    return this.#emptySinceMs === null ? 0 : nowMs - this.#emptySinceMs;
  }

  noteProbes(probes: readonly Probe[]): void {
    this.unsettled = new Map(
      probes.filter(isUnsettled).map((probe) => [probe.endpoint, signOf(probe)] as const),
    );
    this.voters = new Map(
      probes.flatMap((probe) => (isProven(probe) ? [[probe.endpoint, probe.status.memberId]] : [])),
    );
  }

  noteMembers(view: MemberView | null): void {
    const members = view?.members.map(({ id, role, started, raftIndex }) =>
      [id, role, started, role === 'learner' ? raftIndex : ''].join(' '),
    );
    this.#sights.add(members?.sort().join() ?? '');
  }

  noteAnswered(hook: HookOfInstance): void {
    const waitsIn = hook.hookName === HOOK.launch ? 'launch' : 'terminate';
    this.answeredHooks.add(hookKey({ id: hook.instanceId, waitsIn }));
  }

  /** Counts looks in a row in which a learner answered close behind the leader; one bad look starts anew. */
  countInSync(view: MemberView | null): void {
    // A look in which no voter answered shows nobody in sync: what comes after it is no row with what came before.
    if (view === null) {
      this.inSyncLooks.clear();
      return;
    }
    const close = learnersOf(view.members).filter(
      (learner) => learner.answers && isCloseBehind(view, learner),
    );
    const ids = new Set(close.map((learner) => learner.id));
    for (const id of this.inSyncLooks.keys()) if (!ids.has(id)) this.inSyncLooks.delete(id);
    for (const id of ids) this.inSyncLooks.set(id, (this.inSyncLooks.get(id) ?? 0) + 1);
  }
}

/** Nothing listens there yet, or it is no voter yet. One that lets its deadline pass is no sign of anything soon. */
const isUnsettled = (probe: Probe): boolean =>
  probe.kind === 'silent' ? probe.because === 'refused' : !probe.linearizable;

const isProven = (probe: Probe): probe is Extract<Probe, { readonly kind: 'status' }> =>
  probe.kind === 'status' && probe.linearizable;

/** What tells a voter, a learner and all others apart. */
export function signOf(probe: Probe): string {
  if (probe.kind === 'silent') return '';
  const { memberId, isLearner } = probe.status;
  if (probe.linearizable) return `voter ${memberId}`;
  return isLearner ? `learner ${memberId}` : '';
}
