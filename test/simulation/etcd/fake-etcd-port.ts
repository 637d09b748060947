import { OperationError } from '../../../functions/core/errors.ts';
import { KEY } from '../../../functions/core/names.ts';
import type { EtcdPort, MemberEntry, PermitLease, Probe } from '../../../functions/core/ports.ts';
import { quorumOf } from '../../../functions/core/quorum.ts';
import { memberIdOf } from '../../../functions/core/raft-ids.ts';
import type { FakeEtcdWorld, FakeMember } from './fake-etcd.ts';

const refused = (message: string) => new OperationError('ETCD_REFUSED', 'nextLook', message);

/** The fake's etcd as one pass reaches it. */
export const openFakeEtcd = (world: FakeEtcdWorld): EtcdPort => new FakeEtcdPort(world).port();

class FakeEtcdPort {
  private readonly world: FakeEtcdWorld;

  constructor(world: FakeEtcdWorld) {
    this.world = world;
  }

  /** Every change of membership is judged as it happens (R2, R3, and by the world R5, R10, R11). */
  private change(name: string, member: FakeMember, work: () => void): void {
    const permit = this.livePermit();
    if (permit === null || (this.world.actor !== null && permit.owner !== this.world.actor)) {
      this.world.violations.push(`${name} without the permit`);
    }
    this.needQuorum();
    const objection = this.world.objection(name, member);
    if (objection !== null)
      this.world.violations.push(`${name} of ${member.name || member.id}: ${objection}`);
    work();
    this.world.index += 1n;
    this.world.elect();
    if (!this.world.hasQuorum()) this.world.violations.push(`${name} lost quorum`);
    this.world.onEffect(name);
  }

  private needQuorum(): void {
    if (!this.world.hasQuorum()) throw new OperationError('ETCD_UNAVAILABLE', 'nextLook', 'no leader');
  }

  port(): EtcdPort {
    const at = <T>(endpoint: string, work: () => T): T => {
      if (this.probe(endpoint).kind === 'silent') {
        throw new OperationError('ETCD_UNAVAILABLE', 'nextLook', `${endpoint} does not answer`);
      }
      return work();
    };
    return {
      probe: async (endpoints) => endpoints.map((endpoint) => this.probe(endpoint)),
      members: async (endpoint) => at(endpoint, () => this.world.members.map(toEntry)),
      received: async (endpoint) => at(endpoint, () => this.received(endpoint)),
      read: async (endpoint, key) => at(endpoint, () => this.read(key)),
      write: async (endpoint, key, value) =>
        at(endpoint, () => {
          this.needQuorum();
          this.world.keys.set(key, value);
          this.world.onEffect('write');
        }),
      addLearner: async (endpoint, peerUrl) => at(endpoint, () => this.addLearner(peerUrl)),
      promote: async (endpoint, memberId) => at(endpoint, () => this.promote(memberId)),
      remove: async (endpoint, memberId) => at(endpoint, () => this.remove(memberId)),
      moveLeader: async (endpoint, to) => at(endpoint, () => this.moveLeader(endpoint, to)),
      takePermit: async (endpoint, owner, reason, seconds) =>
        at(endpoint, () => this.takePermit(owner, reason, seconds)),
      renewPermit: async (endpoint, lease) => at(endpoint, () => this.renewPermit(lease)),
      releasePermit: async (_endpoint, lease) => {
        if (this.world.permit?.leaseId === lease.leaseId) this.world.permit = null;
      },
      close: () => undefined,
    };
  }

  /** As etcd before 3.5.30 judges it: every voter must be connected. */
  private addLearner(peerUrl: string): string {
    if (this.world.members.some((member) => member.peerUrl === peerUrl))
      throw refused('Peer URLs already exists');
    if (this.world.now() - (this.world.removedAtMs.get(peerUrl) ?? 0) < 1_000)
      throw refused('member not found');
    if (this.world.runningCount() < this.world.voters().length) throw refused('unhealthy cluster');
    if (this.world.members.some((member) => member.isLearner))
      throw refused('too many learner members in cluster');
    this.world.serial += 1;
    const id = memberIdOf(peerUrl, `serial-${this.world.serial}`);
    const member = { id, name: '', peerUrl, clientUrl: '', isLearner: true };
    this.change('addLearner', member, () => this.world.members.push(member));
    return id;
  }

  private promote(memberId: string): 'promoted' | 'notInSync' {
    const member = this.world.members.find(({ id }) => id === memberId);
    if (member === undefined) throw refused('member not found');
    if (!member.isLearner) return 'promoted';
    if (!this.world.runs(member) || this.indexOf(memberId) * 10n < this.world.index * 9n) return 'notInSync';
    this.change('promote', member, () => {
      const before = this.world.voters().length;
      const isSafe = this.world.runningCount() >= quorumOf(before + 1) || before === 1;
      if (!isSafe) this.world.violations.push('promote counts on the new voter');
      member.isLearner = false;
    });
    return 'promoted';
  }

  private remove(memberId: string): void {
    const member = this.world.members.find(({ id }) => id === memberId);
    if (member === undefined) return;
    this.change('remove', member, () => {
      this.world.members = this.world.members.filter(({ id }) => id !== memberId);
      this.world.removedAtMs.set(member.peerUrl, this.world.now());
      for (const [url, { memberId: id }] of this.world.processes)
        if (id === memberId) this.world.processes.delete(url);
    });
  }

  private moveLeader(endpoint: string, to: string): void {
    if (this.world.processes.get(endpoint)?.memberId !== this.world.leaderId) {
      throw new OperationError('ETCD_UNAVAILABLE', 'nextLook', 'not leader');
    }
    const heir = this.world.voters().find(({ id }) => id === to);
    if (heir === undefined || !this.world.runs(heir)) throw refused('bad leader transferee');
    this.change('moveLeader', heir, () => {
      this.world.leaderId = to;
    });
  }

  private indexOf(memberId: string): bigint {
    const lags = [...this.world.processes.values()].filter((process) => process.memberId === memberId);
    return this.world.index - (lags[0]?.lag ?? 0n);
  }

  private probe(endpoint: string): Probe {
    const found = this.world.processes.get(endpoint);
    if (this.world.unreachable.has(endpoint)) return { kind: 'silent', endpoint, because: 'unreachable' };
    if (found === undefined || !found.up) return { kind: 'silent', endpoint, because: 'refused' };
    if (found.denies) return { kind: 'silent', endpoint, because: 'denied' };
    const { memberId, clusterId, errors } = found;
    const isAlone = this.world.strangers.has(clusterId);
    // A founder serves nobody before a majority of the founders runs.
    const isForming = clusterId !== this.world.clusterId && !isAlone;
    if (found.frozen || isForming) return { kind: 'silent', endpoint, because: 'deadline' };
    const member = this.world.members.find(({ id }) => id === memberId);
    const isLearner = member?.isLearner ?? false;
    // A member that is cut off still names the last leader that it knew: its word must not count.
    const isServing =
      isAlone || (member !== undefined && this.world.hasQuorum() && !this.world.cutOff.has(memberId));
    const leaderId = isAlone ? memberId : this.world.leaderId;
    const raftIndex = String(this.indexOf(memberId));
    const shared = { raftTerm: '2', version: '3.5.16', dbSizeBytes: 1, errors };
    const status = { memberId, clusterId, leaderId, isLearner, raftIndex, ...shared };
    return { kind: 'status', endpoint, linearizable: isServing && !isLearner, status };
  }

  /** What runs and is connected sends answers all the time. */
  private received(endpoint: string): ReadonlyMap<string, number> {
    const self = this.world.processes.get(endpoint)?.memberId;
    for (const member of this.world.members)
      if (this.world.runs(member)) this.world.heardAtMs.set(member.id, this.world.now());
    return new Map([...this.world.heardAtMs].filter(([id]) => id !== self));
  }

  private read(key: string): string | null {
    this.needQuorum();
    if (key !== KEY.disruption) return this.world.keys.get(key) ?? null;
    const permit = this.livePermit();
    return permit === null ? null : JSON.stringify({ owner: permit.owner, reason: permit.reason, since: '' });
  }

  private livePermit(): FakeEtcdWorld['permit'] {
    const { permit } = this.world;
    return permit !== null && permit.expiresAtMs >= this.world.now() ? permit : null;
  }

  /** Whose first reply was lost finds its own permit there, and has it. */
  private takePermit(owner: string, reason: string, ttlSeconds: number): PermitLease | null {
    this.needQuorum();
    const held = this.livePermit();
    if (held !== null) return held.owner === owner ? { leaseId: held.leaseId, owner } : null;
    this.world.serial += 1;
    const leaseId = String(this.world.serial);
    const expiresAtMs = this.world.now() + ttlSeconds * 1_000;
    this.world.permit = { owner, reason, leaseId, ttlSeconds, expiresAtMs };
    this.world.onEffect('takePermit');
    return { leaseId, owner };
  }

  private renewPermit(lease: PermitLease): 'renewed' | 'lost' {
    const permit = this.livePermit();
    if (permit?.leaseId !== lease.leaseId) return 'lost';
    permit.expiresAtMs = this.world.now() + permit.ttlSeconds * 1_000;
    return 'renewed';
  }
}

const toEntry = (member: FakeMember): MemberEntry => ({
  id: member.id,
  name: member.name,
  peerUrls: [member.peerUrl],
  clientUrls: member.clientUrl === '' ? [] : [member.clientUrl],
  isLearner: member.isLearner,
});
