import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Instance, Member, Observation } from '../../../functions/core/observation.ts';
import { planCluster } from '../../../functions/core/plan/cluster.ts';
import { needsPermit } from '../../../functions/core/plan/plan.ts';
import {
  id,
  instance,
  launching,
  learner,
  machine,
  member,
  observation,
  silent,
  terminating,
  unstarted,
} from '../../support/observations.ts';

/** A random world whose view is what the engine can see: at least one voter answers. */
const anyWorld = fc
  .record({
    stages: fc.array(fc.constantFrom('in', 'launch', 'terminate', 'retained', 'warm', 'aside', 'none'), {
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
  retained: (n) => [instance(n, { stage: 'retained' })],
  warm: (n) => [instance(n, { stage: 'warm', waitsIn: 'launch' })],
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
          const mustGo = listed !== undefined && ['leaving', 'retained', 'warm'].includes(listed.stage);
          expect(mustGo || (listed === undefined && isTerminated)).toBe(true);
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
