import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { KEY } from '../../functions/core/names.ts';
import type { EtcdPort, EtcdStatus, MemberEntry, Probe } from '../../functions/core/ports.ts';
import { clusterIdOf, memberIdOf } from '../../functions/core/raft-ids.ts';

export interface Node {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

/** Three founders that all vote and answer, and what else the contract needs of a world. */
export interface EtcdWorld {
  readonly founders: readonly [Node, Node, Node];
  readonly token: string;
  /** A node that is no member; nothing runs there yet. */
  readonly newcomer: Node;
  /** Nothing listens there. */
  readonly deadEndpoint: string;
  /** Takes connections and never answers. */
  readonly blackHoleEndpoint: string;
  openPort(deadlineMs: number): EtcdPort;
  /** Starts the newcomer, which was added before, as `existing`. */
  startNewcomer(): Promise<void>;
  /** Ends a founder's process without notice. */
  kill(name: string): Promise<void>;
  /** Lets this many seconds of leases pass. */
  passSeconds(seconds: number): Promise<void>;
  end(): Promise<void>;
}

const DEADLINE_MS = 5_000;
const WORLD_WITHIN_MS = 30_000;

/** What every implementation of `EtcdPort` owes, whatever stands behind it. */
export function etcdPortContract(name: string, makeWorld: () => Promise<EtcdWorld>): void {
  describe(`${name} keeps the contract of EtcdPort`, () => {
    describe('in a whole cluster', () => wholeClusterContract(makeWorld));
    describe('when membership changes', () => membershipContract(makeWorld));
  });
}

function wholeClusterContract(makeWorld: () => Promise<EtcdWorld>): void {
  let world: EtcdWorld;
  let port: EtcdPort;
  let endpoint: string;

  beforeAll(async () => {
    world = await makeWorld();
    endpoint = world.founders[0].clientUrl;
  }, WORLD_WITHIN_MS);
  beforeEach(() => {
    port = world.openPort(DEADLINE_MS);
  });
  afterEach(() => port.close());
  afterAll(() => world.end());

  test('every voter shows the cluster, its leader and no error, and serves a linearizable read', async () => {
    const probes = await port.probe(urlsOf(world));
    const statuses = probes.map(statusOf);
    expect(probes.map((probe) => probe.endpoint)).toEqual(urlsOf(world));
    expect(probes.every((probe) => probe.kind === 'status' && probe.linearizable)).toBe(true);
    expect(new Set(statuses.map((status) => status.clusterId)).size).toBe(1);
    expect(new Set(statuses.map((status) => status.leaderId)).size).toBe(1);
    expect(statuses.map((status) => status.memberId)).toContain(statuses[0]?.leaderId);
    for (const status of statuses) {
      expect(status).toMatchObject({ isLearner: false, errors: [] });
      expect(status.version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(status.raftIndex).toMatch(/^[1-9]\d*$/);
      expect(status.raftTerm).toMatch(/^[1-9]\d*$/);
      expect(status.dbSizeBytes).toBeGreaterThan(0);
    }
  });

  test('the ids of founders and their cluster are those computed beforehand', async () => {
    const statuses = (await port.probe(urlsOf(world))).map(statusOf);
    const peerUrls = world.founders.map((founder) => founder.peerUrl);
    expect(statuses.map((status) => status.memberId)).toEqual(
      peerUrls.map((peerUrl) => memberIdOf(peerUrl, world.token)),
    );
    expect(statuses[0]?.clusterId).toBe(clusterIdOf(peerUrls, world.token));
  });

  test('the member list carries names, addresses and roles', async () => {
    const members = await port.members(endpoint);
    const expected = world.founders.map((founder) => ({
      id: memberIdOf(founder.peerUrl, world.token),
      name: founder.name,
      peerUrls: [founder.peerUrl],
      clientUrls: [founder.clientUrl],
      isLearner: false,
    }));
    expect(byName(members)).toEqual(byName(expected));
  });

  test('the leader hears from every voter that runs', () => expectHearing(world, port), 15_000);

  test('whom a dead port or a black hole hears is not known', async () => {
    const hasty = world.openPort(1_000);
    for (const url of [world.deadEndpoint, world.blackHoleEndpoint]) {
      const error = await failureOf(hasty.received(url));
      expect(error).toMatchObject({ code: 'ETCD_UNAVAILABLE', retry: 'nextLook' });
    }
    hasty.close();
  });

  test('a dead port and a black hole are silent for their own reasons, and cost one deadline together', async () => {
    const hasty = world.openPort(700);
    const startedAtMs = performance.now();
    const probes = await hasty.probe([world.deadEndpoint, world.blackHoleEndpoint, endpoint]);
    const tookMs = performance.now() - startedAtMs;
    hasty.close();
    expect(probes.map((probe) => (probe.kind === 'silent' ? probe.because : probe.kind))).toEqual([
      'refused',
      'deadline',
      'status',
    ]);
    expect(tookMs).toBeLessThan(1_400);
  });

  test('no endpoints to ask is no probe', async () => {
    expect(await port.probe([])).toEqual([]);
  });

  test('an operation on a dead port or a black hole is ETCD_UNAVAILABLE, to be looked at again', async () => {
    const hasty = world.openPort(500);
    for (const silent of [world.deadEndpoint, world.blackHoleEndpoint]) {
      const error = await failureOf(hasty.addLearner(silent, world.newcomer.peerUrl));
      expect(error).toMatchObject({ code: 'ETCD_UNAVAILABLE', retry: 'nextLook' });
      expect(error.message).toContain(silent);
    }
    hasty.close();
  });

  test('a key reads as it was last written, and an absent key as null', async () => {
    const second = world.founders[1].clientUrl;
    expect(await port.read(endpoint, '/contract/absent')).toBeNull();
    await port.write(endpoint, '/contract/key', 'eins');
    await port.write(endpoint, '/contract/key', 'zwei: ü');
    expect(await port.read(second, '/contract/key')).toBe('zwei: ü');
  });

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

  test('an owner whose first reply was lost takes its own permit again', async () => {
    const first = await port.takePermit(endpoint, 'same', 'removeMember', 20);
    const again = await port.takePermit(endpoint, 'same', 'removeMember', 20);
    expect(again).toEqual(first);
    if (again !== null) await port.releasePermit(endpoint, again);
  });

  test('a permit lives while it is renewed, and is lost once its owner is late', async () => {
    const lease = await port.takePermit(endpoint, 'slow', 'moveLeader', 2);
    if (lease === null) throw new Error('the permit was not free');
    for (let second = 0; second < 4; second += 1) {
      await world.passSeconds(1);
      expect(await port.renewPermit(endpoint, lease)).toBe('renewed');
    }
    await world.passSeconds(5);
    expect(await port.renewPermit(endpoint, lease)).toBe('lost');
    expect(await port.read(endpoint, KEY.disruption)).toBeNull();
    await port.releasePermit(endpoint, lease); // gone already, which is fine
  }, 20_000);

  test('leadership moves from the leader, and only from there', async () => {
    const before = (await port.probe(urlsOf(world))).map(statusOf);
    const leaderAt = before.findIndex((status) => status.memberId === status.leaderId);
    const otherAt = (leaderAt + 1) % before.length;
    const other = before[otherAt]?.memberId ?? '';
    const error = await failureOf(port.moveLeader(urlsOf(world)[otherAt] ?? '', other));
    expect(error).toMatchObject({ code: 'ETCD_UNAVAILABLE', retry: 'nextLook' });
    const leaderUrl = urlsOf(world)[leaderAt] ?? '';
    await port.moveLeader(leaderUrl, other);
    expect(statusOf((await port.probe([leaderUrl]))[0]).leaderId).toBe(other);
  });

  test('leadership does not go to a stranger', async () => {
    const statuses = (await port.probe(urlsOf(world))).map(statusOf);
    const leaderAt = statuses.findIndex((status) => status.memberId === status.leaderId);
    const error = await failureOf(port.moveLeader(urlsOf(world)[leaderAt] ?? '', '4711'));
    expect(error).toMatchObject({ code: 'ETCD_REFUSED', retry: 'nextLook' });
  });
}

/** Whom the leader hears, two seconds apart. */
async function expectHearing(world: EtcdWorld, port: EtcdPort): Promise<void> {
  const probes = await port.probe(urlsOf(world));
  const { leaderId } = statusOf(probes[0]);
  const leader = probes.find((probe) => statusOf(probe).memberId === leaderId);
  const others = probes.map((probe) => statusOf(probe).memberId).filter((id) => id !== leaderId);
  const before = await port.received(leader?.endpoint ?? '');
  await world.passSeconds(2);
  const after = await port.received(leader?.endpoint ?? '');
  for (const id of others) expect(after.get(id), id).toBeGreaterThan(before.get(id) ?? 0);
}

function membershipContract(makeWorld: () => Promise<EtcdWorld>): void {
  let world: EtcdWorld;
  let port: EtcdPort;
  let endpoint: string;

  beforeEach(async () => {
    world = await makeWorld();
    port = world.openPort(DEADLINE_MS);
    endpoint = world.founders[0].clientUrl;
  }, WORLD_WITHIN_MS);
  afterEach(async () => {
    port.close();
    await world.end();
  });

  test('a newcomer joins as a learner, is promoted once in sync, and leaves; each step may be repeated', async () => {
    const id = await addLearner(port, endpoint, world.newcomer.peerUrl);
    expect(entryOf(await port.members(endpoint), id)).toEqual({
      id,
      name: '',
      peerUrls: [world.newcomer.peerUrl],
      clientUrls: [],
      isLearner: true,
    });
    expect(await failureOf(port.addLearner(endpoint, world.newcomer.peerUrl))).toMatchObject({
      code: 'ETCD_REFUSED',
      retry: 'nextLook',
    });
    expect(await port.promote(endpoint, id)).toBe('notInSync');

    await world.startNewcomer();
    const [learner] = await port.probe([world.newcomer.clientUrl]);
    expect(learner).toMatchObject({ kind: 'status', linearizable: false });
    expect(statusOf(learner)).toMatchObject({ memberId: id, isLearner: true });

    expect(await promoteWithin(port, endpoint, id)).toBe('promoted');
    expect(await port.promote(endpoint, id)).toBe('promoted');
    expect(entryOf(await port.members(endpoint), id)).toMatchObject({
      name: world.newcomer.name,
      isLearner: false,
    });
    const [voter] = await port.probe([world.newcomer.clientUrl]);
    expect(voter).toMatchObject({ kind: 'status', linearizable: true });

    await port.remove(endpoint, id);
    await port.remove(endpoint, id);
    expect((await port.members(endpoint)).map((member) => member.id)).not.toContain(id);
  }, 25_000);

  test('a learner that never started is removed again, and its address is free', async () => {
    const first = await addLearner(port, endpoint, world.newcomer.peerUrl);
    await port.remove(endpoint, first);
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // ids are made of the URL and the second
    const second = await addLearner(port, endpoint, world.newcomer.peerUrl);
    expect(second).not.toBe(first);
    expect(entryOf(await port.members(endpoint), second)).toMatchObject({ name: '', isLearner: true });
  }, 25_000);

  test('promoting what is no member is refused', async () => {
    expect(await failureOf(port.promote(endpoint, '4711'))).toMatchObject({
      code: 'ETCD_REFUSED',
      retry: 'nextLook',
    });
  });

  test('a voter cut off from its majority shows its status and serves no linearizable read', async () => {
    await world.kill(world.founders[1].name);
    await world.kill(world.founders[2].name);
    const hasty = world.openPort(1_500);
    const probes = await hasty.probe(urlsOf(world));
    expect(probes[0]).toMatchObject({ kind: 'status', linearizable: false });
    expect(probes.slice(1).map((probe) => (probe.kind === 'silent' ? probe.because : probe.kind))).toEqual([
      'refused',
      'refused',
    ]);
    const error = await failureOf(hasty.write(endpoint, '/contract/key', 'lost'));
    expect(error).toMatchObject({ code: 'ETCD_UNAVAILABLE', retry: 'nextLook' });
    const before = await hasty.received(endpoint);
    await world.passSeconds(2);
    expect(await hasty.received(endpoint)).toEqual(before);
    hasty.close();
  }, 15_000);
}

const urlsOf = (world: EtcdWorld): readonly string[] => world.founders.map((founder) => founder.clientUrl);

function statusOf(probe: Probe | undefined): EtcdStatus {
  if (probe?.kind !== 'status') throw new Error(`no status: ${JSON.stringify(probe)}`);
  return probe.status;
}

const byName = (members: readonly MemberEntry[]): readonly MemberEntry[] =>
  [...members].sort((a, b) => a.name.localeCompare(b.name));

const entryOf = (members: readonly MemberEntry[], id: string): MemberEntry | undefined =>
  members.find((member) => member.id === id);

async function failureOf(work: Promise<unknown>): Promise<OperationError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OperationError)) throw new Error(`no OperationError: ${String(error)}`);
  return error;
}

/** A young cluster refuses for some seconds: before 3.5.30 all voters must have been connected for 5 s. */
async function addLearner(port: EtcdPort, endpoint: string, peerUrl: string): Promise<string> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const outcome = await port.addLearner(endpoint, peerUrl).catch((error: unknown) => error);
    if (typeof outcome === 'string') return outcome;
    if (!(outcome instanceof OperationError) || outcome.retry !== 'nextLook') throw outcome;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('the learner was never accepted');
}

async function promoteWithin(port: EtcdPort, endpoint: string, id: string): Promise<string> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    if ((await port.promote(endpoint, id)) === 'promoted') return 'promoted';
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return 'never in sync';
}
