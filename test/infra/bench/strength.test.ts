import { expect, test } from 'vitest';
import { fewestVoters, isStrong, quorumLostMs } from '../../../infra/bench/strength.ts';
import type { Sample } from '../../../infra/demo/recording.ts';

/** Voters by name, in lower case where they do not answer; learners in front of a plus sign. */
function sample(text: string, atMs = 0): Sample {
  const names = text.split(' ').filter((word) => word !== '');
  const idOf = (word: string): string => word.replace('+', '').toUpperCase();
  return {
    atMs,
    desired: null,
    waits: [],
    instances: names.map((word) => ({
      id: idOf(word),
      address: '',
      zone: '',
      lifecycle: 'InService',
      ec2State: 'running',
      answers: word === word.toUpperCase(),
      leads: false,
    })),
    members: names.map((word) => ({ id: word, instanceId: idOf(word), isLearner: word.endsWith('+') })),
  };
}

const GOAL = { size: 3, gone: ['X'] };

test('a cluster is at full strength when as many voters as wanted are members and all of them answer', () => {
  expect(isStrong(sample('A B C'), GOAL)).toBe(true);
});

test.each([
  ['one too few', 'A B'],
  ['one too many', 'A B C D'],
  ['one silent', 'A B c'],
  ['one still a learner', 'A B C+'],
  ['a learner beside them', 'A B C D+'],
  ['the one that had to go', 'A B X'],
])('it is not with %s', (_, text) => {
  expect(isStrong(sample(text), GOAL)).toBe(false);
});

test('it is not while nobody tells a member list, nor with a voter whose instance nobody can see', () => {
  expect(isStrong({ ...sample('A B C'), members: null }, GOAL)).toBe(false);
  expect(isStrong({ ...sample('A B C'), instances: sample('A B').instances }, GOAL)).toBe(false);
});

test('quorum is lost for as long as fewer voters answer than it needs, seen at least twice', () => {
  const samples = [sample('A B C', 0), sample('A b c', 100), sample('A b c', 200), sample('A B c', 300)];
  expect(quorumLostMs(samples, 0, 400)).toBe(200);
  expect(quorumLostMs(samples.slice(0, 3), 0, 400)).toBe(300);
});

test('one look that came too late, and a learner that does not answer, lose no quorum', () => {
  expect(quorumLostMs([sample('A B C', 0), sample('A b c', 100), sample('A B C', 200)], 0, 300)).toBe(0);
  expect(quorumLostMs([sample('A B c d+ e+', 0), sample('A B c d+ e+', 100)], 0, 300)).toBe(0);
});

test('nobody tells a member list where nobody has a leader: that is a loss, too', () => {
  const silent = (atMs: number): Sample => ({ ...sample('A B C', atMs), members: null });
  expect(quorumLostMs([silent(50), silent(100), sample('A B C', 150)], 0, 200)).toBe(100);
});

test('the fewest voters that answered are counted by two looks in a row, without learners, and within the time', () => {
  const samples = [
    sample('A', 0),
    sample('A', 1),
    sample('A B C', 100),
    sample('A b C', 200),
    sample('A B C D+', 300),
    sample('A B C d', 400),
  ];
  expect(fewestVoters(samples, 100, 500)).toBe(3);
  expect(fewestVoters([...samples, sample('A b C', 410), sample('a B C', 420)], 100, 500)).toBe(2);
  expect(fewestVoters(samples, 100, 150)).toBeNull();
});
