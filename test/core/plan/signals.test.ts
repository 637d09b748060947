import { describe, expect, test } from 'vitest';
import type { Memory } from '../../../functions/core/memory.ts';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import type { Instance, Observation } from '../../../functions/core/observation.ts';
import { planCluster } from '../../../functions/core/plan/cluster.ts';
import { isProgressing } from '../../../functions/core/plan/plan.ts';
import { SIGNAL_WITHIN_MS } from '../../../functions/core/plan/signals.ts';
import {
  id,
  instance,
  launching,
  machine,
  member,
  memberId,
  NO_RECORDS,
  NOW_MS,
  observation,
  type Parts,
  silent,
  view,
} from '../../support/observations.ts';
import { openTicket, peerUrl, startedTicket } from '../../support/tickets.ts';

const STACK = { stackName: 'etcd-core', logicalId: 'MemberGroup' };
const old = (n: number) => instance(n, { launchedAtMs: NOW_MS - 86_400_000 });
const fresh = (n: number, over: Partial<Instance> = {}) =>
  instance(n, { launchedAtMs: NOW_MS - 60_000, ...over });
const STEADY = { raftTerm: '1', voterIds: [1, 2, 3].map(memberId) };

/** Three voters in service, the third of them new, calm for so many seconds. */
function settled(parts: Parts = {}, calmSeconds = 10, memory: Partial<Memory> = {}): Observation {
  const steady = { ...STEADY, sinceMs: NOW_MS - calmSeconds * 1_000 };
  const members = parts.members ?? [member(1), member(2), member(3)];
  const seen = view(members, { raftTerm: '1', memory: { ...NO_MEMORY, steady, ...memory } });
  const { group, ...others } = parts;
  return observation({
    instances: [old(1), old(2), fresh(3)],
    view: seen,
    group: { stack: STACK, ...group },
    ...others,
  });
}

/** The newcomer has been given its ticket; the others have used theirs. */
const withTicket = (n: number) =>
  new Map([
    [id(n), openTicket(member(n))],
    ...[1, 2, 3].map((m) => [id(m), startedTicket(member(m))] as const),
  ]);

const told = (world: Observation) =>
  planCluster(world).actions.flatMap((action) =>
    action.kind === 'signalStack' ? [`${action.status} ${action.instanceId} ${action.because}`] : [],
  );
const SUCCESS = [`SUCCESS ${id(3)} steady`];
const settling = (world: Observation) => planCluster(world).waits.find(({ kind }) => kind === 'settling');

describe('a newcomer in service that votes', () => {
  test('is told to its stack when the cluster has tolerated one more failure for the window', () => {
    expect(planCluster(settled()).actions).toContainEqual({
      kind: 'signalStack',
      ...STACK,
      instanceId: id(3),
      status: 'SUCCESS',
      because: 'steady',
    });
    expect(settling(settled())).toBeUndefined();
  });

  test('is waited for until then, closely only for the last seconds', () => {
    const short = settling(settled({}, 9));
    expect(short).toEqual({
      kind: 'settling',
      instanceIds: [id(3)],
      shortfalls: ['unstable'],
      isSoon: true,
    });
    expect(short !== undefined && isProgressing(short)).toBe(true);
    expect(told(settled({}, 9))).toEqual([]);
    const gate = { stableSeconds: 600, maxLag: 1_000, single: 'allow' } as const;
    const long = settling(settled({ config: { gate } }, 9));
    expect(long).toMatchObject({ isSoon: false });
    expect(long !== undefined && isProgressing(long)).toBe(false);
    expect(settling(settled({ config: { gate } }, 581))).toMatchObject({ isSoon: true });
    expect(told(settled({ config: { gate } }, 600))).toEqual(SUCCESS);
  });

  test.each<[string, Parts, string]>([
    ['a voter is silent', { members: [member(1), silent(2), member(3)] }, 'voterSilent'],
    ['a voter is missing', { group: { desiredCapacity: 4 } }, 'tooFewVoters'],
    ['another one joins', { instances: [old(1), old(2), fresh(3), launching(4)] }, 'changeInFlight'],
    [
      'it is behind',
      { members: [member(1, { raftIndex: 9_000n }), member(2, { raftIndex: 9_000n }), member(3)] },
      'voterBehind',
    ],
  ])('is not told while %s, and what is missing is', (_, parts, code) => {
    const world = settled(parts, 100);
    expect(told(world)).toEqual([]);
    expect(settling(world)).toMatchObject({ shortfalls: expect.arrayContaining([code]), isSoon: false });
  });

  test.each<[string, number, 'allow' | 'refuse']>([
    ['one and the newcomer, as in a rolling update of one', 2, 'allow'],
    ['one and the newcomer, where gates refuse a single voter', 2, 'refuse'],
    ['one that has just been founded, where gates refuse it', 1, 'refuse'],
  ])('is told although %s bear no failure: no waiting would change that', (_, desiredCapacity, single) => {
    const members = [member(2), member(3)].slice(-desiredCapacity);
    const gate = { stableSeconds: 10, maxLag: 1_000, single } as const;
    const steady = { raftTerm: '1', voterIds: members.map(({ id }) => id), sinceMs: NOW_MS - 10_000 };
    const world = settled(
      {
        members,
        instances: [old(2), fresh(3)].slice(-desiredCapacity),
        group: { desiredCapacity },
        config: { gate },
      },
      10,
      { steady },
    );
    expect(told(world)).toEqual(SUCCESS);
  });

  test('is not told while one of two is silent', () => {
    const members = [silent(2), member(3)];
    const world = settled({ members, instances: [old(2), fresh(3)], group: { desiredCapacity: 2 } }, 10, {
      steady: { raftTerm: '1', voterIds: members.map(({ id }) => id), sinceMs: NOW_MS - 10_000 },
    });
    expect(told(world)).toEqual([]);
    expect(settling(world)).toMatchObject({ shortfalls: expect.arrayContaining(['voterSilent']) });
  });

  test('is told once: not what this pass told, nor what an earlier one wrote down', () => {
    expect(told(settled({ pass: { signalled: new Set([id(3)]) } }))).toEqual([]);
    expect(told(settled({}, 10, { signalledAtMs: { [id(3)]: NOW_MS - 1_000 } }))).toEqual([]);
    expect(settling(settled({}, 0, { signalledAtMs: { [id(3)]: NOW_MS - 1_000 } }))).toBeUndefined();
  });

  test('is written down once it was told, and forgotten when it is gone', () => {
    const signalledAtMs = { [id(8)]: NOW_MS - 5_000, [id(2)]: NOW_MS - 4_000 };
    const world = settled({ pass: { signalled: new Set([id(3)]) } }, 10, { signalledAtMs });
    const [first] = planCluster(world).actions;
    expect(first).toMatchObject({
      kind: 'remember',
      memory: { signalledAtMs: { [id(2)]: NOW_MS - 4_000, [id(3)]: NOW_MS } },
    });
  });

  test('is of no update that runs when it was launched too long ago, or nobody knows when', () => {
    const at = (launchedAtMs: number | null) =>
      settled({ instances: [old(1), old(2), fresh(3, { launchedAtMs })] });
    expect(told(at(NOW_MS - SIGNAL_WITHIN_MS + 1))).toEqual(SUCCESS);
    expect(told(at(NOW_MS - SIGNAL_WITHIN_MS))).toEqual([]);
    expect(told(at(null))).toEqual([]);
    expect(settling(at(null))).toBeUndefined();
  });

  test('has nobody to be told to in a group that no stack made', () => {
    expect(told(settled({ group: { stack: null } }))).toEqual([]);
    expect(settling(settled({ group: { stack: null } }, 0))).toBeUndefined();
  });

  test('is told last of all, so that nothing waits for it', () => {
    const plan = planCluster(settled({ records: { endpoints: 'outdated' } }));
    expect(plan.actions.at(-1)?.kind).toBe('signalStack');
    expect(plan.actions.length).toBeGreaterThan(1);
  });

  test('is not told while the cluster is frozen', () => {
    expect(told(settled({ config: { frozen: true } }))).toEqual([]);
  });
});

describe('one in service whose join failed', () => {
  const failed = (n: number) =>
    settled({
      instances: [old(1), old(2), old(3), fresh(n)],
      records: { tickets: withTicket(n) },
    });

  test('is told as failed: no hook is left that could be given up', () => {
    expect(told(failed(4))).toEqual([`FAILURE ${id(4)} joinFailed`]);
  });
});

describe('a launch hook that is given up', () => {
  const givenUp = (over: Partial<Instance> = {}, parts: Parts = {}) =>
    settled({
      instances: [old(1), old(2), old(3), launching(4, { launchedAtMs: NOW_MS - 60_000, ...over })],
      records: { tickets: withTicket(4) },
      ...parts,
    });
  const kinds = (world: Observation) =>
    planCluster(world)
      .actions.map(({ kind }) => kind)
      .filter((kind) => kind !== 'remember' && kind !== 'publishStatus');

  test('has the stack told and the refresh ended before it is answered', () => {
    expect(kinds(givenUp())).toEqual(['signalStack', 'cancelRefresh', 'answerHook']);
    expect(told(givenUp())).toEqual([`FAILURE ${id(4)} joinFailed`]);
    expect(planCluster(givenUp()).actions).toContainEqual({
      kind: 'cancelRefresh',
      groupName: observation().group.name,
      instanceId: id(4),
      launchedAtMs: NOW_MS - 60_000,
    });
  });

  test('has both done once', () => {
    const done = { signalled: new Set([id(4)]), refreshesEnded: new Set([id(4)]) };
    expect(kinds(givenUp({}, { pass: done }))).toEqual(['answerHook']);
  });

  test('has the refresh ended in a group that no stack made, too', () => {
    expect(kinds(givenUp({}, { group: { stack: null } }))).toEqual(['cancelRefresh', 'answerHook']);
  });

  test('ends no refresh when nobody knows since when it waits: it may be a later one', () => {
    expect(kinds(givenUp({ launchedAtMs: null, hookSinceMs: null }))).toEqual(['answerHook']);
    expect(kinds(givenUp({ launchedAtMs: null, hookSinceMs: NOW_MS - 9_000 }))).toEqual([
      'cancelRefresh',
      'answerHook',
    ]);
  });

  test('that is let go, or is that of a leaver, is nobody’s failure', () => {
    const world = settled({ instances: [old(1), old(2), launching(3, { launchedAtMs: NOW_MS - 60_000 })] });
    expect(kinds(world)).toEqual(['answerHook']);
  });

  test('of a claim that failed is told to the stack; no refresh founds a cluster', () => {
    const members = Object.fromEntries([1, 2, 3].map((n) => [id(n), peerUrl(n)]));
    const claim = { number: 1, token: 't', clusterId: null, claimedAt: '2026-01-01T00:00:00.000Z', members };
    const world = observation({
      instances: [launching(3, { launchedAtMs: NOW_MS - 60_000 })],
      machines: new Map([1, 2].map((n) => [id(n), machine(n, { state: 'terminated' })])),
      view: null,
      records: { ...NO_RECORDS, claim },
      group: { stack: STACK },
    });
    expect(told(world)).toEqual([`FAILURE ${id(3)} claimFailed`]);
    expect(kinds(world)).toEqual(['signalStack', 'answerHook']);
  });
});
