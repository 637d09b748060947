import { expect, test } from 'vitest';
import { type LaneState, lanesOf, letterOf, stateOf, strengthOf } from '../../../infra/demo/lanes.ts';
import type { SampledInstance, SampledMember } from '../../../infra/demo/recording.ts';
import { A, B, C, FIXED, instanceOf, memberOf, sampleOf } from './fixed-recording.ts';

const silent = { answers: false };
const cases: readonly (readonly [
  string,
  Partial<SampledInstance>,
  readonly SampledMember[],
  readonly string[],
  LaneState | null,
])[] = [
  ['boots', { ...silent, ec2State: 'pending', lifecycle: 'Pending' }, [], [], 'booting'],
  ['waits for its ticket', { ...silent, lifecycle: 'Pending:Wait' }, [], [], 'waiting'],
  ['has a voter that never answered', silent, [memberOf(A)], [], 'starting'],
  ['is added as a learner', silent, [memberOf(A, true)], [], 'learner'],
  ['is a learner that answers', {}, [memberOf(A, true)], [A], 'learner'],
  ['votes', {}, [memberOf(A)], [A], 'voter'],
  ['votes and leads', { leads: true }, [memberOf(A)], [A], 'leader'],
  ['votes while its terminate hook holds it', { lifecycle: 'Terminating:Wait' }, [memberOf(A)], [A], 'voter'],
  ['answered and does not any more', silent, [memberOf(A)], [A], 'silent'],
  ['died and is still a member', { ...silent, ec2State: 'terminated' }, [memberOf(A)], [A], 'dead'],
  ['died and was removed', { ...silent, ec2State: 'terminated' }, [], [A], null],
  ['has left, and its hook still holds it', { ...silent, lifecycle: 'Terminating:Wait' }, [], [A], 'out'],
  ['is let go', { ...silent, lifecycle: 'Terminating:Proceed' }, [memberOf(A)], [A], 'out'],
];

test.each(cases)('an instance that %s is shown as that', (_name, own, members, answered, state) => {
  expect(stateOf(instanceOf(A, own), { members, answered: new Set(answered) })).toBe(state);
});

test('every instance has a lane, in the order of launch, with each state for as long as it was seen', () => {
  const lanes = lanesOf(FIXED);
  expect(lanes.map(({ letter, id }) => [letter, id])).toEqual([
    ['A', A],
    ['B', B],
    ['C', C],
  ]);
  expect(lanes[1]?.states).toEqual([
    { kind: 'booting', fromMs: 1_000, toMs: 2_000 },
    { kind: 'waiting', fromMs: 2_000, toMs: 3_000 },
    { kind: 'voter', fromMs: 3_000, toMs: 8_000 },
    { kind: 'out', fromMs: 8_000, toMs: 9_000 },
  ]);
  expect(lanes[1]?.holds).toEqual([
    { kind: 'launch', fromMs: 2_000, toMs: 3_000 },
    { kind: 'terminate', fromMs: 5_000, toMs: 8_000 },
  ]);
  expect(lanes.map(({ ended }) => ended)).toEqual([false, true, false]);
});

test('the last member list holds until another is told', () => {
  const samples = [
    sampleOf(0, [instanceOf(A, { leads: true })], [memberOf(A)]),
    sampleOf(1_000, [instanceOf(A, silent)], null),
  ];
  expect(lanesOf({ samples, endMs: 2_000 })[0]?.states.map(({ kind }) => kind)).toEqual(['leader', 'silent']);
});

test('voters that answer are counted against the quorum of all voters; learners never count', () => {
  expect(
    strengthOf(FIXED).map(({ fromMs, voters, answering, quorum }) => [fromMs, voters, answering, quorum]),
  ).toEqual([
    [3_000, 2, 2, 2],
    [7_000, 3, 3, 2],
    [8_000, 2, 2, 2],
  ]);
});

test('a cluster that is being deleted has not lost its quorum', () => {
  const gone = sampleOf(9_500, [instanceOf(A, silent)], null, { desired: 0 });
  const strengths = strengthOf({ samples: [...FIXED.samples, gone], endMs: 10_000 });
  expect(strengths.every(({ answering, quorum }) => answering >= quorum)).toBe(true);
});

test('letters go on after Z', () => {
  expect([0, 25, 26, 51, 52].map(letterOf)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA']);
});
