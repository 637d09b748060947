import { expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import { planCluster } from '../../../functions/core/plan/cluster.ts';
import { sightOf, steadyOf } from '../../../functions/core/plan/steadiness.ts';
import { decodeStatus } from '../../../functions/core/status.ts';
import { isSameSteady, readSteady, type Steady } from '../../../functions/core/steady.ts';
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
import { FINE, TOLD } from '../../support/samples.ts';

const three = [member(1), member(2), member(3)];
const BEFORE: Steady = {
  sinceMs: NOW_MS - 5_000,
  raftTerm: '2',
  voterIds: [memberId(1), memberId(2), memberId(3)],
};
const of = (steady: Steady | null, parts: Parts = {}): Steady | null => {
  const seen = view(parts.members ?? three, { memory: { ...NO_MEMORY, steady } });
  const world = observation({ ...parts, view: seen });
  // As the world has it, not as it is made calm for other tests.
  return steadyOf({ ...world, etcd: { ...world.etcd, view: seen } });
};

test('calm lasts as long as the same voters are calm under the same leader', () => {
  expect(of(BEFORE)).toEqual(BEFORE);
  expect(of(null)).toEqual({ ...BEFORE, sinceMs: NOW_MS });
  expect(of({ ...BEFORE, raftTerm: '1' })).toEqual({ ...BEFORE, sinceMs: NOW_MS });
  expect(of({ ...BEFORE, voterIds: [memberId(1), memberId(2)] })?.sinceMs).toBe(NOW_MS);
});

test('a clock that was ahead has nobody wait for as long', () => {
  expect(of({ ...BEFORE, sinceMs: NOW_MS + 600_000 })?.sinceMs).toBe(NOW_MS);
});

test('whatever is wrong or under way ends it', () => {
  expect(of(BEFORE, { members: [member(1), member(2), silent(3)] })).toBeNull();
  expect(of(BEFORE, { members: [...three, learner(4)] })).toBeNull();
  expect(of(BEFORE, { instances: [instance(1), instance(2), instance(3), launching(4)] })).toBeNull();
  const far = member(1, { raftIndex: 9_000n });
  expect(of(BEFORE, { members: [far, member(2), member(3)] })).toBeNull();
});

test('how many voters there should be does not matter for it: whoever asks judges that', () => {
  expect(of(BEFORE, { group: { desiredCapacity: 5 } })).toEqual(BEFORE);
});

test('a quorum that was lost meanwhile begins it anew, as the status remembers', () => {
  const status = decodeStatus(
    JSON.stringify({
      ...{ ...TOLD, generation: 1, clusterId: '77', health: 'quorumLost', leader: null, learners: [] },
      ...{ waits: [], at: '', shortfalls: [{ code: 'noVoterAnswers', subject: null }] },
      voters: [{ name: id(1), id: '1', answers: true, ...FINE }],
    }),
  );
  expect(of(BEFORE, { records: { status, statusText: '' } })?.sinceMs).toBe(NOW_MS);
});

test('it is remembered once, after everything else, and nobody knows it without voters', () => {
  const seen = view(three, { memory: { ...NO_MEMORY, steady: { ...BEFORE, raftTerm: '1' } } });
  const world = observation({ view: seen });
  expect(planCluster(world).actions.at(-1)).toMatchObject({
    kind: 'remember',
    memory: { steady: { sinceMs: NOW_MS, raftTerm: '2' } },
  });
  expect(planCluster(observation()).actions.filter(({ kind }) => kind === 'remember')).toEqual([]);
  expect(sightOf(observation({ view: null })).steadySinceMs).toBeNull();
});

test('what cannot be read is no calm', () => {
  expect(readSteady(BEFORE)).toEqual(BEFORE);
  for (const value of [
    null,
    7,
    {},
    { ...BEFORE, sinceMs: '5' },
    { ...BEFORE, raftTerm: 2 },
    { ...BEFORE, voterIds: 'all' },
  ])
    expect(readSteady(value)).toBeNull();
  expect(isSameSteady(null, null)).toBe(true);
  expect(isSameSteady(BEFORE, null)).toBe(false);
});
