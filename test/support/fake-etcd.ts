import { OperationError } from '../../functions/core/errors.ts';
import type { EtcdPort, MemberEntry, PermitLease, Probe } from '../../functions/core/ports.ts';
import { quorumOf } from '../../functions/core/quorum.ts';
import { clusterIdOf, memberIdOf } from '../../functions/core/raft-ids.ts';

/** One etcd process of the fake: what it has on disk, and whether it runs. */
export interface FakeEtcd {
  memberId: string;
  clusterId: string;
  up: boolean;
  frozen: boolean;
}

interface FakeMember {
  id: string;
  name: string;
  peerUrl: string;
  clientUrl: string;
  isLearner: boolean;
}

/** A cluster as the member list has it: quorum is judged by which of its processes run. */
export class FakeEtcdWorld {
  clusterId: string | null = null;
  members: FakeMember[] = [];
  readonly keys = new Map<string, string>();
  leaderId: string | null = null;
  index = 100n;
  /** Processes by client URL. */
  readonly processes = new Map<string, FakeEtcd>();
  /** Clusters that ever formed: more than one is the end of trust. */
  readonly formed = new Set<string>();
  permit: { owner: string; expiresAtMs: number; leaseId: string } | null = null;
  readonly violations: string[] = [];
  /** Effects are judged here; a test may crash the function after the k-th. */
  onEffect: (name: string) => void = () => undefined;
  private readonly now: () => number;
  private serial = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** Starts a process from a ticket, on an empty disk. */
  startFresh(name: string, ticket: ReadonlyMap<string, string>): void {
    const peerUrl = ticket.get('ETCD_INITIAL_ADVERTISE_PEER_URLS') ?? '';
    const clientUrl = ticket.get('ETCD_ADVERTISE_CLIENT_URLS') ?? '';
    const pairs = (ticket.get('ETCD_INITIAL_CLUSTER') ?? '').split(',').map((pair) => pair.split('='));
    const urls = pairs.map(([, url]) => url ?? '');
    const token = ticket.get('ETCD_INITIAL_CLUSTER_TOKEN') ?? '';
    const isNew = ticket.get('ETCD_INITIAL_CLUSTER_STATE') === 'new';
    if (isNew) {
      const clusterId = clusterIdOf(urls, token);
      const founders = pairs.map(([id, url]) => ({
        id: memberIdOf(url ?? '', token),
        name: id ?? '',
        peerUrl: url ?? '',
      }));
      this.processes.set(clientUrl, {
        memberId: memberIdOf(peerUrl, token),
        clusterId,
        up: true,
        frozen: false,
      });
      this.form(clusterId, founders, clientUrl);
    } else {
      const entry = this.members.find((member) => member.peerUrl === peerUrl);
      if (entry === undefined || this.clusterId === null) return;
      this.processes.set(clientUrl, {
        memberId: entry.id,
        clusterId: this.clusterId,
        up: true,
        frozen: false,
      });
    }
    const entry = this.members.find((member) => member.peerUrl === peerUrl);
    if (entry !== undefined) Object.assign(entry, { name, clientUrl });
    this.elect();
  }

  private form(
    clusterId: string,
    founders: { id: string; name: string; peerUrl: string }[],
    clientUrl: string,
  ): void {
    const running = [...this.processes.values()].filter(
      (process) => process.clusterId === clusterId && process.up,
    );
    if (this.clusterId === clusterId || running.length < quorumOf(founders.length)) return;
    this.formed.add(clusterId);
    if (this.clusterId !== null) this.violations.push(`a second cluster formed through ${clientUrl}`);
    this.clusterId = clusterId;
    this.members = founders.map(({ id, name, peerUrl }) => {
      const started = running.some((process) => process.memberId === id);
      return {
        id,
        name: started ? name : '',
        peerUrl,
        clientUrl: peerUrl.replace('2380', '2379'),
        isLearner: false,
      };
    });
  }

  runs(member: FakeMember): boolean {
    return [...this.processes.values()].some(
      (process) =>
        process.memberId === member.id &&
        process.clusterId === this.clusterId &&
        process.up &&
        !process.frozen,
    );
  }

  hasQuorum(): boolean {
    const voters = this.members.filter((member) => !member.isLearner);
    return voters.length > 0 && voters.filter((voter) => this.runs(voter)).length >= quorumOf(voters.length);
  }

  elect(): void {
    const leader = this.members.find((member) => member.id === this.leaderId);
    if (!this.hasQuorum()) this.leaderId = null;
    else if (leader === undefined || leader.isLearner || !this.runs(leader)) {
      this.leaderId = this.members.find((member) => !member.isLearner && this.runs(member))?.id ?? null;
    }
  }

  /** Every change of membership is judged as it happens (R2, R3, R4). */
  private change(name: string, work: () => void): void {
    if (this.permit === null || this.permit.expiresAtMs < this.now())
      this.violations.push(`${name} without the permit`);
    if (!this.hasQuorum()) throw new OperationError('ETCD_UNAVAILABLE', 'nextLook', 'no leader');
    work();
    this.index += 1n;
    this.elect();
    if (!this.hasQuorum()) this.violations.push(`${name} lost quorum`);
    this.onEffect(name);
  }

  port(): EtcdPort {
    return {
      probe: async (endpoints) => endpoints.map((endpoint) => this.probe(endpoint)),
      members: async () => this.members.map(toEntry),
      read: async (_endpoint, key) => this.keys.get(key) ?? null,
      write: async (_endpoint, key, value) => {
        this.keys.set(key, value);
        this.onEffect('write');
      },
      addLearner: async (_endpoint, peerUrl) => this.addLearner(peerUrl),
      promote: async (_endpoint, memberId) => {
        const member = this.members.find(({ id }) => id === memberId);
        if (member === undefined) throw new OperationError('ETCD_REFUSED', 'nextLook', 'member not found');
        if (member.name === '' || !this.runs(member)) return 'notInSync';
        this.change('promote', () => {
          member.isLearner = false;
        });
        return 'promoted';
      },
      remove: async (_endpoint, memberId) => {
        this.change('remove', () => {
          this.members = this.members.filter(({ id }) => id !== memberId);
        });
      },
      moveLeader: async (_endpoint, to) => {
        this.change('moveLeader', () => {
          this.leaderId = to;
        });
      },
      takePermit: async (_endpoint, owner, _reason, ttlSeconds) => this.takePermit(owner, ttlSeconds),
      renewPermit: async (_endpoint, lease) => this.renewPermit(lease),
      releasePermit: async (_endpoint, lease) => {
        if (this.permit?.leaseId === lease.leaseId) this.permit = null;
      },
      close: () => undefined,
    };
  }

  private addLearner(peerUrl: string): string {
    if (this.members.some((member) => member.peerUrl === peerUrl)) {
      throw new OperationError('ETCD_REFUSED', 'nextLook', 'Peer URLs already exists');
    }
    this.serial += 1;
    const id = memberIdOf(peerUrl, `serial-${this.serial}`);
    this.change('addLearner', () => {
      if (this.members.some((member) => member.isLearner)) this.violations.push('two learners at once');
      this.members.push({ id, name: '', peerUrl, clientUrl: '', isLearner: true });
    });
    return id;
  }

  private probe(endpoint: string): Probe {
    const process = this.processes.get(endpoint);
    if (process === undefined || !process.up) return { kind: 'silent', endpoint, because: 'unreachable' };
    if (process.frozen) return { kind: 'silent', endpoint, because: 'deadline' };
    const member = this.members.find(({ id }) => id === process.memberId);
    const isLearner = member?.isLearner ?? false;
    const isOurs = process.clusterId === this.clusterId && member !== undefined;
    return {
      kind: 'status',
      endpoint,
      linearizable: isOurs && !isLearner && this.hasQuorum(),
      status: {
        memberId: process.memberId,
        clusterId: process.clusterId,
        leaderId: isOurs ? this.leaderId : null,
        isLearner,
        raftIndex: String(this.index),
        raftTerm: '2',
        version: '3.5.16',
        dbSizeBytes: 1,
        errors: [],
      },
    };
  }

  private takePermit(owner: string, ttlSeconds: number): PermitLease | null {
    if (this.permit !== null && this.permit.expiresAtMs >= this.now()) return null;
    this.serial += 1;
    const leaseId = String(this.serial);
    this.permit = { owner, leaseId, expiresAtMs: this.now() + ttlSeconds * 1_000 };
    return { leaseId, owner };
  }

  private renewPermit(lease: PermitLease): 'renewed' | 'lost' {
    if (this.permit?.leaseId !== lease.leaseId || this.permit.expiresAtMs < this.now()) return 'lost';
    this.permit.expiresAtMs = this.now() + 20_000;
    return 'renewed';
  }
}

const toEntry = (member: FakeMember): MemberEntry => ({
  id: member.id,
  name: member.name,
  peerUrls: [member.peerUrl],
  clientUrls: member.name === '' ? [] : [member.clientUrl],
  isLearner: member.isLearner,
});
