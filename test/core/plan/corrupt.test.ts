import { describe, expect, test } from 'vitest';
import type { AlarmedView } from '../../../functions/core/alarmed.ts';
import { NO_DATABASES } from '../../../functions/core/databases.ts';
import type { MemberView } from '../../../functions/core/observation.ts';
import { planCorrupt, planSuspect } from '../../../functions/core/plan/corrupt.ts';
import { nothing } from '../../../functions/core/plan/plan.ts';
import { armed, first } from '../../support/databases.ts';
import { id, learner, member, memberId, NOW_MS, observation, view } from '../../support/observations.ts';

describe('S60 a corrupt member', () => {
  const hash = (text: string) => ({ hash: text, compactRevision: '5', revision: '500' });
  const hashesOf = (...texts: readonly string[]) =>
    new Map(texts.map((text, index) => [memberId(index + 1), hash(text)]));
  const alarms = [{ memberId: memberId(3), alarm: 'CORRUPT' }];
  const corrupt = (hashes: ReturnType<typeof hashesOf>, over: Partial<AlarmedView> = {}) =>
    planCorrupt(observation({ view: null, databases: { hashes } }), armed({ alarms, ...over }));

  test.each([
    ['differs from a quorum', ['1', '1', '2'], 'removeMember'],
    ['says nothing, and a quorum holds the same', ['1', '1'], 'removeMember'],
  ])('is removed where it %s', (_name, texts, kind) => {
    expect(corrupt(hashesOf(...texts)).actions).toMatchObject([
      { kind, memberId: memberId(3), because: 'corrupt' },
    ]);
  });

  test.each([
    ['it holds what the others hold', ['1', '1', '1'], {}, 'same'],
    ['another one differs', ['2', '1', '1'], {}, 'several'],
    ['nobody agrees', ['1', '2', '3'], {}, 'noMajority'],
    ['too few can be compared', ['1'], {}, 'tooFew'],
    [
      'two are called corrupt',
      ['1', '1', '2'],
      { alarms: [...alarms, { memberId: memberId(2), alarm: 'CORRUPT' }] },
      'alarms',
    ],
    ['it is a learner', ['1', '1', '2'], { members: [member(1), member(2), learner(3)] }, 'stranger'],
  ])('everything stands still where %s', (_name, texts, over, because) => {
    expect(corrupt(hashesOf(...texts), over)).toMatchObject({
      actions: [],
      waits: [{ kind: 'corruptUnclear', because }],
    });
  });

  test('that etcd cannot name is no member that has gone: the alarm is never taken back', () => {
    expect(corrupt(hashesOf('1', '2'), { alarms: [{ memberId: '0', alarm: 'CORRUPT' }] })).toMatchObject({
      actions: [],
      waits: [{ kind: 'corruptUnclear', because: 'noMajority' }],
    });
  });

  test('that is no member any more: its machine is ended first, then the alarm taken back', () => {
    const gone = { members: [member(1), member(2)] };
    const [ended] = corrupt(hashesOf('1', '1'), gone).actions;
    expect(ended).toEqual({ kind: 'disarm', alarm: alarms[0], because: 'memberGone', record: null });
    const world = observation({ databases: NO_DATABASES });
    expect(first(planCorrupt(world, armed({ alarms, ...gone })))).toMatchObject({
      kind: 'endInstance',
      instanceId: id(3),
      because: 'corrupt',
    });
  });

  test('without a quorum of the others is not removed', () => {
    const plan = corrupt(hashesOf('1', '1', '2'), { proven: new Set([memberId(1), memberId(3)]) });
    expect(plan.actions).toEqual([]);
    expect(plan.waits).toMatchObject([{ kind: 'memberCorrupt' }, { kind: 'quorumAtRisk' }]);
  });

  test('that no alarm names is remembered before it is removed', () => {
    const world = observation({ databases: { hashes: hashesOf('1', '1', '2') } });
    const seen = world.etcd.view as MemberView;
    const [remember] = planSuspect(world, seen).actions;
    expect(remember).toMatchObject({ kind: 'remember', memory: { corruptAtMs: { [id(3)]: NOW_MS } } });
    const later = view(seen.members, { memory: { ...seen.memory, corruptAtMs: { [id(3)]: NOW_MS } } });
    expect(first(planSuspect(world, later))).toMatchObject({ kind: 'removeMember', because: 'corrupt' });
    const removed = view(seen.members.slice(0, 2), { memory: later.memory });
    expect(first(planSuspect({ ...world, databases: NO_DATABASES }, removed))).toMatchObject({
      kind: 'endInstance',
      instanceId: id(3),
    });
  });

  test('that no alarm names and nobody could compare is left alone', () => {
    const world = observation({ databases: { hashes: hashesOf('1') } });
    expect(planSuspect(world, world.etcd.view as MemberView)).toEqual(nothing);
  });
});
