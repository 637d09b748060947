import type { EtcdOperation } from '../../../functions/adapters/etcd/errors.ts';
import { KEY } from '../../../functions/core/names.ts';
import type { EtcdPort, MemberEntry, PermitLease } from '../../../functions/core/ports.ts';
import { type AtOnce, callsOf, gated } from '../world/calls.ts';
import { Call } from './calls.ts';
import {
  adding,
  type Change,
  moving,
  NO_LEARNER,
  NOT_IN_SYNC,
  promoting,
  removing,
  STRICT,
} from './changes.ts';
import type { EtcdText } from './failures.ts';
import type { FakeEtcdWorld, FakePermit } from './fake-etcd.ts';
import { maintenanceOf } from './maintenance.ts';
import type { FakeEtcd, FakeMember } from './member.ts';
import { probeAll } from './probes.ts';

/** As the functions have it (`functions/edge/connect-etcd.ts`). */
const DEADLINE_MS = 2_000;

/** The fake's etcd as one pass reaches it, whose every call answers at once. */
export const etcdAtOnce = (world: FakeEtcdWorld, deadlineMs = DEADLINE_MS): AtOnce<EtcdPort> =>
  new FakeEtcdPort(world, deadlineMs).port();

/** The same as etcd's adapter has it. */
export function openFakeEtcd(world: FakeEtcdWorld, deadlineMs = DEADLINE_MS): EtcdPort {
  const calls = callsOf<EtcdPort>(etcdAtOnce(world, deadlineMs), 'etcd');
  return gated(calls, async (call, given) => call.send(...given));
}

class FakeEtcdPort {
  readonly #world: FakeEtcdWorld;
  readonly #deadlineMs: number;

  constructor(world: FakeEtcdWorld, deadlineMs: number) {
    this.#world = world;
    this.#deadlineMs = deadlineMs;
  }

  port(): AtOnce<EtcdPort> {
    return {
      probe: (endpoints) => probeAll(this.#world, endpoints, this.#deadlineMs),
      members: (endpoint) => this.#members(endpoint),
      ownMembers: (endpoint) => this.#ownMembers(endpoint),
      received: (endpoint) => this.#received(endpoint),
      read: (endpoint, key) => this.#read(endpoint, key),
      write: (endpoint, key, value) => this.#write(endpoint, key, value),
      swap: (endpoint, key, before, after, permit) => this.#swap(endpoint, key, before, after, permit),
      addLearner: (endpoint, peerUrl) => this.#addLearner(endpoint, peerUrl),
      promote: (endpoint, memberId) => this.#promote(endpoint, memberId),
      remove: (endpoint, memberId) => this.#remove(endpoint, memberId),
      moveLeader: (endpoint, to) => this.#moveLeader(endpoint, to),
      takePermit: (endpoint, owner, reason, seconds) => this.#takePermit(endpoint, owner, reason, seconds),
      renewPermit: (endpoint, lease) => this.#renewPermit(endpoint, lease),
      releasePermit: (endpoint, lease) => this.#releasePermit(endpoint, lease),
      ...maintenanceOf(this.#world, this.#deadlineMs),
      close: () => undefined,
    };
  }

  #call(endpoint: string, operation: EtcdOperation): Call {
    return new Call(this.#world, endpoint, operation, this.#deadlineMs);
  }

  #members(endpoint: string): readonly MemberEntry[] {
    const call = this.#call(endpoint, 'members');
    const asked = call.reachVoter();
    if (this.#isStranger(asked)) return [];
    if (this.#world.family.confirmsList) call.needLeader(asked);
    return this.#world.listOf(asked).map(toEntry);
  }

  /** As it has the list itself: nobody else is asked. A learner does not tell that either. */
  #ownMembers(endpoint: string): readonly MemberEntry[] {
    const asked = this.#call(endpoint, 'members').reachVoter();
    return this.#isStranger(asked) ? [] : this.#world.listOf(asked).map(toEntry);
  }

  /** What runs and is connected sends answers all the time; followers hear their leader only. */
  #received(endpoint: string): ReadonlyMap<string, number> {
    const world = this.#world;
    const asked = this.#call(endpoint, 'members').reach();
    const isLeader = asked.memberId === world.leaderId;
    for (const { id } of world.members) {
      const peer = world.processOf(id);
      const isHeard = peer?.isInTouch === true && (isLeader || id === world.leaderId);
      if (asked.isInTouch && isHeard) world.heardAtMs.set(id, world.now());
    }
    return new Map([...world.heardAtMs].filter(([id]) => id !== asked.memberId));
  }

  #read(endpoint: string, key: string): string | null {
    const call = this.#call(endpoint, 'read');
    const asked = call.reachVoter();
    if (this.#isStranger(asked)) return null;
    call.needLeader(asked);
    if (key !== KEY.disruption) return this.#world.keys.get(key) ?? null;
    const permit = this.#livePermit();
    return permit === null ? null : JSON.stringify({ owner: permit.owner, reason: permit.reason, since: '' });
  }

  #write(endpoint: string, key: string, value: string): void {
    this.#propose(endpoint, 'write');
    this.#needRoom(endpoint, 'write');
    this.#world.keys.set(key, value);
    this.#world.acknowledge();
    this.#world.onEffect('write');
  }

  #swap(
    endpoint: string,
    key: string,
    before: string | null,
    after: string | null,
    permit: PermitLease | null,
  ): 'swapped' | 'overtaken' {
    const world = this.#world;
    this.#propose(endpoint, 'write');
    if (after !== null || world.isCorrupt()) this.#needRoom(endpoint, 'write');
    if ((world.keys.get(key) ?? null) !== before) return 'overtaken';
    if (permit !== null && this.#livePermit()?.leaseId !== permit.leaseId) return 'overtaken';
    if (after === null) world.keys.delete(key);
    else world.keys.set(key, after);
    world.acknowledge();
    world.onEffect('swap');
    return 'swapped';
  }

  /** Whom to ask, once there is a leader to hand a proposal to. */
  #propose(
    endpoint: string,
    operation: EtcdOperation,
    strict?: (asked: FakeEtcd) => EtcdText | null,
  ): FakeEtcd {
    const call = this.#call(endpoint, operation);
    const asked = call.reachVoter();
    if (this.#isStranger(asked)) this.#world.violations.push(`${operation} on somebody else's cluster`);
    const objection = strict?.(asked) ?? null;
    if (objection !== null) throw call.said(objection);
    call.awaitLeader(asked);
    return asked;
  }

  /** Under an alarm nothing is written, nor a lease granted. */
  #needRoom(endpoint: string, operation: EtcdOperation): void {
    const objection = this.#world.objectionToWriting();
    if (objection !== null) throw this.#call(endpoint, operation).said(objection);
  }

  #isStranger(asked: FakeEtcd): boolean {
    return asked.clusterId !== this.#world.clusterId;
  }

  #addLearner(endpoint: string, peerUrl: string): string {
    this.#propose(endpoint, 'addLearner', (asked) => STRICT.add(this.#world, asked, true));
    const change = adding(this.#world, peerUrl, true);
    if (typeof change === 'string') throw this.#call(endpoint, 'addLearner').said(change);
    this.#apply(change);
    return change.member.id;
  }

  #promote(endpoint: string, memberId: string): 'promoted' | 'notInSync' {
    const asked = this.#propose(endpoint, 'promote');
    const change = promoting(this.#world, asked, memberId);
    if (change === NOT_IN_SYNC) return 'notInSync';
    if (change === NO_LEARNER) return 'promoted';
    if (typeof change === 'string') throw this.#call(endpoint, 'promote').said(change);
    this.#apply(change);
    return 'promoted';
  }

  /** What is gone already is fine. */
  #remove(endpoint: string, memberId: string): void {
    this.#propose(endpoint, 'remove', (asked) => STRICT.remove(this.#world, asked, memberId));
    const change = removing(this.#world, memberId);
    if (typeof change !== 'string') this.#apply(change);
  }

  #moveLeader(endpoint: string, to: string): void {
    const call = this.#call(endpoint, 'moveLeader');
    const change = moving(this.#world, call.reachVoter(), to);
    if (change === 'silence') throw call.runOut();
    if (typeof change === 'string') throw call.said(change);
    this.#apply(change);
  }

  #apply({ name, apply }: Change): void {
    const world = this.#world;
    apply();
    world.commit();
    world.onEffect(name);
  }

  #livePermit(): FakePermit | null {
    const { permit } = this.#world;
    return permit !== null && permit.expiresAtMs >= this.#world.now() ? permit : null;
  }

  /** Whose first reply was lost finds its own permit there, and has it. */
  #takePermit(endpoint: string, owner: string, reason: string, ttlSeconds: number): PermitLease | null {
    const world = this.#world;
    this.#propose(endpoint, 'takePermit');
    this.#needRoom(endpoint, 'takePermit');
    const held = this.#livePermit();
    if (held !== null) return held.owner === owner ? { leaseId: held.leaseId, owner } : null;
    world.serial += 1;
    const leaseId = String(world.serial);
    world.permit = { owner, reason, leaseId, ttlSeconds, expiresAtMs: world.now() + ttlSeconds * 1_000 };
    world.revise();
    world.onEffect('takePermit');
    return { leaseId, owner };
  }

  #renewPermit(endpoint: string, lease: PermitLease): 'renewed' | 'lost' {
    this.#propose(endpoint, 'renewPermit');
    const permit = this.#livePermit();
    if (permit?.leaseId !== lease.leaseId) return 'lost';
    permit.expiresAtMs = this.#world.now() + permit.ttlSeconds * 1_000;
    return 'renewed';
  }

  #releasePermit(endpoint: string, lease: PermitLease): void {
    this.#propose(endpoint, 'releasePermit');
    if (this.#world.isCorrupt()) this.#needRoom(endpoint, 'releasePermit');
    if (this.#world.permit?.leaseId === lease.leaseId) this.#world.permit = null;
  }
}

const toEntry = (member: FakeMember): MemberEntry => ({
  id: member.id,
  name: member.name,
  peerUrls: [member.peerUrl],
  clientUrls: member.clientUrl === '' ? [] : [member.clientUrl],
  isLearner: member.isLearner && member.hasStaleFlag !== true,
});
