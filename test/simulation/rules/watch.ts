import type { Machine, Probe, ScalingGroup } from '../../../functions/core/ports.ts';
import { isWaitingState, readJson, type TrueMember, type Truth } from './truth.ts';

/** The reads that an observation is made of, each with the count of calls at which it last began. */
export type Read = 'groups' | 'parameters' | 'machines' | 'probe' | 'members';

/** What one voter or learner told of itself in the last round of probes. */
interface Told {
  readonly raftIndex: bigint;
  /** As design section 2 defines it: it proved itself by a linearizable read, and knows a leader and no error. */
  readonly answers: boolean;
  /** The same, whatever alarms stand. */
  readonly proves: boolean;
  /** Of a learner, which proves nothing: its status came, of this cluster and without error. */
  readonly isUp: boolean;
}

/** The etcd of the world at the moment at which a function asked it: what nobody could know is held against nobody. */
export interface Snapshot {
  readonly members: readonly TrueMember[];
  /** Who ran at some moment of the round of probes, and who at its beginning and at its end. */
  readonly running: ReadonlySet<string>;
  readonly lasting: ReadonlySet<string>;
  readonly leaderId: string | null;
}

export function snapshotOf({ etcd }: Truth): Snapshot {
  const members = etcd.members.map((member) => ({ ...member }));
  const running = etcd.running();
  return { members, running, lasting: running, leaderId: etcd.leaderId };
}

const votersOf = ({ etcd }: Truth): ReadonlySet<string> =>
  new Set(etcd.members.filter(({ isLearner }) => !isLearner).map(({ id }) => id));

const NO_SNAPSHOT: Snapshot = { members: [], running: new Set(), lasting: new Set(), leaderId: null };

/** What one function was told, and what it did, in order. */
export class PassWatch {
  readonly owner: string;
  readonly mode: 'act' | 'dryRun' | 'look';
  readonly startedAtMs: number;
  readonly begun = new Map<Read, number>();
  observedAtMs = 0;
  /** Lifecycle states as the member groups and their pools were last listed. */
  readonly listed = new Map<string, string>();
  readonly unhealthy = new Set<string>();
  /** Whether the group was returned at all, and how many with the role. */
  groupCount = 0;
  /** Instances whose hooks this function tried to extend, or answered. */
  readonly beaten = new Set<string>();
  /** Those that waited when this function saw them first. */
  readonly #due = new Map<string, boolean>();
  readonly answered = new Set<string>();
  /** Global limits of the hooks as they were told, in milliseconds. */
  readonly limitsMs = new Map<string, number>();
  readonly said = new Map<string, Machine>();
  configText: string | undefined;
  /** The list of endpoints as it read or wrote it last. */
  endpointsText: string | undefined;
  /** The same of the status. */
  statusText: string | undefined;
  /** It read that the cluster is to be deleted, which another function may have finished since. */
  sawIntent = false;
  readonly told = new Map<string, Told>();
  readonly clusterIds = new Set<string>();
  /** Kinds of the alarms that stood when its last probes were answered. */
  alarms: ReadonlySet<string> = new Set();
  snapshot: Snapshot = NO_SNAPSHOT;
  /** Ids of the voters when its last probes were answered, and when each list of members was that it read after them. */
  #electorates: readonly ReadonlySet<string>[] = [];
  /** Count at which the permit was taken, and at which anything was last done. */
  permitAt = 0;
  effectAt = 0;
  /** The same of what is more than written down, told or let go; and of the memory in etcd. */
  changeAt = 0;
  memoryAt = 0;
  isPermitReturned = true;
  failedTransfers = 0;
  #ran: ReadonlySet<string> = new Set();
  /** Of which settings that was told; `null`: of none yet. */
  #frozenText: string | undefined | null = null;
  #isFrozen = false;

  constructor(owner: string, mode: PassWatch['mode'], startedAtMs: number) {
    this.owner = owner;
    this.mode = mode;
    this.startedAtMs = startedAtMs;
  }

  /** Voters that answered by what this function was told, and that truly ran then. */
  answering(): readonly TrueMember[] {
    return this.voters().filter(
      ({ id }) => this.told.get(id)?.answers === true && this.snapshot.running.has(id),
    );
  }

  /** Voters that a majority stands behind, alarmed or not, and that truly ran then. */
  proven(): readonly TrueMember[] {
    return this.voters().filter(
      ({ id }) => this.told.get(id)?.proves === true && this.snapshot.running.has(id),
    );
  }

  voters(): readonly TrueMember[] {
    return this.snapshot.members.filter(({ isLearner }) => !isLearner);
  }

  /** A list of members is read after the probes: who became a voter in between is in it, and who was removed is not. */
  votedAtSomeMoment(id: string): boolean {
    return this.#electorates.some((ids) => ids.has(id));
  }

  votedThroughout(id: string): boolean {
    return this.#electorates.every((ids) => ids.has(id));
  }

  hasAsked(read: Read, since: number): boolean {
    return (this.begun.get(read) ?? -1) > since;
  }

  /** The settings that this function read say `frozen`, or cannot be read. */
  isFrozen(): boolean {
    if (this.configText !== this.#frozenText) {
      this.#frozenText = this.configText;
      const config = readJson(this.configText);
      this.#isFrozen = config === null || config['frozen'] === true;
    }
    return this.#isFrozen;
  }

  noteGroups(groups: readonly ScalingGroup[]): void {
    this.listed.clear();
    this.unhealthy.clear();
    this.groupCount = 0;
    for (const { tags, instances } of groups) {
      if (tags.get('etcd-autopilot:role') !== 'member') continue;
      this.groupCount += 1;
      for (const { id, lifecycle, health } of instances) {
        this.listed.set(id, lifecycle);
        this.#noteDue(id, lifecycle);
        if (health !== 'Healthy') this.unhealthy.add(id);
      }
    }
  }

  notePool(instances: ScalingGroup['instances']): void {
    for (const { id, lifecycle } of instances) {
      if (this.listed.has(id)) continue;
      this.listed.set(id, lifecycle);
      this.#noteDue(id, lifecycle);
    }
  }

  /** A hook that begins in the middle of a pass has all of its time: the next pass extends it. */
  #noteDue(id: string, lifecycle: string): void {
    if (!this.#due.has(id)) this.#due.set(id, isWaitingState(lifecycle));
  }

  /** Those shown to be waiting whose hook got no heartbeat from this function. */
  unbeaten(): readonly string[] {
    const missing: string[] = [];
    for (const [id, isWaiting] of this.#due) if (isWaiting && !this.beaten.has(id)) missing.push(id);
    return missing;
  }

  /** A round of probes begins: who runs now and answers may be gone when the last answer is in. */
  noteAsked(truth: Truth): void {
    this.#ran = truth.etcd.running();
  }

  /** The members were listed to this function, as they are now. */
  noteMembers(truth: Truth): void {
    this.#electorates = [...this.#electorates, votersOf(truth)];
  }

  noteProbes(truth: Truth, probes: readonly Probe[]): void {
    const now = snapshotOf(truth);
    const lasting = new Set([...now.running].filter((id) => this.#ran.has(id)));
    this.snapshot = { ...now, running: new Set([...this.#ran, ...now.running]), lasting };
    this.#electorates = [votersOf(truth)];
    this.told.clear();
    this.alarms = new Set(truth.etcd.alarms.values());
    this.clusterIds.clear();
    for (const probe of probes) {
      if (probe.kind !== 'status') continue;
      const { memberId, clusterId, leaderId, isLearner, raftIndex, errors } = probe.status;
      this.clusterIds.add(clusterId);
      if (this.told.has(memberId)) continue;
      const isOurs = clusterId === truth.etcd.clusterId && leaderId !== null;
      const isUp = isOurs && errors.length === 0;
      const proves = isOurs && !isLearner && probe.linearizable;
      this.told.set(memberId, { raftIndex: BigInt(raftIndex), answers: proves && isUp, proves, isUp });
    }
  }
}
