import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../functions/core/observation.ts';
import { planCluster } from '../../../functions/core/plan/cluster.ts';
import {
  act,
  isProgressing,
  isWorthFollowing,
  merge,
  needsPermit,
  nothing,
  wait,
} from '../../../functions/core/plan/plan.ts';
import {
  CLUSTER_ID,
  id,
  instance,
  launching,
  learner,
  machine,
  member,
  memberId,
  NOW_MS,
  observation,
  silent,
  terminating,
  view,
} from '../../support/observations.ts';
import { ACTIONS, WAITS } from '../../support/samples.ts';

const kinds = (world: Observation) => planCluster(world).actions.map(({ kind }) => kind);
const waits = (world: Observation) => planCluster(world).waits.map(({ kind }) => kind);

/** What the world looks like when its status is published too. */
function told(world: Observation): Observation {
  const publish = planCluster(world).actions.find((action) => action.kind === 'publishStatus');
  return publish === undefined ? world : { ...world, records: { ...world.records, status: publish.status } };
}

test('a settled world has nothing to do and nothing to wait for', () => {
  const world = told(observation());
  expect(planCluster(world)).toEqual(nothing);
});

test('planning twice from one observation gives one plan', () => {
  const world = observation({
    instances: [instance(1), terminating(2), launching(4)],
    members: [member(1), member(2)],
  });
  expect(planCluster(world)).toEqual(planCluster(world));
});

describe('before anything else', () => {
  const seen = (...ids: string[]) => new Map(ids.map((one) => [one, [id(1)]]));
  const withIds = (world: Observation, ...ids: string[]): Observation => ({
    ...world,
    etcd: { ...world.etcd, clusterIds: seen(...ids) },
  });

  test.each([
    ['another id beside the pinned one', withIds(observation(), CLUSTER_ID, '88'), CLUSTER_ID],
    ['only another id', withIds(observation({ view: null }), '88'), CLUSTER_ID],
  ])('%s freezes all changes', (_title, world, expected) => {
    expect(planCluster(world)).toMatchObject({ actions: [], waits: [{ kind: 'foreignCluster', expected }] });
  });

  test('an etcd in a group that nobody bootstrapped is foreign', () => {
    const world = withIds(
      observation({ view: null, records: { claim: null }, group: { bootstrapped: null } }),
      '88',
    );
    expect(planCluster(world)).toMatchObject({
      actions: [],
      waits: [{ kind: 'foreignCluster', expected: null }],
    });
  });

  test('two voters that tell different lists are a change in flight', () => {
    const world = observation({ view: view([member(1), silent(2)], { agreed: false }) });
    expect(planCluster(world)).toEqual(wait({ kind: 'membersDisagree' }));
  });

  test('a claim that cannot be read founds nothing', () => {
    const world = observation({ view: null, records: { claim: null, unreadable: ['bootstrap'] } });
    expect(planCluster(world)).toEqual(wait({ kind: 'recordUnreadable', name: 'bootstrap' }));
  });

  test('a cluster that is known and silent is left alone', () => {
    const world = observation({ view: null, instances: [terminating(1), instance(2), launching(3)] });
    expect(planCluster(world)).toEqual(wait({ kind: 'quorumUnknown', askedCount: 3, statusCount: 0 }));
  });
});

test('frozen: what would be done is told, nothing is done', () => {
  const world = observation({ members: [member(1), member(2)], config: { frozen: true } });
  const plan = planCluster(world);
  expect(plan.actions).toEqual([]);
  expect(plan.waits[0]).toEqual({ kind: 'frozen', withheld: ['writeTicket', 'publishStatus'] });
});

const UNPINNED = { number: 1, token: '', members: {}, claimedAt: '', clusterId: null };

test('the order of work: records, removals, joins, leaves, lists, hooks, cleanup', () => {
  const world = observation({
    instances: [instance(1), instance(2), instance(3), terminating(4), launching(6), terminating(8)],
    members: [member(1), member(2), member(3), member(4), silent(5), learner(6), silent(9)],
    group: { desiredCapacity: 3 },
    machines: new Map([
      [id(5), machine(5, { state: 'terminated' })],
      [id(7), machine(7, { state: 'terminated' })],
    ]),
    records: { ticketNames: [`members/${id(7)}`], endpoints: 'old', claim: UNPINNED },
  });
  expect(kinds(world)).toEqual([
    'writeClaim',
    'removeMember',
    'promoteLearner',
    'publishList',
    'publishStatus',
    'removeParameters',
  ]);
});

test('a learner that is in sync votes before a leaver goes, however long that one has waited', () => {
  const hookSinceMs = NOW_MS - 24 * 3_600_000;
  const world = observation({
    instances: [instance(1), instance(2), instance(3), terminating(4, { hookSinceMs }), launching(5)],
    members: [member(1), member(2), member(3), member(4), learner(5)],
    group: { desiredCapacity: 4 },
  });
  expect(kinds(world).slice(0, 2)).toEqual(['promoteLearner', 'removeMember']);
});

describe('a hook that is old', () => {
  const HALF_MS = (172_800 / 2) * 1_000;

  test.each([
    [HALF_MS, ['hookPastHalf']],
    [HALF_MS - 1, []],
  ])('of %i ms is told from half of its limit on', (ageMs, expected) => {
    const world = observation({
      instances: [instance(1), terminating(2, { hookSinceMs: NOW_MS - ageMs })],
      members: [member(1), silent(2)],
    });
    expect(waits(world).filter((kind) => kind === 'hookPastHalf')).toEqual(expected);
  });
});

describe('kinds', () => {
  test('of actions that disturb the cluster need its permit', () => {
    const permitted = Object.values(ACTIONS)
      .filter(needsPermit)
      .map(({ kind }) => kind);
    expect(permitted.sort()).toEqual([
      'addLearner',
      'defragment',
      'endInstance',
      'moveLeader',
      'promoteLearner',
      'removeMember',
      'reportUnhealthy',
    ]);
  });

  test('of waits that end by themselves soon are followed, unless all is frozen', () => {
    const followed = Object.values(WAITS)
      .filter(isProgressing)
      .map(({ kind }) => kind);
    expect(followed).toContain('memberStarting');
    expect(followed).not.toContain('lastVoter');
    expect(isWorthFollowing(wait(WAITS.memberStarting, WAITS.lastVoter))).toBe(true);
    expect(isWorthFollowing(wait(WAITS.lastVoter))).toBe(false);
    expect(isWorthFollowing(wait(WAITS.frozen, WAITS.memberStarting))).toBe(false);
  });

  test('plans are merged in their order', () => {
    const merged = merge(act(ACTIONS.tagGroup), wait(WAITS.permitHeld), act(ACTIONS.addLearner));
    expect(merged).toEqual({ actions: [ACTIONS.tagGroup, ACTIONS.addLearner], waits: [WAITS.permitHeld] });
    expect(memberId(1)).toBe('1001');
  });
});
