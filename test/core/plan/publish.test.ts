import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../functions/core/observation.ts';
import {
  planPublishing,
  planStatusOnly,
  statusOf,
  statusWait,
} from '../../../functions/core/plan/publish.ts';
import { STATUS_WAITS_MAX } from '../../../functions/core/status.ts';
import { id, learner, member, NOW_MS, observation, silent, view } from '../../support/observations.ts';
import { ID, WAITS } from '../../support/samples.ts';

const viewOf = (world: Observation) => world.etcd.view ?? view([]);
describe('the status', () => {
  test.each([
    ['healthy', [member(1), member(2), member(3)], 3],
    ['degraded', [member(1), member(2), silent(3)], 3],
    ['degraded', [member(1), member(2)], 3],
    ['degraded', [member(1)], 3],
    ['healthy', [member(1)], 1],
  ])('is %s (%#)', (health, members, desiredCapacity) => {
    const world = observation({ members, group: { desiredCapacity } });
    expect(statusOf(world, viewOf(world), []).health).toBe(health);
  });

  test('names members by instance, in order, and at most so many waits', () => {
    const world = observation({ members: [member(2), member(1), learner(4)] });
    const many = Array.from({ length: STATUS_WAITS_MAX + 3 }, () => WAITS.lastVoter);
    const status = statusOf(world, viewOf(world), many);
    expect(status.voters.map(({ name }) => name)).toEqual([id(1), id(2)]);
    expect(status.learners.map(({ name }) => name)).toEqual([id(4)]);
    expect(status.waits).toHaveLength(STATUS_WAITS_MAX);
  });

  test('is written only when something besides its time changed', () => {
    const world = observation();
    const [first] = planPublishing(world, viewOf(world), []).actions;
    if (first?.kind !== 'publishStatus') throw new Error('no status');
    expect(first.status.generation).toBe(1);
    const later = { ...world, takenAtMs: NOW_MS + 1, records: { ...world.records, status: first.status } };
    expect(planPublishing(later, viewOf(later), []).actions).toEqual([]);
    expect(planPublishing(later, viewOf(later), [WAITS.lastVoter]).actions).toMatchObject([
      { status: { generation: 2 } },
    ]);
  });

  test('says quorumLost over the last one where nobody answers, and the lists stay', () => {
    const world = observation();
    const [first] = planPublishing(world, viewOf(world), []).actions;
    if (first?.kind !== 'publishStatus') throw new Error('no status');
    const lost = observation({ view: null, records: { status: first.status } });
    const plan = planStatusOnly(lost, WAITS.quorumUnknown);
    expect(plan.actions).toMatchObject([
      { kind: 'publishStatus', status: { health: 'quorumLost', leader: null, generation: 2 } },
    ]);
    expect(plan.waits).toEqual([WAITS.quorumUnknown]);
    expect(planStatusOnly(observation({ view: null }), WAITS.quorumUnknown).actions).toEqual([]);
  });

  test.each([
    [WAITS.lastVoter, ID.a],
    [WAITS.noCommit, null],
    [WAITS.foreignMember, '11'],
    [WAITS.joinQueued, `${ID.b},${ID.c}`],
    [WAITS.addressTaken, ID.a],
  ])('tells whom a wait is about, without numbers that change (%#)', (given, subject) => {
    expect(statusWait(given)).toEqual({ kind: given.kind, subject });
  });
});
