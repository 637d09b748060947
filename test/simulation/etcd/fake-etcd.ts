import { quorumOf } from '../../../functions/core/quorum.ts';
import { clusterIdOf, memberIdOf } from '../../../functions/core/raft-ids.ts';
import { EtcdState } from './etcd-state.ts';
import { type FakeEtcd, type FakeMember, newProcess } from './member.ts';
import { isAwake } from './raft.ts';
import { beginAnew, type FakeSnapshot } from './snapshot.ts';

export type { FakePermit } from './etcd-state.ts';
export type { FakeEtcd, FakeMember } from './member.ts';

/** One cluster of etcd in virtual time, as machines, clients, operators and bad luck find it. */
export class FakeEtcdWorld extends EtcdState {
  /** Starts a process from a ticket, on an empty disk, or on one that holds what a snapshot held. */
  startFresh(name: string, ticket: ReadonlyMap<string, string>, snapshot: FakeSnapshot | null = null): void {
    const peerUrl = ticket.get('ETCD_INITIAL_ADVERTISE_PEER_URLS') ?? '';
    const clientUrl = ticket.get('ETCD_ADVERTISE_CLIENT_URLS') ?? '';
    if (ticket.get('ETCD_INITIAL_CLUSTER_STATE') === 'new')
      this.#found(name, peerUrl, clientUrl, ticket, snapshot);
    else this.#join(name, peerUrl, clientUrl, ticket);
    this.#begin();
  }

  /** Starts a process on the data that it left; one that was removed meanwhile ends at once, as etcd's does. */
  resume(clientUrl: string, memberId: string): void {
    const member = this.members.find(({ id }) => id === memberId);
    if (this.clusterId === null || member === undefined) return;
    // Whoever died before the others knew where its clients reach it tells them now.
    const untold = member.name !== '' && member.clientUrl === '' ? { name: member.name, clientUrl } : null;
    const introduces = this.processes.get(clientUrl)?.introduces ?? untold;
    this.processes.set(clientUrl, newProcess(memberId, this.clusterId, this.now(), { introduces }));
    this.#begin();
  }

  /** Who just started does not wait for a leader that it never had. */
  #begin(): void {
    if (this.leaderId === null) this.electionDueAtMs ??= this.now();
    this.elect();
  }

  /** It asks the others who they are, and starts only if that is what its ticket says. */
  #join(name: string, peerUrl: string, clientUrl: string, ticket: ReadonlyMap<string, string>): void {
    const entry = this.members.find((member) => member.peerUrl === peerUrl);
    if (entry === undefined || this.clusterId === null) return;
    const given = pairsOf(ticket).map(([, url]) => url);
    const isTrue =
      given.length === this.members.length && this.members.every((one) => given.includes(one.peerUrl));
    if (!isTrue || !this.members.some(({ id }) => id !== entry.id && isAwake(this.processOf(id)))) return;
    if (this.disks.has(entry.id) && !entry.isLearner) {
      this.violations.push(`${name} starts again as the voter ${entry.id}, without its data`);
    }
    this.disks.delete(entry.id);
    const introduces = { name, clientUrl };
    this.processes.set(
      clientUrl,
      newProcess(entry.id, this.clusterId, this.now(), { introduces, version: this.newVersion }),
    );
  }

  #found(
    name: string,
    peerUrl: string,
    clientUrl: string,
    ticket: ReadonlyMap<string, string>,
    snapshot: FakeSnapshot | null,
  ): void {
    const token = ticket.get('ETCD_INITIAL_CLUSTER_TOKEN') ?? '';
    const pairs = pairsOf(ticket);
    const clusterId = clusterIdOf(
      pairs.map(([, url]) => url),
      token,
    );
    const introduces = { name, clientUrl };
    const ownId = memberIdOf(peerUrl, token);
    this.processes.set(clientUrl, newProcess(ownId, clusterId, this.now(), { introduces }));
    const runningCount = [...this.processes.values()].filter(
      (process) => process.up && process.clusterId === clusterId,
    ).length;
    if (this.clusterId === clusterId || runningCount < quorumOf(pairs.length)) return;
    this.formed.add(clusterId);
    if (snapshot !== null) beginAnew(this, snapshot, BigInt(ticket.get('AUTOPILOT_RESTORE_BUMP') ?? '0'));
    else if (this.clusterId !== null)
      this.violations.push(`R1: a second cluster formed through ${clientUrl}`);
    this.clusterId = clusterId;
    for (const { memberId } of this.processes.values()) this.disks.set(memberId, this.index);
    // Founders are listed with their names, those that never ran without client URLs.
    this.members = pairs.map(([listed, url]) => ({
      id: memberIdOf(url, token),
      name: listed,
      peerUrl: url,
      clientUrl: '',
      isLearner: false,
    }));
  }

  /** Somebody else's cluster of one. */
  runStranger(clientUrl: string, clusterId: string): void {
    this.strangers.add(clusterId);
    this.processes.set(clientUrl, newProcess('999', clusterId, this.now(), { serves: true }));
  }

  /** What an operator adds with etcdctl, past the autopilot. */
  addByHand(member: Partial<FakeMember>): FakeMember {
    const added = { id: '4711', name: '', peerUrl: 'http://10.9.9.9:2380', clientUrl: '', isLearner: false };
    this.members.push(Object.assign(added, member));
    return added;
  }

  /** Splits the network: members of different sides do not hear each other; who is not named is on the first side. */
  partition(sides: readonly (readonly string[])[]): void {
    this.elect();
    this.sides.clear();
    for (const [side, ids] of sides.entries()) for (const id of ids) this.sides.set(id, side);
    this.elect();
  }

  /** The line between two members is torn: a third may still hear both. */
  tear(one: string, other: string): void {
    this.elect();
    this.torn.add(`${one} ${other}`);
    this.elect();
  }

  /** Everybody hears everybody again. */
  heal(): void {
    this.elect();
    for (const set of [this.sides, this.torn, this.cutOff]) set.clear();
    this.elect();
  }

  /** Its process ends without notice, and is not started again before `restart`. */
  crash(memberId: string): void {
    this.#change(memberId, { up: false, frozen: false });
  }

  /** Its process starts again, on the same disk. */
  restart(memberId: string): void {
    for (const [url, process] of this.processes)
      if (process.memberId === memberId) this.resume(url, memberId);
  }

  /** As by SIGSTOP. */
  freeze(memberId: string): void {
    this.#change(memberId, { frozen: true });
  }

  thaw(memberId: string): void {
    this.#change(memberId, { frozen: false });
  }

  /** Each of its answers takes so long; 0: none worth speaking of. */
  slow(memberId: string, answerMs: number): void {
    this.#change(memberId, { answerMs });
  }

  /** It stays so many entries behind the leader. */
  delay(memberId: string, entries: bigint): void {
    this.#change(memberId, { lag: entries });
  }

  #change(memberId: string, change: Partial<FakeEtcd>): void {
    this.elect();
    const process = this.processOf(memberId);
    if (process !== undefined) Object.assign(process, change);
    this.elect();
  }
}

const pairsOf = (ticket: ReadonlyMap<string, string>): readonly (readonly [name: string, url: string])[] =>
  (ticket.get('ETCD_INITIAL_CLUSTER') ?? '').split(',').map((pair) => {
    const [name = '', url = ''] = pair.split('=');
    return [name, url];
  });
