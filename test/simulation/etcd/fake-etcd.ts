import { quorumOf } from '../../../functions/core/quorum.ts';
import { clusterIdOf, memberIdOf } from '../../../functions/core/raft-ids.ts';

/** One etcd process of the fake. */
export interface FakeEtcd {
  memberId: string;
  clusterId: string;
  up: boolean;
  /** Stopped as by SIGSTOP: it takes connections and never answers. */
  frozen: boolean;
  /** Its certificate or its users are not ours. */
  denies: boolean;
  /** Entries that it is behind the leader. */
  lag: bigint;
  /** Alarms that it reports of itself. */
  errors: string[];
}

export interface FakePermit {
  readonly owner: string;
  readonly reason: string;
  readonly leaseId: string;
  readonly ttlSeconds: number;
  expiresAtMs: number;
}

export interface FakeMember {
  id: string;
  name: string;
  peerUrl: string;
  /** Empty until its etcd has published itself. */
  clientUrl: string;
  isLearner: boolean;
}

const process = (memberId: string, clusterId: string): FakeEtcd => ({
  memberId,
  clusterId,
  up: true,
  frozen: false,
  denies: false,
  lag: 0n,
  errors: [],
});

/** A cluster as the member list has it: quorum is judged by which of its processes run. */
export class FakeEtcdWorld {
  clusterId: string | null = null;
  members: FakeMember[] = [];
  readonly keys = new Map<string, string>();
  leaderId: string | null = null;
  index = 1_000n;
  /** Processes by client URL. */
  readonly processes = new Map<string, FakeEtcd>();
  /** Clusters that ever formed: more than one is the end of trust. */
  readonly formed = new Set<string>();
  /** Clusters of somebody else, each with one member. */
  readonly strangers = new Set<string>();
  /** Members that a network partition keeps from the others. */
  readonly cutOff = new Set<string>();
  /** Client URLs that the function cannot reach, whatever runs there. */
  readonly unreachable = new Set<string>();
  /** When the leader last heard of each member: what it received grows with it. */
  readonly heardAtMs = new Map<string, number>();
  permit: FakePermit | null = null;
  /** Every rule of design section 2 that was broken, in words. */
  readonly violations: string[] = [];
  /** Whose pass it is: only the owner of the permit may change membership. `null`: not judged. */
  actor: string | null = null;
  onEffect: (name: string) => void = () => undefined;
  /** What the world knows against a change that is about to happen; `null`: nothing. */
  objection: (change: string, member: FakeMember) => string | null = () => null;
  readonly now: () => number;
  readonly removedAtMs = new Map<string, number>();
  serial = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Starts a process from a ticket, on an empty disk. */
  startFresh(name: string, ticket: ReadonlyMap<string, string>): void {
    const peerUrl = ticket.get('ETCD_INITIAL_ADVERTISE_PEER_URLS') ?? '';
    const clientUrl = ticket.get('ETCD_ADVERTISE_CLIENT_URLS') ?? '';
    if (ticket.get('ETCD_INITIAL_CLUSTER_STATE') === 'new') this.found(peerUrl, clientUrl, ticket);
    else {
      const entry = this.members.find((member) => member.peerUrl === peerUrl);
      if (entry === undefined || this.clusterId === null) return;
      this.processes.set(clientUrl, process(entry.id, this.clusterId));
    }
    const entry = this.members.find((member) => member.peerUrl === peerUrl);
    if (entry !== undefined) Object.assign(entry, { name, clientUrl });
    this.elect();
  }

  /** Starts a process on the data that it left; one that was removed meanwhile ends at once, as etcd's does. */
  resume(clientUrl: string, memberId: string): void {
    if (this.clusterId === null || this.members.every(({ id }) => id !== memberId)) return;
    this.processes.set(clientUrl, process(memberId, this.clusterId));
    this.elect();
  }

  private found(peerUrl: string, clientUrl: string, ticket: ReadonlyMap<string, string>): void {
    const token = ticket.get('ETCD_INITIAL_CLUSTER_TOKEN') ?? '';
    const pairs = (ticket.get('ETCD_INITIAL_CLUSTER') ?? '').split(',').map((pair) => pair.split('='));
    const clusterId = clusterIdOf(
      pairs.map(([, url]) => url ?? ''),
      token,
    );
    this.processes.set(clientUrl, process(memberIdOf(peerUrl, token), clusterId));
    const running = new Map(
      [...this.processes].flatMap(([url, { memberId, clusterId: id, up }]) =>
        up && id === clusterId ? [[memberId, url] as const] : [],
      ),
    );
    if (this.clusterId === clusterId || running.size < quorumOf(pairs.length)) return;
    this.formed.add(clusterId);
    if (this.clusterId !== null) this.violations.push(`a second cluster formed through ${clientUrl}`);
    this.clusterId = clusterId;
    // As on 3.4.23: founders are listed with their names, those that never ran without client URLs.
    this.members = pairs.map(([name = '', url = '']) => {
      const id = memberIdOf(url, token);
      return { id, name, peerUrl: url, clientUrl: running.get(id) ?? '', isLearner: false };
    });
  }

  /** Somebody else's cluster of one. */
  runStranger(clientUrl: string, clusterId: string): void {
    this.strangers.add(clusterId);
    this.processes.set(clientUrl, process('999', clusterId));
  }

  /** What an operator adds with etcdctl, past the autopilot. */
  addByHand(member: Partial<FakeMember>): FakeMember {
    const added = { id: '4711', name: '', peerUrl: 'http://10.9.9.9:2380', clientUrl: '', isLearner: false };
    this.members.push(Object.assign(added, member));
    return added;
  }

  runs(member: FakeMember): boolean {
    return [...this.processes.values()].some(
      ({ memberId, clusterId, up, frozen }) =>
        memberId === member.id &&
        clusterId === this.clusterId &&
        up &&
        !frozen &&
        !this.cutOff.has(member.id),
    );
  }

  hasQuorum(): boolean {
    return this.runningCount() >= quorumOf(this.voters().length);
  }

  voters(): readonly FakeMember[] {
    return this.members.filter((member) => !member.isLearner);
  }

  runningCount(): number {
    return this.voters().filter((voter) => this.runs(voter)).length;
  }

  elect(): void {
    const leader = this.voters().find((member) => member.id === this.leaderId && this.runs(member));
    if (!this.hasQuorum()) this.leaderId = null;
    else if (leader === undefined) {
      this.leaderId = this.voters().find((member) => this.runs(member))?.id ?? null;
    }
  }
}
