import { describe, expect, test } from 'vitest';
import { explainRecovery, explainRecoveryAction } from '../../../functions/core/explain-recovery.ts';
import { foreignCluster } from '../../../functions/core/foreign-cluster.ts';
import type { Observation } from '../../../functions/core/observation.ts';
import { planCluster } from '../../../functions/core/plan/cluster.ts';
import { planNotes } from '../../../functions/core/plan/notes.ts';
import type { Action } from '../../../functions/core/plan/plan.ts';
import { planRecovering } from '../../../functions/core/plan/recovering.ts';
import { planQuorumBack } from '../../../functions/core/plan/recovery.ts';
import type { RecoveryStep } from '../../../functions/core/plan/recovery-step.ts';
import { optionsIn } from '../../../functions/core/recovery/options.ts';
import { NO_RECOVERY, type RecoveryRecords } from '../../../functions/core/recovery/records.ts';
import { AT, cleared, lost, RECORD, statusOf, withClaim } from '../../support/lost-worlds.ts';
import { id, member, NOW_MS, observation, view } from '../../support/observations.ts';
import { WAITS } from '../../support/samples.ts';

const _stepOf = (world: Observation): RecoveryStep | string | undefined => {
  const wait = planCluster(world).waits[0];
  return wait?.kind === 'recovering' ? wait.step : wait?.kind;
};
const _kinds = (actions: readonly Action[]) => actions.map(({ kind }) => kind);

describe('what is left of the lost cluster', () => {
  const showing = (ids: readonly string[]): Observation => {
    const world = withClaim(2);
    const claim = world.records.recovery.claims.get(2) ?? null;
    const etcd = { ...world.etcd, clusterIds: new Map([['66', ids]]) };
    return { ...world, etcd, records: { ...world.records, claim } };
  };
  test('is no foreign cluster while its members are fenced', () => {
    expect(foreignCluster(showing([id(3)]))).toBeNull();
    expect(foreignCluster(showing([id(3), id(9)]))).toMatchObject({ seen: ['66'] });
    expect(foreignCluster(showing([]))).toMatchObject({ seen: ['66'] });
  });

  test('is alive after all where a voter of it serves: the recovery is called off', () => {
    const world = lost({ latest: RECORD });
    const statuses = new Map([[id(3), statusOf(3, { linearizable: true })]]);
    const alive = { ...world, etcd: { ...world.etcd, statuses } };
    expect(planRecovering(alive, RECORD).actions).toMatchObject([
      { kind: 'finishRecovery', done: { outcome: 'calledOff' } },
    ]);
    const seen = observation({
      records: { ...observation().records, recovery: { ...NO_RECOVERY, latest: RECORD } },
    });
    expect(planCluster(seen).actions[0]).toMatchObject({
      kind: 'finishRecovery',
      done: { outcome: 'calledOff' },
    });
  });
});

test('a number that any claim or recovery ever had is not used again', () => {
  const claims = new Map([...withClaim(7).records.recovery.claims]);
  const numbers = [lost(), lost({ claims }), lost({ latest: { ...RECORD, number: 5 }, isDone: true })].map(
    (world) => planCluster(world).actions.find(({ kind }) => kind === 'startRecovery'),
  );
  expect(numbers).toMatchObject([2, 8, 6].map((number) => ({ record: { number } })));
});

test('nothing is decided by records that are older than the group’s tag: its voters are others', () => {
  const world = { ...lost(), group: { ...lost().group, bootstrapped: 2 } };
  expect(planCluster(world).waits[0]).toMatchObject({ kind: 'quorumUnknown' });
  const source = { how: 'from-survivor', instanceId: id(3) } as const;
  const choice = { source, forced: [], confirm: optionsIn(world, []).digest, by: 'me', nonce: 'n' };
  const chosen = planCluster({ ...world, pass: { ...world.pass, choice } });
  expect(chosen.waits).toContainEqual(expect.objectContaining({ kind: 'choiceRefused' }));
  expect(chosen.actions).toEqual([]);
});

describe('when voters answer again', () => {
  test('the memory of the loss goes', () => {
    const world = observation({
      records: { ...observation().records, recovery: { ...NO_RECOVERY, hasNotes: true } },
    });
    expect(planCluster(world).actions[0]).toMatchObject({
      kind: 'removeParameters',
      names: ['quorum'],
      because: 'quorumBack',
    });
  });

  test.each([
    ['by the first revision that is seen', RECORD, '880'],
    [
      'exactly, where it was restored for proof',
      {
        ...RECORD,
        source: {
          how: 'from-snapshot',
          key: 'b.db',
          at: AT,
          revision: '870',
          sha256: 'b',
          sizeBytes: 5,
          restorable: true,
        },
      } as const,
      '870',
    ],
  ])('the loss is told %s', (_how, latest, revision) => {
    const world = withClaim(2);
    const [made] = [...world.records.recovery.claims.values()];
    const claim = made === undefined ? null : { ...made, clusterId: '99' };
    const statuses = new Map([[id(4), statusOf(4, { clusterId: '99', revision: '1000000880' })]]);
    const lastSeen = { revision: '900', at: AT };
    const records = {
      ...world.records,
      claim,
      recovery: { ...world.records.recovery, latest: { ...latest, lastSeen } },
    };
    const seen = view([member(4)], { clusterId: '99' });
    const [told] = planQuorumBack(
      { ...world, records, etcd: { ...world.etcd, view: seen, statuses } },
      seen,
    ).actions;
    const lostCount = String(900 - Number(revision));
    expect(told).toMatchObject({
      kind: 'finishRecovery',
      done: { restoredRevision: revision, lostAtLeast: lostCount },
    });
  });
});

describe('notes', () => {
  const missing = (notes: Partial<RecoveryRecords['notes']> = {}): Observation => {
    const world = lost({ notes: { ...NO_RECOVERY.notes, ...notes } });
    return { ...world, machines: new Map([...world.machines, [id(1), { kind: 'notFound' }]]) };
  };
  test('are taken once, kept as they are, and never of the future', () => {
    expect(planNotes(missing()).actions).toMatchObject([{ notes: { notFoundSinceMs: { [id(1)]: NOW_MS } } }]);
    expect(planNotes(missing({ notFoundSinceMs: { [id(1)]: NOW_MS - 5 } })).actions).toEqual([]);
    const ahead = planNotes(missing({ notFoundSinceMs: { [id(1)]: NOW_MS + 5 } })).actions;
    expect(ahead).toMatchObject([{ notes: { notFoundSinceMs: { [id(1)]: NOW_MS } } }]);
  });
  test('one look without the evidence, and its clock starts anew', () => {
    const world = lost({ notes: { notFoundSinceMs: { [id(1)]: 1 }, reportedSinceMs: {} } });
    expect(planNotes(world).actions).toMatchObject([{ notes: { notFoundSinceMs: {} } }]);
  });
});

test('a trace of a recovery forbids a founding', () => {
  const world = cleared({ isDone: true });
  const records = { ...world.records, claim: null, tickets: new Map(), ticketNames: [] };
  const found = planCluster({ ...world, records, group: { ...world.group, bootstrapped: null } }).waits[0];
  expect(found).toMatchObject({ kind: 'formerCluster', found: ['recovery/2'] });
});

test('every wait and every step is told in words that name the cluster and what to do', () => {
  const steps: readonly RecoveryStep[] = [
    'capturing',
    'sourceLost',
    'proving',
    'captureBad',
    'fencing',
    'blocked',
    'founder',
    'restoring',
    'restoreFailing',
  ];
  for (const step of steps)
    expect(explainRecovery('cluster core', { ...WAITS.recovering, step })).toContain(id(10).slice(0, 2));
  expect(
    explainRecovery('cluster core', { ...WAITS.recovering, step: 'founder', instanceIds: [] }),
  ).toContain('suspended');
  for (const hold of [
    'manual',
    'survivorUnknown',
    'noSurvivor',
    'noSnapshot',
    'savedUnknown',
    'noCapacity',
  ] as const)
    expect(explainRecovery('cluster core', { ...WAITS.quorumLost, hold })).toMatch(
      /^cluster core lost its quorum for ever/,
    );
  const text = explainRecoveryAction('cluster core', {
    kind: 'startRecovery',
    record: { ...RECORD, fenced: [] },
  });
  expect(text).toContain('nobody is ended first');
});
