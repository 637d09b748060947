import { beforeEach, describe, expect, test } from 'vitest';
import { openFakeEtcd } from './fake-etcd-port.ts';
import { etcd, found, idOf, join, pass, peerUrl } from './model-stage.ts';
import { Operator } from './operator.ts';

describe('a partition', () => {
  beforeEach(() => found(5));

  test('the side with the majority elects, in a new term and after a while; the other side keeps what it knew', async () => {
    const [old = '', ...others] = [1, 2, 3, 4, 5].map(idOf).sort((one) => (one === etcd.leaderId ? -1 : 1));
    const [beside = '', ...majority] = others;
    etcd.partition([majority, [old, beside]]);
    expect(etcd.leaderId).toBeNull();
    expect(etcd.hasQuorum()).toBe(true);
    expect(etcd.clientWrite()).toBe(false);
    pass(etcd.electionMs);
    expect(majority).toContain(etcd.leaderId);
    expect(etcd.term).toBe(3);
    expect(new Operator(etcd).remove(beside)).toBeNull();
    const url = [...etcd.processes].find(([, { memberId }]) => memberId === beside)?.[0] ?? '';
    const [probe] = await openFakeEtcd(etcd).probe([url]);
    expect(probe).toMatchObject({ kind: 'status', linearizable: false, status: { raftTerm: '2' } });
    const process = etcd.processOf(beside);
    expect(process === undefined ? [] : etcd.listOf(process)).toHaveLength(5);
    etcd.heal();
    expect(etcd.processes.has(url)).toBe(false); // it has heard that it was removed
  });

  test('in which nobody has a majority takes no write, and loses none', () => {
    expect(etcd.clientWrite()).toBe(true);
    etcd.partition([[1, 2].map(idOf), [3, 4].map(idOf), [idOf(5)]]);
    expect([etcd.hasQuorum(), etcd.clientWrite()]).toEqual([false, false]);
    etcd.heal();
    pass(etcd.electionMs);
    expect(etcd.clientWrite()).toBe(true);
    expect([etcd.acknowledgedWrites, etcd.lostWrites]).toEqual([2, 0]);
  });

  test('a torn line between two members leaves a leader that all others hear', () => {
    const follower = etcd.voters().find(({ id }) => id !== etcd.leaderId)?.id ?? '';
    const before = etcd.leaderId;
    etcd.tear(before ?? '', follower);
    expect(etcd.leaderId).toBe(before);
    expect(etcd.processOf(follower)?.isInTouch).toBe(false);
  });
});

describe('what the strict check does not see', () => {
  test('a ghost, added as a voter and never started, turns quorum 2 of 3 into 3 of 4', () => {
    found(3);
    expect(new Operator(etcd).add(peerUrl(9))).toBeNull();
    etcd.crash(idOf(1));
    expect(etcd.hasQuorum()).toBe(false);
  });

  test('with three of four voters running a live one is removed without a word, of three with two running none', () => {
    found(3);
    join(4);
    etcd.crash(idOf(4));
    const [live = ''] = [1, 2, 3].map(idOf).filter((id) => id !== etcd.leaderId);
    expect(new Operator(etcd).remove(live)).toBeNull();
    expect(etcd.hasQuorum()).toBe(true);
    const [second = ''] = [1, 2, 3].map(idOf).filter((id) => id !== '' && id !== etcd.leaderId);
    expect(new Operator(etcd).remove(second)).toBe('unhealthy cluster');
  });

  test('two become one, and the last one is not removed', () => {
    found(3);
    const operator = new Operator(etcd);
    for (const left of [2, 1]) {
      const follower = etcd.voters().find(({ id }) => id !== etcd.leaderId)?.id ?? '';
      expect(operator.remove(follower)).toBeNull();
      expect(etcd.members).toHaveLength(left);
    }
    expect(operator.remove(etcd.leaderId ?? '')).toBe(
      're-configuration failed due to not enough started members',
    );
  });
});

describe('the strict check', () => {
  test.each([
    ['3.4.23', 'unhealthy cluster'],
    ['3.5.16', 'unhealthy cluster'],
    ['3.5.33', null],
    ['3.6.8', 'unhealthy cluster'],
    ['3.6.14', null],
    ['3.7.1', null],
  ])('with one of five voters down a learner is added from 3.5.30 and 3.6.11 on: %s', (version, refusal) => {
    found(5, version);
    etcd.crash(etcd.voters().find(({ id }) => id !== etcd.leaderId)?.id ?? '');
    expect(new Operator(etcd).add(peerUrl(9), true)).toBe(refusal);
  });

  test('who was cut off for long is connected again five seconds after, who was for a moment never was lost', () => {
    found(3);
    const cut = etcd.voters().find(({ id }) => id !== etcd.leaderId)?.id ?? '';
    const operator = new Operator(etcd);
    etcd.partition([[], [cut]]);
    pass(1_000);
    expect(operator.add(peerUrl(8), true)).toBeNull();
    expect(operator.remove(idOf(8))).toBeNull();
    etcd.heal();
    expect(operator.add(peerUrl(7), true)).toBeNull();
    expect(operator.remove(idOf(7))).toBeNull();
    etcd.partition([[], [cut]]);
    pass(10_000);
    etcd.heal();
    pass(4_000);
    expect(operator.add(peerUrl(9), true)).toBe('unhealthy cluster');
    pass(1_000);
    expect(operator.add(peerUrl(9), true)).toBeNull();
  });
});
