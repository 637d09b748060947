import { describe, expect, test } from 'vitest';
import { type Memory, NO_MEMORY } from '../../../functions/core/memory.ts';
import type { planLeaves } from '../../../functions/core/plan/leaves.ts';
import { nothing, type Plan } from '../../../functions/core/plan/plan.ts';
import { isWithinGrace, noCommit, planRemovals } from '../../../functions/core/plan/removals.ts';
import { silenceKey } from '../../../functions/core/silence.ts';
import {
  id,
  instance,
  launching,
  learner,
  machine,
  member,
  memberId,
  NOW_MS,
  observation,
  type Parts,
  silent,
  terminating,
  unstarted,
  view,
} from '../../support/observations.ts';
import { peerUrl } from '../../support/tickets.ts';

const THREE = [member(1), member(2), member(3)];
const removal = (n: number, because: string) => ({
  kind: 'removeMember',
  memberId: memberId(n),
  instanceId: id(n),
  peerUrl: peerUrl(n),
  because,
});

function run(planner: typeof planLeaves, parts: Parts): Plan {
  const world = observation({ members: THREE, ...parts });
  return planner(world, world.etcd.view ?? view([]));
}
const remove = (parts: Parts) => run(planRemovals, parts);

describe('a removal by evidence', () => {
  const GONE = new Map([[id(3), machine(3, { state: 'terminated' })]]);

  test('of a silent voter whose instance is gone', () => {
    const plan = remove({
      instances: [instance(1), instance(2)],
      members: [member(1), member(2), silent(3)],
      machines: GONE,
    });
    expect(plan.actions).toEqual([removal(3, 'instanceGone')]);
  });

  test('waits while today’s voters are no majority', () => {
    const plan = remove({ instances: [instance(1)], members: [member(1), silent(3)], machines: GONE });
    expect(plan.actions).toEqual([]);
    expect(plan.waits).toMatchObject([{ kind: 'quorumAtRisk', memberId: memberId(3) }]);
  });

  test('of a learner needs a majority that commits, and no more', () => {
    const gone = { instances: [instance(1), instance(2)], machines: GONE };
    expect(remove({ ...gone, members: [member(1), member(2), unstarted(3)] }).actions).toEqual([
      removal(3, 'instanceGone'),
    ]);
    const members = [member(1), silent(2), unstarted(3)];
    expect(remove({ ...gone, members }).waits).toContainEqual(noCommit(view(members)));
  });

  test('of a silent leaver happens here, of one that answers it is an orderly leave', () => {
    const instances = [instance(1), instance(2), terminating(3)];
    const members = [member(1), member(2), silent(3)];
    const since = (ms: number) => ({
      ...NO_MEMORY,
      silentSinceMs: { [silenceKey(silent(3), 'leaving')]: NOW_MS - ms },
    });
    const at = (memory: Memory) => remove({ instances, view: view(members, { memory }) });
    expect(at(since(3_000)).actions).toEqual([removal(3, 'terminating')]);
    expect(at({ ...NO_MEMORY, ours: false }).actions).toEqual([removal(3, 'terminating')]);
    expect(remove({ instances, members: THREE })).toEqual({ actions: [], waits: [] });
  });

  test('of a leaver waits some seconds, for one missed answer is no death', () => {
    const members = [member(1), member(2), silent(3)];
    const leaving = [instance(1), instance(2), terminating(3)];
    expect(remove({ instances: leaving, members })).toEqual({
      actions: [],
      waits: [{ kind: 'leaverSilent', memberId: memberId(3), instanceId: id(3) }],
    });
    const retained = [instance(1), instance(2), instance(3, { stage: 'retained' })];
    const since = (ms: number) => ({ [silenceKey(silent(3), 'leaving')]: NOW_MS - ms });
    const silentFor = (ms: number) =>
      remove({
        instances: retained,
        view: view(members, { memory: { ...NO_MEMORY, silentSinceMs: since(ms) } }),
      });
    expect(silentFor(299_999).actions).toEqual([]);
    expect(silentFor(300_000).actions).toEqual([removal(3, 'outOfService')]);
    const off = [instance(1), instance(2), terminating(3, { address: null })];
    expect(remove({ instances: off, members }).actions).toEqual([removal(3, 'terminating')]);
  });

  test('without evidence is a wait where the group does not list the instance', () => {
    const instances = [instance(1), instance(2)];
    expect(remove({ instances, members: [member(1), member(2), silent(3)], machines: new Map() })).toEqual({
      actions: [],
      waits: [{ kind: 'evidenceMissing', memberId: memberId(3), instanceId: id(3) }],
    });
  });

  test('without evidence is a wait for a learner, too, whether it answers or not: nothing stands still unexplained', () => {
    const instances = [instance(1), instance(2), instance(3)];
    const wait = { kind: 'evidenceMissing', memberId: memberId(4), instanceId: id(4) };
    for (const one of [learner(4), learner(4, { answers: false })]) {
      expect(remove({ instances, members: [...THREE, one], machines: new Map() })).toEqual({
        actions: [],
        waits: [wait],
      });
    }
    // A voter that answers is kept, wherever its group has it.
    expect(remove({ instances, members: [...THREE, member(4)], machines: new Map() })).toEqual(nothing);
  });

  test('is not planned for a voter that is silent on an instance in service', () => {
    expect(remove({ members: [member(1), member(2), silent(3)] })).toEqual(nothing);
  });
});

describe('a learner that never started', () => {
  const at = (ageMs: number | null, failedAtMs: number | null = null, ours = true) => {
    const unstartedSinceMs = ageMs === null ? {} : { [memberId(4)]: NOW_MS - ageMs };
    const memory = { ...NO_MEMORY, unstartedSinceMs, lastFailedJoinAtMs: failedAtMs, ours };
    return {
      instances: [instance(1), instance(2), instance(3), launching(4)],
      view: view([...THREE, unstarted(4)], { memory }),
    };
  };

  test('is left alone while nobody knows since when, and for its grace', () => {
    expect(remove(at(null)).actions).toEqual([]);
    expect(remove(at(299_999)).actions).toEqual([]);
    expect(isWithinGrace(observation(), at(299_999).view, unstarted(4))).toBe(true);
  });

  test('is remembered as a failed join first, then removed', () => {
    expect(remove(at(300_000)).actions).toMatchObject([
      { kind: 'remember', memory: { lastFailedJoinAtMs: NOW_MS } },
    ]);
    expect(remove(at(300_000, NOW_MS)).actions).toEqual([removal(4, 'neverStarted')]);
  });

  test('is removed at once where the memory belongs to a newer version', () => {
    expect(remove(at(300_000, null, false)).actions).toEqual([removal(4, 'neverStarted')]);
  });

  test('as a founding voter stays: silence is no evidence', () => {
    const founder = unstarted(3, { role: 'voter', name: id(3) });
    const memory = { ...NO_MEMORY, unstartedSinceMs: { [memberId(3)]: 0 } };
    const plan = remove({
      instances: [instance(1), instance(2), launching(3)],
      view: view([member(1), member(2), founder], { memory }),
    });
    expect(plan).toEqual(nothing);
  });
});

describe('a member of nobody here', () => {
  const stranger = member(9, { instanceId: null, name: 'stranger', answers: false });
  const told = { kind: 'foreignMember', memberId: memberId(9), name: 'stranger' };

  test('is reported and stays', () => {
    expect(remove({ members: [...THREE, stranger] })).toEqual({ actions: [], waits: [told] });
  });

  test('is removed when the configuration says so, and quorum stays, and it does not answer', () => {
    const config = { removeForeign: true };
    expect(remove({ members: [...THREE, stranger], config }).actions).toMatchObject([
      { memberId: memberId(9), instanceId: null },
    ]);
    expect(remove({ members: [...THREE, { ...stranger, answers: true }], config }).actions).toEqual([]);
    expect(remove({ members: [member(1), silent(2), stranger], config }).actions).toEqual([]);
  });
});
