import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import type { Member, Observation } from '../../../functions/core/observation.ts';
import {
  answerHook,
  hasJoinFailed,
  isPublished,
  planHooks,
  planReleases,
} from '../../../functions/core/plan/hooks.ts';
import { EMPTY_MS, planTeardown, type TeardownSight } from '../../../functions/core/plan/teardown.ts';
import { notUpKey } from '../../../functions/core/silence.ts';
import {
  GROUP,
  HOOKS,
  id,
  instance,
  launching,
  learner,
  machine,
  member,
  memberId,
  NOW_MS,
  observation,
  type Parts,
  silent,
  terminating,
  unstarted,
  view,
} from '../../support/observations.ts';
import { openTicket } from '../../support/tickets.ts';

const answer = (n: number, kind: 'launch' | 'terminate', result: string, because: string) => ({
  kind: 'answerHook',
  hook: { groupName: GROUP, hookName: `etcd-autopilot-${kind}`, instanceId: id(n) },
  result,
  because,
});
const viewOf = (world: Observation) => world.etcd.view ?? view([]);
const actionsOf = (parts: Parts) => {
  const world = observation(parts);
  return planHooks(world, viewOf(world)).actions;
};
const TWO = [instance(1), instance(2)];
const VOTERS = [member(1), member(2)];

describe('a newcomer is let into service', () => {
  const newcomer = (third: Member) =>
    actionsOf({ instances: [...TWO, launching(3)], members: [...VOTERS, third] });

  test('when it votes, answers and is published', () => {
    expect(newcomer(member(3))).toEqual([answer(3, 'launch', 'CONTINUE', 'votes')]);
  });

  test.each([
    ['it learns', learner(3)],
    ['it is silent', silent(3)],
    ['it has not started', unstarted(3)],
    ['another has its address', member(3, { name: id(9), instanceId: id(9) })],
  ])('not while %s', (_title, third) => {
    expect(newcomer(third)).toEqual([]);
  });

  test.each([{ endpoints: 'old' }, { peers: 'old' }, { endpoints: null }])(
    'not before the lists tell of it: %j',
    (records) => {
      const parts = { instances: [...TWO, launching(3)], members: [...VOTERS, member(3)], records };
      expect(isPublished(observation(parts), viewOf(observation(parts)))).toBe(false);
      expect(actionsOf(parts)).toEqual([]);
    },
  );

  test('not while its ticket could start it again', () => {
    const open = new Map([[id(3), openTicket(member(3))]]);
    const parts = { instances: [...TWO, launching(3)], members: [...VOTERS, member(3)] };
    expect(actionsOf({ ...parts, records: { tickets: open } })).toEqual([]);
    expect(actionsOf({ ...parts, records: { tickets: new Map() } })).toEqual([]);
  });

  test('once in a pass, and in no hook of somebody else', () => {
    const world = observation({
      instances: [launching(3)],
      pass: { answeredHooks: new Set([`launch:${id(3)}`]) },
    });
    expect(answerHook(world, launching(3), 'CONTINUE', 'votes').actions).toEqual([]);
    const none = observation({ group: { hooks: [] } });
    expect(answerHook(none, launching(3), 'CONTINUE', 'votes').actions).toEqual([]);
  });
});

describe('a newcomer is abandoned', () => {
  test('when its one ticket was spent on a member that is none any more', () => {
    const tickets = new Map([[id(3), openTicket(member(3))]]);
    const parts = { instances: [...TWO, launching(3)], members: VOTERS, records: { tickets } };
    expect(actionsOf(parts)).toEqual([answer(3, 'launch', 'ABANDON', 'joinFailed')]);
    const world = observation(parts);
    expect(hasJoinFailed(world, view([...VOTERS, unstarted(3)]), launching(3))).toBe(false);
    expect(hasJoinFailed(world, view(VOTERS), terminating(3))).toBe(false);
    expect(hasJoinFailed(world, view(VOTERS), launching(4))).toBe(false);
  });

  test.each([
    [300_000, [answer(3, 'launch', 'ABANDON', 'joinFailed')]],
    [299_999, []],
  ])('when it is a founder that has not started for %i ms: %j', (ageMs, expected) => {
    const founder = unstarted(3, { role: 'voter', name: id(3) });
    const memory = { ...NO_MEMORY, unstartedSinceMs: { [memberId(3)]: NOW_MS - ageMs } };
    const seen = view([...VOTERS, founder], { memory });
    expect(actionsOf({ instances: [...TWO, launching(3)], view: seen })).toEqual(expected);
  });
});

describe('a leaver is let go', () => {
  const instances = [...TWO, terminating(3)];

  test('when it is no member any more and the lists say so', () => {
    expect(actionsOf({ instances, members: VOTERS })).toEqual([answer(3, 'terminate', 'CONTINUE', 'left')]);
    expect(actionsOf({ instances, members: VOTERS, records: { endpoints: 'old' } })).toEqual([]);
  });

  test.each([member(3), silent(3), learner(3), unstarted(3)])('not while it is a member (%#)', (third) => {
    expect(actionsOf({ instances, members: [...VOTERS, third] })).toEqual([]);
  });

  test('at once where no cluster is', () => {
    const world = observation({ instances: [...TWO, terminating(3), launching(4)] });
    expect(planReleases(world, 'neverJoined').actions).toEqual([
      answer(3, 'terminate', 'CONTINUE', 'neverJoined'),
    ]);
  });
});

describe('under the intent to delete', () => {
  const sight = (over: Partial<TeardownSight> = {}): TeardownSight => ({
    intended: true,
    group: { name: GROUP, desiredCapacity: 0, deleting: false, hooks: HOOKS },
    instances: [],
    emptyForMs: EMPTY_MS,
    machines: new Map(),
    names: ['bootstrap', 'config', 'endpoints', 'status', 'teardown'],
    answeredHooks: new Set(),
    ...over,
  });
  const deletion = (...names: readonly string[]) => ({
    kind: 'removeParameters',
    names,
    because: 'clusterDeleted',
  });

  test('every hook is let go, once', () => {
    const instances = [launching(1), terminating(2), instance(3)];
    const plan = planTeardown(sight({ instances }));
    expect(plan.actions).toEqual([
      answer(1, 'launch', 'ABANDON', 'clusterDeleted'),
      answer(2, 'terminate', 'CONTINUE', 'clusterDeleted'),
    ]);
    expect(plan.waits).toEqual([
      { kind: 'deletionPending', stillThere: [id(1), id(2), id(3)], isSoon: false },
    ]);
    const answeredHooks = new Set([`launch:${id(1)}`, `terminate:${id(2)}`]);
    expect(planTeardown(sight({ instances, answeredHooks })).actions).toEqual([]);
  });

  test('a group that only its stack deletes: every hook is let go, and no record is deleted', () => {
    const intended = false;
    expect(planTeardown(sight({ intended, instances: [terminating(1), launching(2)] })).actions).toEqual([
      answer(1, 'terminate', 'CONTINUE', 'clusterDeleted'),
      answer(2, 'launch', 'ABANDON', 'clusterDeleted'),
    ]);
    expect(planTeardown(sight({ intended }))).toEqual({
      actions: [],
      waits: [{ kind: 'deletionPending', stillThere: [], isSoon: false }],
    });
  });

  test('everything is deleted when no instance is left, the proof of the cluster last', () => {
    expect(planTeardown(sight())).toEqual({
      actions: [deletion('config', 'endpoints', 'status')],
      waits: [],
    });
    expect(planTeardown(sight({ names: ['bootstrap', 'teardown'] })).actions).toEqual([
      deletion('bootstrap', 'teardown'),
    ]);
    expect(planTeardown(sight({ names: [], group: null }))).toEqual({ actions: [], waits: [] });
  });

  test('what dns recorded of a zone stays, for only dns can remove the records that it names', () => {
    const names = ['bootstrap', 'dns/Z1', 'teardown'];
    expect(planTeardown(sight({ names })).actions).toEqual([deletion('bootstrap', 'teardown')]);
    expect(planTeardown(sight({ names: ['dns/Z1'] })).actions).toEqual([]);
  });

  test('a list without instances does not count before it has been empty for four seconds', () => {
    const held = { kind: 'deletionPending', stillThere: [], isSoon: true };
    expect(planTeardown(sight({ emptyForMs: 3_999 }))).toEqual({ actions: [], waits: [held] });
    expect(planTeardown(sight({ emptyForMs: 3_999, group: null }))).toEqual({ actions: [], waits: [held] });
    expect(planTeardown(sight({ emptyForMs: 4_000 })).actions).toHaveLength(1);
  });

  test('nothing is deleted while the group wants instances', () => {
    const group = { name: GROUP, desiredCapacity: 1, deleting: false, hooks: HOOKS };
    expect(planTeardown(sight({ group }))).toEqual({
      actions: [],
      waits: [{ kind: 'deletionPending', stillThere: [], isSoon: false }],
    });
  });

  test.each([
    ['running', [id(1)]],
    ['shutting-down', [id(1)]],
    ['terminated', []],
  ] as const)('an instance with a ticket that is %s keeps %j', (state, stillThere) => {
    const plan = planTeardown(
      sight({
        group: null,
        names: ['bootstrap', `members/${id(1)}`],
        machines: new Map([[id(1), machine(1, { state })]]),
      }),
    );
    if (stillThere.length > 0)
      expect(plan).toEqual({ actions: [], waits: [{ kind: 'deletionPending', stillThere, isSoon: false }] });
    else expect(plan.actions).toEqual([deletion(`members/${id(1)}`)]);
  });

  test('an instance that EC2 does not know any more keeps nothing', () => {
    const machines = new Map([[id(1), { kind: 'notFound' } as const]]);
    expect(planTeardown(sight({ names: [`members/${id(1)}`], machines })).actions).toHaveLength(1);
  });
});

describe('a newcomer that was slow to start', () => {
  const abandons = (newcomer: Member): boolean => {
    const unstartedSinceMs = { [notUpKey(newcomer)]: NOW_MS - 3_600_000 };
    const seen = view([member(1), member(2), newcomer], { memory: { ...NO_MEMORY, unstartedSinceMs } });
    const parts: Parts = { instances: [instance(1), instance(2), launching(3)], view: seen };
    return actionsOf(parts).some((one) => one.kind === 'answerHook' && one.result === 'ABANDON');
  };

  test('and answers now is not given up for what the memory says, which etcd may not let us correct', () => {
    expect(abandons(learner(3))).toBe(false);
    expect(abandons(member(3))).toBe(false);
    expect(abandons(learner(3, { answers: false }))).toBe(true);
    expect(abandons(silent(3))).toBe(true);
  });

  test('and nobody asked, since EC2 tells no address of it, is not given up for that', () => {
    expect(abandons(learner(3, { answers: false, silence: 'notAsked' }))).toBe(false);
  });

  test('and fell silent has its grace from then on, not from when it was added', () => {
    const fallen = learner(3, { answers: false, silence: 'deadline' });
    const unstartedSinceMs = { [memberId(3)]: NOW_MS - 3_600_000 };
    const seen = view([member(1), member(2), fallen], { memory: { ...NO_MEMORY, unstartedSinceMs } });
    const parts: Parts = { instances: [instance(1), instance(2), launching(3)], view: seen };
    expect(actionsOf(parts).filter(({ kind }) => kind === 'answerHook')).toEqual([]);
  });
});
