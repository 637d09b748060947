import { expect, test } from 'vitest';
import type { Member, Observation } from '../../functions/core/observation.ts';
import { planCluster } from '../../functions/core/plan/cluster.ts';
import type { Action, Plan } from '../../functions/core/plan/plan.ts';
import { firstRow } from '../../functions/core/plan/row.ts';
import { applied } from '../support/applied.ts';
import { everyChoice, hasView, KINDS, type PlaceKind, worldOf } from '../support/every-world.ts';

const SIZE_MAX = 5;
/** A world of five places needs about twenty steps, and then rests. */
const STEPS_MAX = 40;

/** Raft indexes are bigints, which JSON does not know. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one));
const removalsIn = ({ actions }: Plan): readonly string[] =>
  actions.flatMap((action) => (action.kind === 'removeMember' ? [action.memberId] : []));
/** The text of a status carries its generation, and of the memory the time of the look. */
const keyOf = (action: Action): string => text(action);

const WORLDS: readonly (readonly [readonly PlaceKind[], Observation, Plan])[] = [
  ...everyChoice(KINDS, SIZE_MAX),
]
  .filter(hasView)
  .flatMap((kinds) =>
    (['voter', 'leaver'] as const)
      .filter((lead) => kinds.includes(lead))
      .map((lead) => {
        const world = worldOf(kinds, lead);
        return [kinds, world, planCluster(world)] as const;
      }),
  );

/** Enough for what depends on one thing only. */
const FEW = WORLDS.filter(([kinds]) => kinds.length < SIZE_MAX);

function withMembers(
  world: Observation,
  change: (members: readonly Member[]) => readonly Member[],
): Observation {
  const { view } = world.etcd;
  if (view === null) return world;
  return { ...world, etcd: { ...world.etcd, view: { ...view, members: change(view.members) } } };
}

test('an action that was done is not planned again, and every world comes to rest', () => {
  let stepCount = 0;
  for (const [kinds, start] of WORLDS) {
    const done = new Set<string>();
    let [world, plan] = [start, planCluster(start)];
    while (plan.actions[0] !== undefined) {
      const key = keyOf(plan.actions[0]);
      if (done.has(key) || done.size > STEPS_MAX)
        expect.fail(`${kinds.join(' ')}: again, or without end: ${key}`);
      done.add(key);
      world = applied(world, plan.actions[0]);
      plan = planCluster(world);
    }
    stepCount += done.size;
  }
  expect(stepCount).toBeGreaterThan(WORLDS.length * 3);
});

test('what is done in one row is what would be done one by one', () => {
  let longCount = 0;
  for (const [kinds, start, plan] of WORLDS) {
    const row = firstRow(plan.actions);
    longCount += Number(row.length > 1);
    let world = start;
    for (const action of row) {
      const planned = planCluster(world).actions;
      const isStillPlanned = planned.some(
        (one) => one.kind === action.kind && subjectOf(one) === subjectOf(action),
      );
      if (!isStillPlanned) expect.fail(`${kinds.join(' ')}: ${keyOf(action)} would not be done any more`);
      world = applied(world, action);
    }
  }
  expect(longCount).toBeGreaterThan(500);
});

/** Whom an action is about. */
function subjectOf(action: Action): string {
  if (action.kind === 'answerHook') return action.hook.instanceId;
  if (action.kind === 'writeTicket') return action.ticket.instanceId;
  return action.kind === 'publishList' ? action.list : '';
}

test('one more silent voter never makes a removal safe that was at risk', () => {
  let riskCount = 0;
  for (const [kinds, world, plan] of WORLDS) {
    const atRisk = plan.waits.flatMap((one) => (one.kind === 'quorumAtRisk' ? [one.memberId] : []));
    if (atRisk.length === 0) continue;
    for (const quiet of world.etcd.view?.members.filter(({ role, answers }) => role === 'voter' && answers) ??
      []) {
      const quieter = withMembers(world, (members) =>
        members.map((one) => (one === quiet ? { ...one, answers: false, silence: 'deadline' } : one)),
      );
      const removals = removalsIn(planCluster(quieter));
      const wrong = atRisk.filter((id) => id !== quiet.id && removals.includes(id));
      if (wrong.length > 0) expect.fail(`${kinds.join(' ')}: ${wrong} after the silence of ${quiet.id}`);
      riskCount += 1;
    }
  }
  expect(riskCount).toBeGreaterThan(500);
});

test('the order in which members are told decides only between equals', () => {
  const kindsOf = ({ actions, waits }: Plan) => [
    actions[0]?.kind,
    ...[...actions, ...waits].map(({ kind }) => kind).sort(),
  ];
  for (const [kinds, world, plan] of FEW) {
    const turned = planCluster(withMembers(world, (members) => members.toReversed()));
    expect(kindsOf(turned), kinds.join(' ')).toEqual(kindsOf(plan));
  }
});

test('planning twice is planning once', () => {
  for (const [, world, plan] of FEW) expect(text(planCluster(world))).toBe(text(plan));
});

test('frozen, every world stands still and says what it would do', () => {
  for (const [kinds, world, plan] of FEW) {
    const frozen = planCluster({ ...world, config: { ...world.config, frozen: true } });
    expect(frozen.actions, kinds.join(' ')).toEqual([]);
    const [told] = frozen.waits;
    const kindsTold = told?.kind === 'frozen' ? [...told.withheld].sort() : null;
    expect(kindsTold).toEqual([...new Set(plan.actions.map(({ kind }) => kind))].sort());
  }
});

test('with another cluster among the instances, or members that disagree, nothing is done', () => {
  for (const [, world] of FEW) {
    const strange = { ...world.etcd, clusterIds: new Map([...world.etcd.clusterIds, ['66', ['i-1']]]) };
    expect(planCluster({ ...world, etcd: strange }).actions).toEqual([]);
    const { view } = world.etcd;
    if (view === null) continue;
    const torn = { ...world, etcd: { ...world.etcd, view: { ...view, agreed: false } } };
    expect(planCluster(torn).actions).toEqual([]);
    const newer = { ...view, memory: { ...view.memory, ours: false } };
    expect(planCluster({ ...world, etcd: { ...world.etcd, view: newer } }).actions).toEqual([]);
  }
  expect(FEW.length).toBeGreaterThan(400);
});

test('where no voter answers, no member is touched, no list is written, and nobody is let go', () => {
  for (const [kinds, world] of FEW) {
    const blind = planCluster({ ...world, etcd: { ...world.etcd, view: null } });
    expect(
      blind.actions.map(({ kind }) => kind).filter((kind) => kind !== 'publishStatus'),
      kinds.join(' '),
    ).toEqual([]);
    expect(blind.waits.length).toBeGreaterThan(0);
  }
});
