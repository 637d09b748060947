import { describe, expect, test } from 'vitest';
import {
  departureReason,
  instanceOf,
  MISSING_FOR_MS,
  memberOf,
  presenceOf,
} from '../../functions/core/evidence.ts';
import { NO_MEMORY } from '../../functions/core/memory.ts';
import type { Machine } from '../../functions/core/ports.ts';
import {
  id,
  instance,
  machine,
  member,
  memberId,
  NOW_MS,
  observation,
  silent,
  terminating,
  view,
} from '../support/observations.ts';

const NOT_FOUND: Machine = { kind: 'notFound' };
const worldWith = (told: Machine | undefined) =>
  observation({
    instances: [instance(1), instance(2)],
    machines: new Map(told === undefined ? [] : [[id(3), told]]),
  });

describe('an instance that the group does not list', () => {
  const SINCE = NOW_MS - MISSING_FOR_MS;
  const cases: readonly (readonly [string, Machine | undefined, number | null, string])[] = [
    ['is unknown while EC2 was not asked', undefined, SINCE, 'unknown'],
    ['is unknown while it is pending', machine(3, { state: 'pending' }), SINCE, 'unknown'],
    ['is unknown while it runs', machine(3), SINCE, 'unknown'],
    ['is unknown while it stops', machine(3, { state: 'stopping' }), SINCE, 'unknown'],
    ['is unknown while it is stopped', machine(3, { state: 'stopped' }), SINCE, 'unknown'],
    ['is unknown while it shuts down', machine(3, { state: 'shutting-down' }), SINCE, 'unknown'],
    ['is gone when EC2 says terminated', machine(3, { state: 'terminated' }), null, 'gone'],
    ['is unknown at the first "not found"', NOT_FOUND, null, 'unknown'],
    ['is unknown at a "not found" too early', NOT_FOUND, SINCE + 1, 'unknown'],
    ['is gone at a "not found" a minute later', NOT_FOUND, SINCE, 'gone'],
    ['is unknown when the clock went backwards', NOT_FOUND, NOW_MS + 90_000, 'unknown'],
  ];
  test.each(cases)('%s', (_title, told, since, presence) => {
    expect(presenceOf(worldWith(told), id(3), since)).toBe(presence);
  });
});

test('an instance that the group lists is there, whatever EC2 says', () => {
  for (const told of [NOT_FOUND, machine(1, { state: 'terminated' })]) {
    const world = observation({ instances: [instance(1)], machines: new Map([[id(1), told]]) });
    expect(presenceOf(world, id(1), 0)).toBe('listed');
    expect(departureReason(world, silent(1))).toBeNull();
  }
});

describe('a member may be removed', () => {
  test('because its instance is leaving', () => {
    const world = observation({ instances: [instance(1), terminating(2)] });
    expect(departureReason(world, member(2))).toBe('terminating');
  });

  test('because its instance is gone', () => {
    const world = observation({
      instances: [instance(1)],
      machines: new Map([[id(2), machine(2, { state: 'terminated' })]]),
    });
    expect(departureReason(world, silent(2))).toBe('instanceGone');
  });

  test('because "not found" was remembered for a minute', () => {
    const memory = { ...NO_MEMORY, missingSinceMs: { [id(2)]: NOW_MS - MISSING_FOR_MS } };
    const world = observation({
      instances: [instance(1)],
      machines: new Map([[id(2), NOT_FOUND]]),
      view: view([member(1), silent(2)], { memory }),
    });
    expect(departureReason(world, silent(2))).toBe('instanceGone');
  });

  const report = { instanceId: id(2), kind: 'empty-disk', memberId: memberId(2) } as const;

  test('because its boot script reports its disk lost, and it does not answer', () => {
    const world = observation({ records: { reports: [report] } });
    expect(departureReason(world, silent(2))).toBe('diskLost');
    expect(departureReason(world, member(2))).toBeNull();
  });

  test('but not because it reports certificates that nobody accepts: its data is there', () => {
    const world = observation({ records: { reports: [{ ...report, kind: 'bad-certificates' }] } });
    expect(departureReason(world, silent(2))).toBeNull();
  });

  test('but not for a report about the member it was before', () => {
    const world = observation({ records: { reports: [{ ...report, memberId: '4711' }] } });
    expect(departureReason(world, silent(2))).toBeNull();
  });

  test('never for silence alone', () => {
    expect(departureReason(observation(), silent(2))).toBeNull();
  });

  test('never while it stands aside', () => {
    const world = observation({ instances: [instance(1), instance(2, { stage: 'aside' })] });
    expect(departureReason(world, silent(2))).toBeNull();
  });

  test('never by us when nobody here created it', () => {
    expect(departureReason(observation(), silent(9))).toBeNull();
    expect(departureReason(observation(), member(1, { instanceId: null, answers: false }))).toBeNull();
  });
});

test('members and instances find each other by instance id', () => {
  const world = observation();
  expect(instanceOf(world, id(2))).toEqual(instance(2));
  expect(instanceOf(world, id(9))).toBeNull();
  expect(memberOf([member(1), member(2)], id(2))).toEqual(member(2));
  expect(memberOf([member(1)], id(2))).toBeNull();
});
