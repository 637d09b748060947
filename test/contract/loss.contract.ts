import { expect, test } from 'vitest';
import { isAtLeast } from '../../infra/etcd/version.ts';
import {
  failureOf,
  HASTY_MS,
  REFUSED,
  type Roles,
  type Stage,
  silenceOf,
  UNAVAILABLE,
  wordsOf,
} from './etcd-world.ts';

const UNHEALTHY = { ...REFUSED, context: { text: 'unhealthy cluster' } };

/** From the whole cluster to a single survivor, and back to a majority; the tests build on each other. */
export function lossContract(staged: () => Stage): void {
  /** Of when all ran. */
  let roles: Roles;

  test('a frozen voter costs the deadline, does not take over, and is no reason for etcd to refuse a learner', async () => {
    const { world, port } = staged();
    roles = await staged().roles();
    const { leader, first } = roles;
    // Whoever is frozen seems connected for a while, in some versions for good.
    await staged().eventually(() => addedAndRemoved(staged(), leader.clientUrl));
    world.freeze(first.name);
    const hasty = world.openPort(HASTY_MS);
    await world.passSeconds(1.1); // ids are made of the address and the second
    expect(await addedAndRemoved(staged(), leader.clientUrl)).toBe(true);
    const probes = await hasty.probe([leader.clientUrl, first.clientUrl]);
    expect(probes.map(silenceOf)).toEqual(['status', 'deadline']);
    const error = await failureOf(hasty.moveLeader(leader.clientUrl, first.status.memberId));
    expect(error).toMatchObject(UNAVAILABLE);
    hasty.close();
    const [still] = await port.probe([leader.clientUrl]);
    expect(still).toMatchObject({ linearizable: true, status: { leaderId: leader.status.memberId } });
    world.thaw(first.name);
    const after = await staged().roles(); // it may have read by now that it was to take over
    await port.write(after.leader.clientUrl, '/contract/kept', 'before any loss');
  }, 30_000);

  test('with one of three down nobody is added, and none of those that run is removed', async () => {
    const { world, port } = staged();
    roles = await staged().roles();
    const { leader, first, second } = roles;
    await world.kill(first.name);
    const asking = [
      () => port.addLearner(leader.clientUrl, world.later.peerUrl),
      () => port.remove(leader.clientUrl, second.status.memberId),
      () => port.remove(leader.clientUrl, leader.status.memberId),
    ];
    for (const ask of asking) expect(await failureOf(ask())).toMatchObject(UNHEALTHY);
    expect(await port.members(leader.clientUrl)).toHaveLength(3);
  });

  test('who comes back counts only when it was connected for five seconds', async () => {
    const { world, port } = staged();
    await world.start(roles.first.name);
    const { leader } = await staged().roles();
    const error = await failureOf(port.addLearner(leader.clientUrl, world.later.peerUrl));
    expect(error).toMatchObject(UNHEALTHY);
  }, 20_000);

  test('a leader that ends is followed by another one, in a new term; what was written and the permit live on', async () => {
    const { world, port } = staged();
    roles = await staged().roles();
    const { leader, first, second } = roles;
    const lease = await port.takePermit(leader.clientUrl, 'outlives', 'its leader', 20);
    if (lease === null) throw new Error('the permit was not free');
    await world.kill(leader.name);
    const [early] = await port.probe([first.clientUrl]);
    expect(early).toMatchObject({ kind: 'status', linearizable: false });
    const after = await staged().eventually(async () => {
      const later = await staged().roles([first, second]);
      return Number(later.leader.status.raftTerm) > Number(leader.status.raftTerm) ? later : null;
    });
    expect(await port.read(after.leader.clientUrl, '/contract/kept')).toBe('before any loss');
    expect(await port.renewPermit(after.leader.clientUrl, lease)).toBe('renewed');
    await port.releasePermit(after.leader.clientUrl, lease);
    roles = { leader: after.leader, first: after.first, second: leader };
  }, 20_000);

  test('a voter cut off from its majority shows its status and serves no linearizable read', async () => {
    const { world, port } = staged();
    const { leader: survivor, first, second } = roles;
    await world.kill(first.name);
    const hasty = world.openPort(HASTY_MS);
    const probes = await hasty.probe([survivor, first, second].map(({ clientUrl }) => clientUrl));
    expect(probes.map(silenceOf)).toEqual(['status', 'refused', 'refused']);
    expect(probes[0]).toMatchObject({ kind: 'status', linearizable: false });
    const later = await staged().eventually(async () => {
      const [probe] = await hasty.probe([survivor.clientUrl]);
      return probe?.kind === 'status' && probe.status.leaderId === null ? probe : null;
    });
    expect(later.status.errors).toEqual(['etcdserver: no leader']);
    expect(later.linearizable).toBe(false);
    // Whom it would need is judged by what it believes itself. Where it asks for users it does not even find out who asks.
    const own = await hasty.ownMembers(survivor.clientUrl).catch((error: unknown) => error);
    if (world.hasUsers) expect(own).toMatchObject(UNAVAILABLE);
    else expect(own).toMatchObject(Array.from({ length: 3 }, () => ({ isLearner: false })));
    const before = await port.received(survivor.clientUrl);
    await world.passSeconds(0.5);
    expect(await port.received(survivor.clientUrl)).toEqual(before);
    hasty.close();
  }, 20_000);

  test('a voter without its majority changes nothing: it refuses at once, or never answers', async () => {
    const { world } = staged();
    const { leader: survivor, first } = roles;
    const hasty = world.openPort(HASTY_MS);
    const url = survivor.clientUrl;
    const lease = { leaseId: '4711', owner: 'nobody' };
    const asking = [
      () => hasty.read(url, '/contract/kept'),
      () => hasty.write(url, '/contract/kept', 'lost'),
      () => hasty.remove(url, first.status.memberId),
      () => hasty.promote(url, first.status.memberId),
      () => hasty.moveLeader(url, first.status.memberId),
      () => hasty.takePermit(url, 'nobody', 'any', 20),
      () => hasty.renewPermit(url, lease),
      () => hasty.releasePermit(url, lease),
    ];
    await Promise.all(asking.map(async (ask) => expect(await failureOf(ask())).toMatchObject(UNAVAILABLE)));
    hasty.close();
  }, 20_000);

  test('a voter without its majority refuses to add anybody, and to remove itself', async () => {
    const { world } = staged();
    const { leader: survivor } = roles;
    const hasty = world.openPort(HASTY_MS);
    const asking = [
      () => hasty.addLearner(survivor.clientUrl, world.later.peerUrl),
      () => hasty.remove(survivor.clientUrl, survivor.status.memberId),
    ];
    // Where it asks for users it cannot even find out who asks.
    const expected = world.hasUsers ? UNAVAILABLE : UNHEALTHY;
    await Promise.all(asking.map(async (ask) => expect(await failureOf(ask())).toMatchObject(expected)));
    hasty.close();
  });

  test('a voter without its majority tells its members in 3.4, and not since', async () => {
    const { world } = staged();
    const hasty = world.openPort(HASTY_MS);
    const listing = hasty.members(roles.leader.clientUrl);
    const isConfirmed = world.hasUsers || isAtLeast(world.version, '3.5.0');
    if (isConfirmed) expect(await failureOf(listing)).toMatchObject(UNAVAILABLE);
    else expect(await listing).toHaveLength(3);
    hasty.close();
  });

  test('a voter that starts again without a majority does not even show its status', async () => {
    const { world } = staged();
    const { leader: survivor } = roles;
    await world.kill(survivor.name);
    await world.start(survivor.name);
    const hasty = world.openPort(HASTY_MS);
    const probe = await staged().eventually(async () => {
      const [found] = await hasty.probe([survivor.clientUrl]);
      return silenceOf(found) === 'refused' ? null : found; // it has not begun to listen
    });
    expect(silenceOf(probe)).toBe('deadline');
    hasty.close();
  }, 20_000);

  test('with the second of three the cluster serves again, and has everything that was acknowledged', async () => {
    const { world, port } = staged();
    const { leader: survivor, first, second } = roles;
    await world.start(first.name);
    const after = await staged().roles([survivor, first]);
    expect(await port.read(after.first.clientUrl, '/contract/kept')).toBe('before any loss');
    await port.remove(after.leader.clientUrl, second.status.memberId);
    const members = await port.members(after.first.clientUrl);
    expect(members.map(({ name }) => name).sort()).toEqual([survivor.name, first.name].sort());
  }, 20_000);
}

/** `null`: refused as unhealthy. */
async function addedAndRemoved(stage: Stage, url: string): Promise<true | null> {
  const outcome = await stage.port
    .addLearner(url, stage.world.later.peerUrl)
    .catch((error: unknown) => error);
  if (typeof outcome !== 'string') {
    if (UNHEALTHY.context.text === wordsOf(outcome) || wordsOf(outcome) === 'member not found') return null;
    throw outcome;
  }
  await stage.port.remove(url, outcome);
  return true;
}
