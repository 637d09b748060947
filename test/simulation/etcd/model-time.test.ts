import { describe, expect, test } from 'vitest';
import { memberIdOf } from '../../../functions/core/raft-ids.ts';
import { openFakeEtcd } from './fake-etcd-port.ts';
import { clientUrl, etcd, found, idOf, nowMs, pass, peerUrl, start } from './model-stage.ts';
import { Operator } from './operator.ts';

describe('disks and data', () => {
  test('voters that come back without their data, as many as a majority, lose what was acknowledged, and it is told', () => {
    found(3);
    for (let count = 0; count < 5; count += 1) etcd.clientWrite();
    const urls = [1, 2, 3].map(peerUrl);
    for (const nth of [1, 2, 3]) etcd.crash(idOf(nth));
    for (const nth of [1, 2]) {
      etcd.processes.delete(clientUrl(nth));
      etcd.disks.delete(idOf(nth));
    }
    for (const nth of [1, 2]) start(nth, urls, 'new');
    pass(etcd.electionMs);
    expect(etcd.lostWrites).toBeGreaterThanOrEqual(5);
  });

  test('a newcomer that needs a minute for the data is promoted when it has nine tenths of it', () => {
    found(3);
    etcd.catchUpMs = 60_000;
    const operator = new Operator(etcd);
    expect(operator.add(peerUrl(4), true)).toBeNull();
    start(4, [1, 2, 3, 4].map(peerUrl), 'existing');
    pass(50_000);
    expect(operator.promote(idOf(4))).toBe('can only promote a learner member which is in sync with leader');
    pass(5_000);
    expect(operator.promote(idOf(4))).toBeNull();
  });

  test('a process that is restarted keeps its member, one that was removed meanwhile does not come back', () => {
    found(3);
    etcd.crash(idOf(2));
    etcd.restart(idOf(2));
    expect(etcd.processOf(idOf(2))?.isInTouch).toBe(true);
    const gone = idOf(3);
    etcd.crash(gone);
    expect(new Operator(etcd).remove(gone)).toBeNull();
    etcd.resume(clientUrl(3), gone);
    expect(etcd.processes.has(clientUrl(3))).toBe(false);
  });
});

describe('time', () => {
  test('an election, a slow disk and a black hole take the time of whoever asks, and no more than its deadline', async () => {
    found(3);
    const port = openFakeEtcd(etcd, 2_000);
    const follower = etcd.voters().find(({ id }) => id !== etcd.leaderId);
    const url = follower?.clientUrl ?? '';
    const took = async (work: () => Promise<unknown>): Promise<number> => {
      const beganAtMs = nowMs;
      await work().catch(() => null);
      return nowMs - beganAtMs;
    };
    etcd.slow(follower?.id ?? '', 300);
    expect(await took(() => port.read(url, 'any'))).toBe(300);
    expect(await took(() => port.probe([url]))).toBe(300);
    etcd.slow(follower?.id ?? '', 0);
    etcd.blackHoles.add(clientUrl(9));
    expect(await took(() => port.probe([url, clientUrl(9)]))).toBe(2_000);
    etcd.crash(etcd.leaderId ?? '');
    expect(await took(() => port.write(url, 'any', 'any'))).toBe(etcd.electionMs);
    expect(etcd.keys.get('any')).toBe('any');
  });

  test.each([
    ['3.4.23', 'unhealthy cluster'],
    ['3.5.16', null],
  ])(
    'a frozen voter counts as lost after five seconds in 3.4, and as connected ever after: %s',
    (version, refusal) => {
      found(3, version);
      const frozen = etcd.voters().find(({ id }) => id !== etcd.leaderId)?.id ?? '';
      etcd.freeze(frozen);
      pass(6_000);
      expect(new Operator(etcd).add(peerUrl(4), true)).toBe(refusal);
    },
  );

  test('a permit that ran out under its leader does not come back under the next one', () => {
    found(3);
    etcd.permit = { owner: 'one', reason: 'any', leaseId: '1', ttlSeconds: 5, expiresAtMs: nowMs + 5_000 };
    pass(5_001);
    etcd.crash(etcd.leaderId ?? '');
    pass(etcd.electionMs);
    expect(etcd.permit).toBeNull();
  });

  test('a permit outlives its leader, and then expires', async () => {
    found(3);
    const port = openFakeEtcd(etcd);
    const [first, second] = etcd.voters().filter(({ id }) => id !== etcd.leaderId);
    await port.takePermit(first?.clientUrl ?? '', 'one', 'any', 20);
    pass(15_000);
    etcd.crash(etcd.leaderId ?? '');
    pass(etcd.electionMs);
    pass(10_000);
    expect(await port.takePermit(second?.clientUrl ?? '', 'another', 'any', 20)).toBeNull();
    pass(20_001);
    expect(await port.takePermit(second?.clientUrl ?? '', 'another', 'any', 20)).not.toBeNull();
  });
});

describe('operators', () => {
  test.each([
    ['3.5.16', false],
    ['3.5.33', true],
  ])(
    'S26 a learner that an operator updates is listed as a voter before 3.5.31: %s',
    async (version, isLearner) => {
      found(3, version);
      const operator = new Operator(etcd);
      expect(operator.add(peerUrl(4), true)).toBeNull();
      expect(operator.update(idOf(4))).toBeNull();
      const entries = await openFakeEtcd(etcd).members(clientUrl(1));
      expect(entries.find(({ id }) => id === idOf(4))).toMatchObject({ isLearner });
      expect(etcd.voters()).toHaveLength(3); // to Raft it is a learner all the same
    },
  );

  test('an id is made of the address and the second', () => {
    found(3);
    expect(new Operator(etcd).add(peerUrl(4), true)).toBeNull();
    expect(idOf(4)).toBe(memberIdOf(peerUrl(4), String(Math.floor(nowMs / 1_000))));
  });
});
