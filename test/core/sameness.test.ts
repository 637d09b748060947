import { describe, expect, test } from 'vitest';
import { isSameMemory, NO_MEMORY } from '../../functions/core/memory.ts';
import { merge, nothing, wait } from '../../functions/core/plan/plan.ts';
import { sameStatus } from '../../functions/core/status.ts';
import { ACTIONS } from '../support/samples.ts';

describe('a memory is another one', () => {
  const memory = {
    ...NO_MEMORY,
    missingSinceMs: { 'i-1': 1, 'i-2': 2 },
    unstartedSinceMs: { 11: 1 },
    laggingSinceMs: { 11: 1 },
    silentSinceMs: { '11 hung': 1 },
    reportedAtMs: { 'i-1': 1 },
  };

  test('never for the order of its entries', () => {
    expect(isSameMemory(memory, { ...memory, missingSinceMs: { 'i-2': 2, 'i-1': 1 } })).toBe(true);
  });

  test.each([
    'missingSinceMs',
    'unstartedSinceMs',
    'laggingSinceMs',
    'silentSinceMs',
    'reportedAtMs',
  ] as const)('by an entry of %s that came, went, is another or has another time', (name) => {
    const [first = ['', 0], ...rest] = Object.entries(memory[name]);
    const others = [
      Object.fromEntries([first, ...rest, ['new', 5]]),
      Object.fromEntries(rest),
      Object.fromEntries([['new', 1], ...rest]),
      Object.fromEntries([[first[0], 9], ...rest]),
    ];
    for (const times of others) {
      expect(isSameMemory(memory, { ...memory, [name]: times })).toBe(false);
      expect(isSameMemory({ ...memory, [name]: times }, memory)).toBe(false);
    }
  });

  test.each([{ lookedAtMs: 5 }, { lastFailedJoinAtMs: 5 }, { failedJoinCount: 5 }])('by %j', (change) => {
    expect(isSameMemory(memory, { ...memory, ...change })).toBe(false);
  });
});

describe('a status is another one', () => {
  const { status } = ACTIONS.publishStatus;
  const one = { name: 'i-9', id: '9', answers: true };
  const about = { kind: 'voterSilent', subject: 'i-9' } as const;
  const told = { ...status, voters: [one], learners: [one], waits: [about] };

  test('never for its time and count', () => {
    expect(sameStatus(told, { ...told, at: 'later', generation: 99 })).toBe(true);
  });

  test.each([
    { clusterId: '7' },
    { health: 'quorumLost' as const },
    { leader: 'i-7' },
    { waits: [] },
    { waits: [about, about] },
    { waits: [{ ...about, subject: null }] },
    { waits: [{ ...about, kind: 'leaverSilent' as const }] },
    ...(['voters', 'learners'] as const).flatMap((list) => [
      { [list]: [] },
      { [list]: [one, one] },
      { [list]: [{ ...one, name: 'i-8' }] },
      { [list]: [{ ...one, id: '8' }] },
      { [list]: [{ ...one, answers: false }] },
    ]),
  ])('by %j', (change) => {
    expect(sameStatus(told, { ...told, ...change })).toBe(false);
    expect(sameStatus({ ...told, ...change }, told)).toBe(false);
  });
});

test('plans that are merged keep their order, and nothing but nothing is lost', () => {
  const [one, two] = [wait({ kind: 'membersDisagree' }), wait({ kind: 'groupMissing' })];
  expect(merge()).toEqual(nothing);
  expect(merge(nothing, nothing)).toEqual(nothing);
  expect(merge(nothing, one, nothing)).toEqual(one);
  expect(merge(two, nothing, one)).toEqual({ actions: [], waits: [...two.waits, ...one.waits] });
});
