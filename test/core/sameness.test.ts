import { describe, expect, test } from 'vitest';
import { isSameMemory, NO_MEMORY } from '../../functions/core/memory.ts';
import { merge, nothing, wait } from '../../functions/core/plan/plan.ts';
import { sameStatus } from '../../functions/core/status.ts';
import { ACTIONS, FINE } from '../support/samples.ts';

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

  const steady = { sinceMs: 5, raftTerm: '2', voterIds: ['1'] };
  test.each([
    { steady: null },
    { steady: { ...steady, sinceMs: 6 } },
    { steady: { ...steady, raftTerm: '3' } },
    { steady: { ...steady, voterIds: ['2'] } },
    { steady: { ...steady, voterIds: ['1', '2'] } },
  ])('by its calm: %j', (change) => {
    expect(isSameMemory({ ...memory, steady }, { ...memory, steady: { ...steady, voterIds: ['1'] } })).toBe(
      true,
    );
    expect(isSameMemory({ ...memory, steady }, { ...memory, ...change })).toBe(false);
    expect(isSameMemory({ ...memory, ...change }, { ...memory, steady })).toBe(false);
  });

  test.each([{ lookedAtMs: 5 }, { lastFailedJoinAtMs: 5 }, { failedJoinCount: 5 }])('by %j', (change) => {
    expect(isSameMemory(memory, { ...memory, ...change })).toBe(false);
  });
});

describe('a status is another one', () => {
  const { status } = ACTIONS.publishStatus;
  const one = { name: 'i-9', id: '9', answers: true, ...FINE };
  const about = { kind: 'voterSilent', subject: 'i-9' } as const;
  const told = { ...status, voters: [one], learners: [one], waits: [about] };

  test('never for its time and count', () => {
    expect(sameStatus(told, { ...told, at: 'later', generation: 99 })).toBe(true);
  });

  test('never for the lag of a voter, which is another one at every look', () => {
    expect(sameStatus(told, { ...told, voters: [{ ...one, lag: 7 }] })).toBe(true);
  });

  test.each([
    { clusterId: '7' },
    { health: 'quorumLost' as const },
    { leader: 'i-7' },
    { waits: [] },
    { waits: [about, about] },
    { waits: [{ ...about, subject: null }] },
    { waits: [{ ...about, kind: 'leaverSilent' as const }] },
    { desired: 5 },
    { desired: null },
    { alarms: ['NOSPACE'] },
    { steadySince: null },
    { shortfalls: null },
    { shortfalls: [{ code: 'noLeader', subject: null }] },
    { asked: ['r/1'] },
    { repaired: [{ name: 'endpoints', at: '2026-01-01T00:00:00.000Z' }] },
    { voters: [{ ...one, version: '3.6.5' }] },
    { voters: [{ ...one, behind: true }] },
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
