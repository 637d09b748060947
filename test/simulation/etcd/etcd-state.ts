import type { EtcdText } from './failures.ts';
import type { FakeEtcd, FakeMember } from './member.ts';
import { letRaftRun } from './raft.ts';
import type { FormerCluster } from './snapshot.ts';
import { Space } from './space.ts';
import { type Family, familyOf } from './versions.ts';

export interface FakePermit {
  readonly owner: string;
  readonly reason: string;
  readonly leaseId: string;
  readonly ttlSeconds: number;
  expiresAtMs: number;
}

export type Alarm = 'NOSPACE' | 'CORRUPT';

/** The oldest: what Debian 12 ships, and what tests run on where nobody says otherwise. */
const VERSION = '3.4.23';
/** Followers miss their leader for one to two seconds before they elect another. */
const ELECTION_MS = 1_500;

/** What there is of a cluster in virtual time: members, processes, who hears whom, who has what and knows what. */
export class EtcdState {
  clusterId: string | null = null;
  members: FakeMember[] = [];
  readonly keys = new Map<string, string>();
  /** `null`: nobody has a majority, or nobody has been elected yet. */
  leaderId: string | null = null;
  lastLeaderId: string | null = null;
  /** When those who are connected will have elected their next leader; `null`: nothing is under way. */
  electionDueAtMs: number | null = null;
  electionMs = ELECTION_MS;
  /** A newcomer has everything after this long. */
  catchUpMs = 0;
  term = 1;
  index = 1_000n;
  readonly space = new Space();
  /** What the leader knows each member to have, and what lies on each member's disk. */
  readonly progress = new Map<string, bigint>();
  readonly disks = new Map<string, bigint>();
  /** Up to here clients were told that their writes are kept. */
  acknowledgedIndex = 0n;
  acknowledgedWrites = 0;
  /** Acknowledged, and gone (I2). */
  lostWrites = 0;
  elections = 0;
  /** Processes by client URL. */
  readonly processes = new Map<string, FakeEtcd>();
  /** Clusters that ever formed: more than one is the end of trust. */
  readonly formed = new Set<string>();
  /** Clusters that this one's data was restored from, the last one last. */
  readonly formers: FormerCluster[] = [];
  restoredRevision = 0n;
  /** Clusters of somebody else, each with one member. */
  readonly strangers = new Set<string>();
  /** Members that a network partition keeps from the others. */
  readonly cutOff = new Set<string>();
  /** Sides of a partition, by member; who is not named is on the side 0. */
  readonly sides = new Map<string, number>();
  /** Pairs of members that do not hear each other. */
  readonly torn = new Set<string>();
  /** Client URLs that the function cannot reach, whatever runs there; those that swallow what is sent. */
  readonly unreachable = new Set<string>();
  readonly blackHoles = new Set<string>();
  /** Alarms of the whole cluster, as every member tells them. */
  readonly alarms = new Map<string, Alarm>();
  /** When the leader last heard of each member: what it received grows with it. */
  readonly heardAtMs = new Map<string, number>();
  permit: FakePermit | null = null;
  /** Every rule of design section 2 that was broken, in words. */
  readonly violations: string[] = [];
  /** Whose pass it is: only the owner of the permit may change membership. `null`: not judged. */
  actor: string | null = null;
  onEffect: (name: string) => void = () => undefined;
  /** A call waits for so long: a deadline, an election, a slow disk. */
  onWait: (ms: number) => void = () => undefined;
  readonly now: () => number;
  readonly removedIds = new Set<string>();
  serial = 0;
  readonly #byMember = new Map<string, FakeEtcd>();
  /** Of every member; set it when the whole cluster is upgraded. */
  version: string;
  /** What newcomers bring; `null`: the same. */
  newVersion: string | null = null;

  constructor(now: () => number, version = VERSION) {
    this.now = now;
    this.version = version;
  }

  get revision(): bigint {
    return this.space.revision;
  }

  get family(): Family {
    return familyOf(this.version);
  }

  /** A client's write: whether it was told that it is kept. */
  clientWrite(): boolean {
    this.elect();
    if (this.leaderId === null || this.objectionToWriting() !== null) return false;
    this.acknowledge();
    return true;
  }

  acknowledge(): void {
    this.acknowledgedWrites += 1;
    this.revise();
  }

  /** An entry that makes a revision of the key space. */
  revise(): void {
    this.space.note(this.index + 1n);
    this.commit();
  }

  /** One entry more that a majority has. */
  commit(): void {
    this.index += 1n;
    this.acknowledgedIndex = this.index;
    // Nothing is told to be kept before it lies on the disks of those who hear the leader.
    for (const { memberId, isInTouch } of this.#byMember.values())
      if (isInTouch) this.disks.set(memberId, this.index);
    this.elect();
  }

  /** Why nothing may be written: an alarm, or one that this write raises because files are full. */
  objectionToWriting(): EtcdText | null {
    if (this.space.quotaBytes < Number.POSITIVE_INFINITY) this.#raiseAlarms();
    if (this.alarms.size === 0) return null;
    return this.isCorrupt() ? 'corrupt cluster' : 'mvcc: database space exceeded';
  }

  /** Of every member whose file is full; one that is corrupt has its alarm already. */
  #raiseAlarms(): void {
    for (const { id } of this.members) {
      if (this.alarms.has(id) || this.processOf(id)?.isInTouch !== true || !this.space.isFull(id)) continue;
      this.alarms.set(id, 'NOSPACE');
      this.commit();
    }
  }

  isCorrupt(): boolean {
    for (const alarm of this.alarms.values()) if (alarm === 'CORRUPT') return true;
    return false;
  }

  /** The member list as this process has it. */
  listOf(process: FakeEtcd): readonly FakeMember[] {
    return process.lastKnown?.members ?? this.members;
  }

  /** Whether two members hear each other, as far as the network goes. */
  reaches(one: string, other: string): boolean {
    if (one === other) return true;
    if (this.cutOff.size > 0 && (this.cutOff.has(one) || this.cutOff.has(other))) return false;
    if (this.sides.size > 0 && (this.sides.get(one) ?? 0) !== (this.sides.get(other) ?? 0)) return false;
    return this.torn.size === 0 || !(this.torn.has(`${one} ${other}`) || this.torn.has(`${other} ${one}`));
  }

  indexOf(memberId: string): bigint {
    return this.disks.get(memberId) ?? 0n;
  }

  processOf(memberId: string): FakeEtcd | undefined {
    return this.#byMember.get(memberId);
  }

  member(id: string): FakeMember | undefined {
    for (const member of this.members) if (member.id === id) return member;
    return undefined;
  }

  /** The cluster's processes, by member; most often they are those of last time. */
  indexProcesses(): ReadonlyMap<string, FakeEtcd> {
    let count = 0;
    for (const process of this.processes.values()) {
      if (process.clusterId !== this.clusterId) continue;
      if (this.#byMember.get(process.memberId) === process) count += 1;
      else count = Number.NaN;
    }
    if (count === this.#byMember.size) return this.#byMember;
    this.#byMember.clear();
    for (const process of this.processes.values()) {
      if (process.clusterId === this.clusterId) this.#byMember.set(process.memberId, process);
    }
    return this.#byMember;
  }

  /** A member hears that it was removed, and ends. */
  quit(memberId: string): void {
    for (const [url, process] of this.processes) {
      if (process.memberId === memberId && process.clusterId === this.clusterId) this.processes.delete(url);
    }
    this.#byMember.delete(memberId);
  }

  /** It serves the cluster: it runs, and hears the majority. */
  runs(member: FakeMember): boolean {
    this.elect();
    return this.#byMember.get(member.id)?.isInTouch === true;
  }

  /** All that serve the cluster, by one look at who hears whom. */
  running(): ReadonlySet<string> {
    this.elect();
    const running = new Set<string>();
    for (const { id } of this.members) if (this.#byMember.get(id)?.isInTouch === true) running.add(id);
    return running;
  }

  /** A majority of the voters is connected; whether it has a leader yet is another question. */
  hasQuorum(): boolean {
    this.elect();
    return this.leaderId !== null || this.electionDueAtMs !== null;
  }

  voters(): readonly FakeMember[] {
    return this.members.filter((member) => !member.isLearner);
  }

  runningCount(): number {
    return this.voters().filter((voter) => this.runs(voter)).length;
  }

  elect(): void {
    letRaftRun(this);
  }
}
