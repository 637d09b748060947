import type { Claim } from './claim.ts';
import type { ClusterConfig } from './config.ts';
import type { DatabaseSight } from './databases.ts';
import type { EtcdStatus } from './etcd-status.ts';
import type { ClusterId, InstanceId, MemberId } from './identity.ts';
import type { Memory } from './memory.ts';
import type { Ending, HookSettings, Machine, MemberEntry, SilenceReason } from './ports.ts';
import type { RebootLock } from './reboot/lock.ts';
import type { RecoveryRecords } from './recovery/records.ts';
import type { ProofSight, RecoveryChoice, SavedSight } from './recovery/sources.ts';
import { rememberedLast } from './remembered.ts';
import type { BootReport } from './report.ts';
import type { SpaceRecord } from './space.ts';
import type { StackResource } from './stack-port.ts';
import type { Status } from './status.ts';
import type { Ticket } from './ticket.ts';

/** Everything that one decision is based on, read once. The planner knows nothing else. */
export interface Observation {
  readonly cluster: string;
  /** Wall time at the start of the look; "now" for every rule. */
  readonly takenAtMs: number;
  readonly config: ClusterConfig;
  readonly group: MemberGroup;
  /** The instances that the group lists, in order of their ids. */
  readonly instances: readonly Instance[];
  /** What EC2 says of every instance id that matters, listed by the group or not. */
  readonly machines: ReadonlyMap<InstanceId, Machine>;
  readonly records: Records;
  readonly etcd: EtcdView;
  readonly databases: DatabaseSight;
  /** What a lost cluster could be brought back from, apart from its survivors, and of one that was captured what its copy is worth; `null`: not asked. */
  readonly saved: SavedSight | null;
  readonly proof: ProofSight | null;
  /** What this pass did or saw in its earlier looks. */
  readonly pass: PassMemory;
}

export interface MemberGroup {
  readonly name: string;
  readonly desiredCapacity: number;
  readonly deleting: boolean;
  /** Number of the claim that the group was tagged with; `null`: never bootstrapped. */
  readonly bootstrapped: number | null;
  readonly hooks: readonly HookSettings[];
  /** What the group is in its stack; `null`: no stack made it. */
  readonly stack: StackResource | null;
}

/**
 * `arriving` and `inService` may join. `leaving` must leave, and so must `retained` (its terminate
 * hook was abandoned; it runs until a person ends it) and `warm` (in the warm pool, which is no
 * part of the group's capacity). `aside` (standby, detaching) keeps what it has.
 */
export type Stage = 'arriving' | 'inService' | 'leaving' | 'retained' | 'warm' | 'aside';

export interface Instance {
  readonly id: InstanceId;
  readonly stage: Stage;
  /** The hook that this instance waits in, if any. */
  readonly waitsIn: 'launch' | 'terminate' | null;
  /** Start of the scaling activity behind the hook (or right before it); `null`: none was listed. */
  readonly hookSinceMs: number | null;
  readonly launchedAtMs: number | null;
  /** `null`: EC2 gives no address (any more), or the machine does not run. */
  readonly address: string | null;
  readonly zone: string;
  /** The group counts it as unhealthy, and will replace it. */
  readonly isUnhealthy: boolean;
  /** EC2 has announced its end; `null`: not as far as is known. */
  readonly ending: Ending | null;
}

/** What stands under the cluster's path in Parameter Store. */
export interface Records {
  readonly claim: Claim | null;
  /** The claim that was made after this one failed, and does not stand yet. */
  readonly nextClaim: Claim | null;
  /** Records that stand but cannot be read: never taken for absent. */
  readonly unreadable: readonly string[];
  readonly tickets: ReadonlyMap<InstanceId, Ticket>;
  /** Names under `members/`, readable or not: any of them forbids a bootstrap. */
  readonly ticketNames: readonly string[];
  readonly reports: readonly BootReport[];
  /** Names under `reports/`, readable or not. */
  readonly reportNames: readonly string[];
  readonly recovery: RecoveryRecords;
  readonly endpoints: string | null;
  readonly peers: string | null;
  readonly space: SpaceRecord;
  readonly status: Status | null;
  readonly statusText: string | null;
  /** What DNS, registry and checks found (`dns/<zone>`, `registry`, `checks`), as it stands: shown, never decided by. */
  readonly told: ReadonlyMap<string, string>;
}

export interface EtcdView {
  /** Cluster ids seen among the instances, each with the instances that showed it. */
  readonly clusterIds: ReadonlyMap<ClusterId, readonly InstanceId[]>;
  /** `null`: no voter answered, so who is a member is unknown. */
  readonly view: MemberView | null;
  /** What each instance's etcd said of itself, whoever it is and whether or not anybody stands behind it. */
  readonly statuses: ReadonlyMap<InstanceId, SeenStatus>;
  /** Where no voter answers: the members as each that shows a status has them itself, without asking the others. */
  readonly rosters: ReadonlyMap<InstanceId, readonly MemberEntry[]>;
  /** Alarms that a voter with a majority behind it told, sorted; each voter tells those of all. */
  readonly alarms: readonly string[];
  /** Which member may reboot now; `null`: no voter answered, so nobody knows. */
  readonly rebooting: RebootLock | null;
  /** Instances whose etcd is there and does not let us: no user of ours, or a certificate that is not accepted. */
  readonly turnedAway: readonly TurnedAway[];
  /** How many instances were asked, and how many gave any sign of etcd. */
  readonly askedCount: number;
  readonly statusCount: number;
}

type TurnedAway = { readonly instanceId: InstanceId; readonly because: 'denied' | 'untrusted' };

export interface SeenStatus extends EtcdStatus {
  /** It proved that a majority stands behind it. */
  readonly linearizable: boolean;
}

export interface MemberView {
  /** The voter that this view was read from, after it proved itself. */
  readonly witness: string;
  readonly clusterId: ClusterId;
  readonly members: readonly Member[];
  /** False when two voters that answer tell different member lists: a change is in flight. */
  readonly agreed: boolean;
  /** Every voter told its member list, and all the same: what a version step needs. */
  readonly toldByAll: boolean;
  readonly leaderId: MemberId | null;
  /** Grows with each election; decimal text. */
  readonly raftTerm: string;
  readonly memory: Memory;
}

export interface Member {
  readonly id: MemberId;
  readonly name: string;
  readonly role: 'voter' | 'learner';
  /** False until its etcd has published itself: its name and its client URLs. */
  readonly started: boolean;
  readonly peerUrl: string;
  readonly clientUrl: string | null;
  /** The instance behind it; `null`: foreign, nobody here created it. */
  readonly instanceId: InstanceId | null;
  /** Voters: as design section 2 defines it. Learners: its status came, of this cluster and without error. */
  readonly answers: boolean;
  /** Why it does not; `null` when it does. */
  readonly silence: Silence | null;
  readonly raftIndex: bigint | null;
  readonly version: string | null;
}

/**
 * `cutOff`: it shows its status, and neither a leader nor a linearizable read. `alarmed`: it reports
 * an error of its own. `notAsked`: no address is known of it, or nobody of ours is behind it.
 */
export type Silence = SilenceReason | 'cutOff' | 'alarmed' | 'notAsked';

export interface PassMemory {
  /** Hooks answered in this pass ({@link hookKey}); Auto Scaling may still list them for a moment. */
  readonly answeredHooks: ReadonlySet<string>;
  /** Instances that the group's stack was told of. */
  readonly signalled: ReadonlySet<InstanceId>;
  /** Instances whose refresh was ended, if there was one. */
  readonly refreshesEnded: ReadonlySet<InstanceId>;
  /** When a peer URL was removed: etcd makes ids from the second, so it rests before it is added again. */
  readonly removedAtMs: ReadonlyMap<string, number>;
  /** Parameters that were written again in this pass, because somebody had changed or deleted them. */
  readonly repairedAtMs: ReadonlyMap<string, number>;
  readonly failedTransferCount: number;
  /** Whether the leader hears from a voter that does not answer us; absent: not known yet. */
  readonly leaderHears: ReadonlyMap<MemberId, boolean>;
  /** The leader does not say whom it hears. */
  readonly isLeaderMute: boolean;
  /** Consecutive looks in which a learner answered and was in sync. */
  readonly inSyncLooks: ReadonlyMap<MemberId, number>;
  /** Nonce of a look that somebody waits to see answered in the status; `null`: nobody asked. */
  readonly asked: string | null;
  /** What an operator chose to bring a lost cluster back from; `null`: nobody did. */
  readonly choice: RecoveryChoice | null;
  /** An operator asks what could be chosen, or chose. */
  readonly isRecoveryAsked: boolean;
  /** A survivor's database was asked for in this pass. */
  readonly captureAsked: boolean;
}

export const votersOf: (members: readonly Member[]) => readonly Member[] = rememberedLast((members) =>
  members.filter((member) => member.role === 'voter'),
);

export const learnersOf = (members: readonly Member[]): readonly Member[] =>
  members.filter((member) => member.role === 'learner');

/** Names the hook that an instance waits in, for {@link PassMemory.answeredHooks}. */
export const hookKey = (instance: Pick<Instance, 'id' | 'waitsIn'>): string =>
  `${instance.waitsIn}:${instance.id}`;
