import { expect, test } from 'vitest';
import { memberIdOf } from '../../functions/core/raft-ids.ts';
import { failureOf, REFUSED, type Stage, silenceOf, statusOf, wordsOf } from './etcd-world.ts';

const NOT_FOR_LEARNERS = { ...REFUSED, context: { text: 'rpc not supported for learner' } };

/** A newcomer's life, from its entry to its end; the tests build on each other. */
export function membershipContract(staged: () => Stage): void {
  let learnerId = '';

  test('a learner is listed without a name from the start; its id is made of its address and the second', async () => {
    const { world, port } = staged();
    const { leader } = await staged().roles();
    learnerId = await staged().addLearner(leader.clientUrl, world.newcomer.peerUrl);
    const second = Math.floor(world.nowMs() / 1_000);
    const ids = [second, second - 1].map((at) => memberIdOf(world.newcomer.peerUrl, String(at)));
    expect(ids).toContain(learnerId);
    expect(await staged().entry(leader.clientUrl, learnerId)).toEqual({
      id: learnerId,
      name: '',
      peerUrls: [world.newcomer.peerUrl],
      clientUrls: [],
      isLearner: true,
    });
    expect(await port.members(leader.clientUrl)).toHaveLength(4);
  }, 20_000);

  test('the same address is not added twice, and no second learner beside the first', async () => {
    const { world, port } = staged();
    const { leader } = await staged().roles();
    const twice = await failureOf(port.addLearner(leader.clientUrl, world.newcomer.peerUrl));
    expect(twice).toMatchObject(REFUSED);
    expect(['Peer URLs already exists', 'member ID already exist']).toContain(wordsOf(twice));
    const second = await failureOf(port.addLearner(leader.clientUrl, world.later.peerUrl));
    expect(second).toMatchObject({ ...REFUSED, context: { text: 'too many learner members in cluster' } });
  });

  test('a learner that never started is not in sync, whoever is asked, and leads nobody', async () => {
    const { port } = staged();
    const { leader, first } = await staged().roles();
    for (const { clientUrl } of [leader, first]) {
      expect(await port.promote(clientUrl, learnerId)).toBe('notInSync');
    }
    const error = await failureOf(port.moveLeader(leader.clientUrl, learnerId));
    expect(error).toMatchObject({ ...REFUSED, context: { text: 'bad leader transferee' } });
  });

  test('who is no member is not promoted, whoever is asked, and is removed already', async () => {
    const { port } = staged();
    const { leader, first } = await staged().roles();
    for (const { clientUrl } of [leader, first]) {
      const error = await failureOf(port.promote(clientUrl, '4711'));
      expect(error).toMatchObject({ ...REFUSED, context: { text: 'member not found' } });
      await port.remove(clientUrl, '4711');
    }
  });

  test('an address is added again only when the second of its removed entry is over', async () => {
    const { world, port } = staged();
    const { leader } = await staged().roles();
    const { peerUrl } = world.newcomer;
    const outcome = await staged().eventually(async () => {
      await world.passSeconds((1_010 - (world.nowMs() % 1_000)) / 1_000);
      const startedAtMs = world.nowMs();
      await port.remove(leader.clientUrl, learnerId);
      learnerId = await port.addLearner(leader.clientUrl, peerUrl);
      await port.remove(leader.clientUrl, learnerId);
      const again = await port.addLearner(leader.clientUrl, peerUrl).catch((error: unknown) => error);
      const isSameSecond = Math.floor(startedAtMs / 1_000) === Math.floor(world.nowMs() / 1_000);
      if (typeof again === 'string') learnerId = again;
      return isSameSecond ? again : null; // a slow machine: once more
    });
    expect(outcome).toMatchObject({ ...REFUSED, context: { text: 'member not found' } });
    await world.passSeconds(1.1);
    const later = await port.addLearner(leader.clientUrl, peerUrl);
    expect(later).not.toBe(learnerId);
    learnerId = later;
    expect(await staged().entry(leader.clientUrl, learnerId)).toMatchObject({ name: '', isLearner: true });
  }, 20_000);

  test('a newcomer that is told other members than there are does not start', async () => {
    expect(await staged().world.startNewcomer('tooFew')).toBe(false);
    const [probe] = await staged().port.probe([staged().world.newcomer.clientUrl]);
    expect(silenceOf(probe)).toBe('refused');
  }, 20_000);

  test('a learner shows its status and serves nothing else, and has its name as soon as it runs', async () => {
    const { world, port } = staged();
    const { leader } = await staged().roles();
    expect(await world.startNewcomer('everybody')).toBe(true);
    const { clientUrl } = world.newcomer;
    const [probe] = await port.probe([clientUrl]);
    expect(probe).toMatchObject({ kind: 'status', linearizable: false });
    expect(statusOf(probe)).toMatchObject({
      memberId: learnerId,
      isLearner: true,
      leaderId: leader.status.memberId,
      errors: [],
    });
    const asking = [
      () => port.members(clientUrl),
      () => port.read(clientUrl, '/contract/key'),
      () => port.write(clientUrl, '/contract/key', 'by a learner'),
      () => port.addLearner(clientUrl, world.later.peerUrl),
      () => port.remove(clientUrl, '4711'),
      () => port.takePermit(clientUrl, 'a learner', 'any', 20),
    ];
    for (const ask of asking) expect(await failureOf(ask())).toMatchObject(NOT_FOR_LEARNERS);
    await port.received(clientUrl);
    const entry = await staged().eventually(async () => {
      const found = await staged().entry(leader.clientUrl, learnerId);
      return found?.name === '' ? null : (found ?? null);
    });
    expect(entry).toMatchObject({ name: world.newcomer.name, clientUrls: [clientUrl], isLearner: true });
  }, 25_000);

  test('a learner that ended after it had caught up is promoted all the same: etcd does not ask whether it runs', async () => {
    const { world, port } = staged();
    const { leader, first } = await staged().roles();
    await staged().eventually(async () => {
      const [learner] = await staged().statuses([world.newcomer.clientUrl]);
      const [led] = await staged().statuses([leader.clientUrl]);
      return Number(learner?.raftIndex) >= Number(led?.raftIndex) ? true : null;
    });
    await world.kill(world.newcomer.name);
    expect(await port.promote(leader.clientUrl, learnerId)).toBe('promoted');
    expect(await staged().entry(first.clientUrl, learnerId)).toMatchObject({ isLearner: false });
    await world.start(world.newcomer.name);
    await staged().eventually(async () => {
      const [voter] = await port.probe([world.newcomer.clientUrl]);
      return voter?.kind === 'status' && voter.linearizable ? true : null;
    });
    for (const { clientUrl } of [leader, first]) {
      expect(await port.promote(clientUrl, learnerId)).toBe('promoted');
    }
  }, 25_000);

  test('a member that is removed ends; removing it again is no failure, and its id is never used again', async () => {
    const { world, port } = staged();
    const { leader, first } = await staged().roles();
    await port.remove(leader.clientUrl, learnerId);
    await port.remove(first.clientUrl, learnerId);
    expect((await port.members(leader.clientUrl)).map(({ id }) => id)).not.toContain(learnerId);
    await staged().eventually(async () => {
      const [probe] = await port.probe([world.newcomer.clientUrl]);
      return silenceOf(probe) === 'refused' ? true : null;
    });
  }, 20_000);
}
