import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KEY } from '../../functions/core/names.ts';
import type { EtcdPort, MemberEntry } from '../../functions/core/ports.ts';
import { clusterIdOf, memberIdOf } from '../../functions/core/raft-ids.ts';
import {
  DEADLINE_MS,
  type EtcdWorld,
  failureOf,
  HASTY_MS,
  REFUSED,
  Stage,
  silenceOf,
  statusOf,
  UNAVAILABLE,
} from './etcd-world.ts';
import { lossContract } from './loss.contract.ts';
import { maintenanceContract } from './maintenance.contract.ts';
import { membershipContract } from './membership.contract.ts';

const WORLD_WITHIN_MS = 30_000;

/** What every implementation of `EtcdPort` owes, whatever stands behind it. The parts build on each other. */
export function etcdPortContract(name: string, makeWorld: () => Promise<EtcdWorld>): void {
  describe(`${name} keeps the contract of EtcdPort`, () => {
    let world: EtcdWorld | null = null;
    let stage: Stage | null = null;
    const staged = (): Stage => {
      if (stage === null) throw new Error('the world did not come about');
      return stage;
    };
    beforeAll(async () => {
      world = await makeWorld();
    }, WORLD_WITHIN_MS);
    beforeEach(() => {
      stage = world === null ? null : new Stage(world);
    });
    afterEach(() => stage?.port.close());
    afterAll(() => world?.end());
    describe('when it is founded', () => foundingContract(staged));
    describe('in a whole cluster', () => wholeClusterContract(staged));
    describe('with a permit', () => permitContract(staged));
    describe('when databases are full, or rot', () => maintenanceContract(staged));
    describe('when membership changes', () => membershipContract(staged));
    describe('when processes stop and end', () => lossContract(staged));
  });
}

function foundingContract(staged: () => Stage): void {
  test('a founder that never ran is listed with its name and address, and without a client URL', async () => {
    const { world, port, urls } = staged();
    const entries = byName(await port.members(urls[0] ?? ''));
    expect(entries).toEqual(byName(foundersOf(world, 2)));
    await world.start(world.founders[2].name);
    await staged().roles();
    const members = await port.members(urls[0] ?? '');
    expect(byName(members)).toEqual(byName(foundersOf(world, 3)));
  }, 20_000);

  const foundersOf = (world: EtcdWorld, startedCount: number): readonly MemberEntry[] =>
    world.founders.map((founder, index) => ({
      id: memberIdOf(founder.peerUrl, world.token),
      name: founder.name,
      peerUrls: [founder.peerUrl],
      clientUrls: index < startedCount ? [founder.clientUrl] : [],
      isLearner: false,
    }));
}

function wholeClusterContract(staged: () => Stage): void {
  test('every voter shows the cluster, its leader and no error, and serves a linearizable read', async () => {
    const { world, port, urls } = staged();
    const probes = await port.probe(urls);
    const statuses = probes.map(statusOf);
    expect(probes.map((probe) => probe.endpoint)).toEqual(urls);
    expect(probes.every((probe) => probe.kind === 'status' && probe.linearizable)).toBe(true);
    expect(new Set(statuses.map((status) => status.clusterId)).size).toBe(1);
    expect(new Set(statuses.map((status) => status.leaderId)).size).toBe(1);
    expect(new Set(statuses.map((status) => status.raftTerm)).size).toBe(1);
    expect(statuses.map((status) => status.memberId)).toContain(statuses[0]?.leaderId);
    for (const status of statuses) {
      expect(status).toMatchObject({ isLearner: false, errors: [], version: world.version });
      expect(status.raftIndex).toMatch(/^[1-9]\d*$/);
      expect(status.raftTerm).toMatch(/^[1-9]\d*$/);
      expect(status.dbSizeBytes).toBeGreaterThan(0);
    }
  });

  test('the ids of founders and their cluster are those computed beforehand', async () => {
    const { world } = staged();
    const statuses = await staged().statuses();
    const peerUrls = world.founders.map((founder) => founder.peerUrl);
    expect(statuses.map((status) => status.memberId)).toEqual(
      peerUrls.map((peerUrl) => memberIdOf(peerUrl, world.token)),
    );
    expect(statuses[0]?.clusterId).toBe(clusterIdOf(peerUrls, world.token));
  });

  test('the leader hears from every voter that runs', async () => {
    const { leader, first, second } = await staged().roles();
    const { world, port } = staged();
    const before = await port.received(leader.clientUrl);
    await world.passSeconds(1);
    const after = await port.received(leader.clientUrl);
    for (const { status } of [first, second]) {
      expect(after.get(status.memberId), status.memberId).toBeGreaterThan(before.get(status.memberId) ?? 0);
    }
  });

  test('a write raises the index of the leader', async () => {
    const { leader } = await staged().roles();
    await staged().port.write(leader.clientUrl, '/contract/index', 'any');
    const [after] = await staged().statuses([leader.clientUrl]);
    expect(Number(after?.raftIndex)).toBeGreaterThan(Number(leader.status.raftIndex));
  });

  test('what is asked of a dead port or a black hole is ETCD_UNAVAILABLE, to be looked at again', async () => {
    const { world } = staged();
    const hasty = world.openPort(500);
    const asking = [world.deadEndpoint, world.blackHoleEndpoint].map(async (silent) => {
      const heard = await failureOf(hasty.received(silent));
      expect(heard).toMatchObject(UNAVAILABLE);
      const error = await failureOf(hasty.addLearner(silent, world.newcomer.peerUrl));
      expect(error).toMatchObject(UNAVAILABLE);
      expect(error.message).toContain(silent);
    });
    await Promise.all(asking);
    hasty.close();
  });

  test('a dead port and a black hole are silent for their own reasons, and cost one deadline together', async () => {
    const { world, urls } = staged();
    const hasty = world.openPort(700);
    const startedAtMs = world.nowMs();
    const probes = await hasty.probe([world.deadEndpoint, world.blackHoleEndpoint, urls[0] ?? '']);
    const tookMs = world.nowMs() - startedAtMs;
    hasty.close();
    expect(probes.map(silenceOf)).toEqual(['refused', 'deadline', 'status']);
    expect(tookMs).toBeGreaterThanOrEqual(650);
    expect(tookMs).toBeLessThan(1_400);
  });

  test('no endpoints to ask is no probe', async () => {
    expect(await staged().port.probe([])).toEqual([]);
  });

  test('a key reads as it was last written, and an absent key as null', async () => {
    const { port, urls } = staged();
    const [first = '', second = ''] = urls;
    expect(await port.read(first, '/contract/absent')).toBeNull();
    await port.write(first, '/contract/key', 'eins');
    await port.write(first, '/contract/key', 'zwei: ü');
    expect(await port.read(second, '/contract/key')).toBe('zwei: ü');
  });

  test('a key is swapped only from what was read, by whichever voter is asked, and of many at once by one', async () => {
    const { port, urls } = staged();
    const [first = '', second = ''] = urls;
    const key = '/contract/swapped';
    expect(await port.swap(first, key, 'a', 'b', null)).toBe('overtaken');
    const all = await Promise.all(['x', 'y', 'z'].map((value) => port.swap(second, key, null, value, null)));
    expect(all.filter((one) => one === 'swapped')).toHaveLength(1);
    const value = await port.read(first, key);
    expect(value).toBe(['x', 'y', 'z'][all.indexOf('swapped')]);
    expect(await port.swap(first, key, value, null, null)).toBe('swapped');
    expect(await port.read(second, key)).toBeNull();
  });

  test('leadership moves from the leader, and only from there, in a new term', async () => {
    const { leader, first } = await staged().roles();
    const { port } = staged();
    const heirId = first.status.memberId;
    expect(await failureOf(port.moveLeader(first.clientUrl, heirId))).toMatchObject(UNAVAILABLE);
    await port.moveLeader(leader.clientUrl, heirId);
    const [after] = await staged().statuses([leader.clientUrl]);
    expect(after?.leaderId).toBe(heirId);
    await staged().eventually(async () => {
      const [later] = await staged().statuses([leader.clientUrl]);
      return Number(later?.raftTerm) > Number(leader.status.raftTerm) ? true : null;
    });
  });

  test('leadership does not go to a stranger; that it stays is no failure', async () => {
    const { leader } = await staged().roles();
    const { port } = staged();
    const error = await failureOf(port.moveLeader(leader.clientUrl, '4711'));
    expect(error).toMatchObject({ ...REFUSED, context: { text: 'bad leader transferee' } });
    await port.moveLeader(leader.clientUrl, leader.status.memberId);
    expect((await staged().roles()).leader.name).toBe(leader.name);
  });
}

function permitContract(staged: () => Stage): void {
  let port: EtcdPort;
  let endpoint: string;
  beforeEach(() => {
    port = staged().world.openPort(DEADLINE_MS);
    endpoint = staged().urls[0] ?? '';
  });
  afterEach(() => port.close());

  test('the permit is held by one, and free again once released', async () => {
    const first = await port.takePermit(endpoint, 'first', 'removeMember', 20);
    expect(first).toMatchObject({ owner: 'first' });
    expect(await port.takePermit(endpoint, 'second', 'addLearner', 20)).toBeNull();
    if (first !== null) await port.releasePermit(endpoint, first);
    const second = await port.takePermit(endpoint, 'second', 'addLearner', 20);
    expect(second).toMatchObject({ owner: 'second' });
    if (second !== null) await port.releasePermit(endpoint, second);
  });

  test('the permit tells who has it and why', async () => {
    const lease = await port.takePermit(endpoint, 'the owner', 'the reason', 20);
    const value: unknown = JSON.parse((await port.read(endpoint, KEY.disruption)) ?? '');
    expect(value).toEqual({ owner: 'the owner', reason: 'the reason', since: expect.any(String) });
    if (lease !== null) await port.releasePermit(endpoint, lease);
    expect(await port.read(endpoint, KEY.disruption)).toBeNull();
  });

  test('a key is swapped under a permit only while that is ours', async () => {
    const key = '/contract/under-permit';
    const first = await port.takePermit(endpoint, 'first', 'reboot', 20);
    if (first === null) throw new Error('the permit was not free');
    expect(await port.swap(endpoint, key, null, 'ours', first)).toBe('swapped');
    await port.releasePermit(endpoint, first);
    expect(await port.swap(endpoint, key, 'ours', 'free', first)).toBe('overtaken');
    const second = await port.takePermit(endpoint, 'second', 'reboot', 20);
    expect(await port.swap(endpoint, key, 'ours', 'theirs', first)).toBe('overtaken');
    expect(await port.swap(endpoint, key, 'ours', 'theirs', second)).toBe('swapped');
    if (second !== null) await port.releasePermit(endpoint, second);
  });

  test('an owner whose first reply was lost takes its own permit again', async () => {
    const first = await port.takePermit(endpoint, 'same', 'removeMember', 20);
    const again = await port.takePermit(endpoint, 'same', 'removeMember', 20);
    expect(again).toEqual(first);
    if (again !== null) await port.releasePermit(endpoint, again);
  });

  test('a permit lives while it is renewed, and is lost once its owner is late', async () => {
    const { world } = staged();
    const lease = await port.takePermit(endpoint, 'slow', 'moveLeader', 2);
    if (lease === null) throw new Error('the permit was not free');
    for (let count = 0; count < 3; count += 1) {
      await world.passSeconds(HASTY_MS / 1_000);
      expect(await port.renewPermit(endpoint, lease)).toBe('renewed');
    }
    await world.passSeconds(3.5);
    expect(await port.renewPermit(endpoint, lease)).toBe('lost');
    expect(await port.read(endpoint, KEY.disruption)).toBeNull();
    await port.releasePermit(endpoint, lease); // gone already, which is fine
  }, 20_000);
}

const byName = (members: readonly MemberEntry[]): readonly MemberEntry[] =>
  [...members].sort((a, b) => a.name.localeCompare(b.name));
