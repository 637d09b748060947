import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import { planMemory } from '../../../functions/core/plan/remember.ts';
import {
  id,
  instance,
  launching,
  learner,
  member,
  memberId,
  NOW_MS,
  observation,
  type Parts,
  silent,
  view,
} from '../../support/observations.ts';

const remembered = (parts: Parts) => {
  const world = observation(parts);
  return planMemory(world, world.etcd.view ?? view([])).actions;
};

describe('the memory', () => {
  const gone = {
    instances: [instance(1), instance(2)],
    machines: new Map([[id(3), { kind: 'notFound' } as const]]),
  };
  const members = [member(1), member(2), silent(3)];

  test('notes since when EC2 does not know an instance, and keeps the first time', () => {
    expect(remembered({ ...gone, members })).toMatchObject([
      { kind: 'remember', memory: { missingSinceMs: { [id(3)]: NOW_MS } } },
    ]);
    const memory = { ...NO_MEMORY, missingSinceMs: { [id(3)]: 5 } };
    expect(remembered({ ...gone, view: view(members, { memory }) })).toEqual([]);
  });

  test('forgets what is known again, and what has started', () => {
    const memory = { ...NO_MEMORY, missingSinceMs: { [id(3)]: 5 }, unstartedSinceMs: { [memberId(2)]: 5 } };
    expect(remembered({ view: view([member(1), member(2), member(3)], { memory }) })).toMatchObject([
      { memory: { missingSinceMs: {}, unstartedSinceMs: {} } },
    ]);
  });

  test('of a newer version is neither used nor written', () => {
    const memory = { ...NO_MEMORY, ours: false };
    expect(remembered({ ...gone, view: view(members, { memory }) })).toEqual([]);
  });

  test('notes since when a voter of an instance in service is silent, and forgets it with its first answer', () => {
    const given = [member(1), member(2), silent(3)];
    const noted = remembered({ members: given });
    expect(noted).toMatchObject([{ memory: { silentSinceMs: { [memberId(3)]: NOW_MS } } }]);
    const memory = { ...NO_MEMORY, silentSinceMs: { [memberId(3)]: 5 } };
    expect(remembered({ view: view(given, { memory }) })).toEqual([]);
    expect(remembered({ view: view([member(1), member(2), member(3)], { memory }) })).toMatchObject([
      { memory: { silentSinceMs: {} } },
    ]);
  });

  test('notes since when a learner that answers lags behind, and forgets it once it is in sync', () => {
    const instances = [instance(1), instance(2), instance(3), launching(4)];
    const voters = [member(1), member(2), member(3)];
    const behind = learner(4, { raftIndex: 10n });
    expect(remembered({ instances, members: [...voters, behind] })).toMatchObject([
      { memory: { laggingSinceMs: { [memberId(4)]: NOW_MS } } },
    ]);
    const memory = { ...NO_MEMORY, laggingSinceMs: { [memberId(4)]: 5 } };
    expect(remembered({ instances, view: view([...voters, behind], { memory }) })).toEqual([]);
    const seen = view([...voters, learner(4)], { memory });
    expect(remembered({ instances, view: seen })).toMatchObject([{ memory: { laggingSinceMs: {} } }]);
  });

  test('forgets reports after a day, and failed joins once the cluster is whole', () => {
    const reportedAtMs = { [id(7)]: NOW_MS - 86_400_000, [id(8)]: NOW_MS };
    const memory = { ...NO_MEMORY, reportedAtMs, failedJoinCount: 2 };
    const whole = view([member(1), member(2), member(3)], { memory });
    expect(remembered({ view: whole })).toMatchObject([
      { memory: { reportedAtMs: { [id(8)]: NOW_MS }, failedJoinCount: 0 } },
    ]);
    const lame = view([member(1), member(2)], { memory: { ...memory, reportedAtMs: {} } });
    expect(remembered({ view: lame, instances: [instance(1), instance(2)] })).toEqual([]);
  });
});
