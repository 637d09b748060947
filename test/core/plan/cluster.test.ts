import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Instance, Member, Observation } from '../../../functions/core/observation.ts';
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
  unstarted,
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

/** A random world whose view is what the engine can see: at least one voter answers. */
const anyWorld = fc
  .record({
    stages: fc.array(fc.constantFrom('in', 'launch', 'terminate', 'aside', 'none'), {
      minLength: 7,
      maxLength: 7,
    }),
    roles: fc.array(fc.constantFrom('voter', 'silent', 'learner', 'unstarted', 'none'), {
      minLength: 6,
      maxLength: 6,
    }),
    states: fc.array(fc.constantFrom('running', 'terminated', 'notFound', 'unasked'), {
      minLength: 7,
      maxLength: 7,
    }),
    desiredCapacity: fc.nat(7),
    removeForeign: fc.boolean(),
    answered: fc.boolean(),
  })
  .map(({ stages, roles, states, desiredCapacity, removeForeign, answered }) => {
    const instances = stages.flatMap((stage, index) => STAGES[stage](index + 1));
    const members = [member(1), ...roles.flatMap((role, index) => ROLES[role](index + 2))];
    const machines = states.flatMap((state, index) => {
      if (state === 'unasked') return [];
      const made = state === 'notFound' ? ({ kind: 'notFound' } as const) : machine(index + 1, { state });
      return [[id(index + 1), made] as const];
    });
    return observation({
      instances,
      members,
      machines: new Map(machines),
      group: { desiredCapacity },
      config: { removeForeign },
      pass: { answeredHooks: new Set(answered ? [`launch:${id(2)}`] : []) },
    });
  });

const STAGES = {
  in: (n) => [instance(n)],
  launch: (n) => [launching(n)],
  terminate: (n) => [terminating(n)],
  aside: (n) => [instance(n, { stage: 'aside' })],
  none: () => [],
} satisfies Readonly<Record<string, (n: number) => readonly Instance[]>>;
const ROLES = {
  voter: (n) => [member(n)],
  silent: (n) => [silent(n)],
  learner: (n) => [learner(n)],
  unstarted: (n) => [unstarted(n)],
  none: () => [],
} satisfies Readonly<Record<string, (n: number) => readonly Member[]>>;

describe('in any world', () => {
  test('there is a plan, and its first removal leaves a majority of answering voters', () => {
    let removalCount = 0;
    fc.assert(
      fc.property(anyWorld, (world) => {
        const removal = planCluster(world).actions.find((action) => action.kind === 'removeMember');
        const members = world.etcd.view?.members ?? [];
        const leaving = members.find((one) => one.id === removal?.memberId);
        if (leaving === undefined) return;
        removalCount += 1;
        const after = members.filter((one) => one !== leaving && one.role === 'voter');
        expect(after.filter((one) => one.answers).length * 2).toBeGreaterThan(after.length);
      }),
      { numRuns: 500 },
    );
    expect(removalCount).toBeGreaterThan(20);
  });

  test('no list is empty, and no voter is removed without evidence', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        for (const action of planCluster(world).actions) {
          if (action.kind === 'publishList') expect(action.text).not.toBe('');
          if (action.kind !== 'removeMember' || action.instanceId === null) continue;
          const listed = world.instances.find((one) => one.id === action.instanceId);
          const told = world.machines.get(action.instanceId);
          const isTerminated = told?.kind === 'known' && told.state === 'terminated';
          expect(listed?.stage === 'leaving' || (listed === undefined && isTerminated)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('silence of one more voter never adds a change of membership', () => {
    const changes = (world: Observation) =>
      planCluster(world)
        .actions.filter((action) => needsPermit(action) && action.kind !== 'removeMember')
        .map((action) => JSON.stringify(action));
    fc.assert(
      fc.property(anyWorld, fc.nat(5), (world, pick) => {
        const seen = world.etcd.view;
        const quiet = seen?.members.filter((one) => one.role === 'voter' && one.answers)[pick + 1];
        if (seen === null || quiet === undefined) return;
        const members = seen.members.map((one) => (one === quiet ? { ...one, answers: false } : one));
        const quieter = { ...world, etcd: { ...world.etcd, view: { ...seen, members } } };
        const before = changes(world).filter((text) => text.includes('promoteLearner'));
        const after = changes(quieter).filter((text) => text.includes('promoteLearner'));
        expect(before).toEqual(expect.arrayContaining(after));
      }),
      { numRuns: 500 },
    );
  });

  test('an instance whose hook was answered in this pass is not answered again', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const again = planCluster(world).actions.filter(
          (action) =>
            action.kind === 'answerHook' && world.pass.answeredHooks.has(`launch:${action.hook.instanceId}`),
        );
        expect(
          again.filter((action) => action.kind === 'answerHook' && action.hook.hookName.endsWith('launch')),
        ).toEqual([]);
      }),
    );
  });
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
    expect(permitted.sort()).toEqual(['addLearner', 'moveLeader', 'promoteLearner', 'removeMember']);
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
