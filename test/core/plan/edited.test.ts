import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../functions/core/observation.ts';
import { editedName, repairedOf } from '../../../functions/core/plan/edited.ts';
import type { Action } from '../../../functions/core/plan/plan.ts';
import { planPublishing } from '../../../functions/core/plan/publish.ts';
import { STATUS_REPAIRED_MAX } from '../../../functions/core/status.ts';
import { member, NOW_MS, observation, silent, view } from '../../support/observations.ts';
import { ACTIONS } from '../../support/samples.ts';

const actionsOf = (world: Observation): readonly Action[] =>
  planPublishing(world, world.etcd.view ?? view([]), []).actions;
const editedIn = (world: Observation): readonly (string | null)[] => actionsOf(world).map(editedName);

/** As it is published. */
function published(members = [member(1), member(2), member(3)]) {
  const [first] = actionsOf(observation({ members }));
  if (first?.kind !== 'publishStatus') throw new Error('no status');
  return { status: first.status, statusText: 'its text' };
}

describe('a list that differs', () => {
  test('was changed by hand where the status tells of exactly these voters', () => {
    const records = { ...published(), endpoints: 'http://10.9.9.9:2379', peers: null };
    expect(editedIn(observation({ records }))).toEqual(['endpoints', 'peers']);
  });

  test('tells of a change where the status tells of others, or of one that answered otherwise, or of nobody', () => {
    const members = [member(1), member(2), silent(3)];
    const records = { ...published(), endpoints: 'old' };
    expect(editedIn(observation({ members, records }))).toEqual([null, null]);
    expect(
      editedIn(observation({ records: { ...published([member(1), member(2)]), peers: 'old' } })),
    ).toEqual([null, null]);
    expect(editedIn(observation({ records: { endpoints: 'old' } }))).toEqual([null, null]);
  });
});

describe('a status that is not there', () => {
  test('was deleted where calm was noted and the lists stand', () => {
    expect(editedIn(observation())).toEqual(['status']);
  });

  test('is the first one where calm was never noted', () => {
    const world = observation();
    const seen = world.etcd.view ?? view([]);
    const first = { ...seen, memory: { ...seen.memory, steady: null } };
    expect(editedIn({ ...world, etcd: { ...world.etcd, view: first } })).toEqual([null]);
  });

  test('was changed where nobody can read it', () => {
    expect(editedIn(observation({ records: { statusText: 'a b' } }))).toEqual(['status']);
  });
});

test('a claim that is pinned is no edit, and one that is rebuilt is', () => {
  const claim = { ...ACTIONS.writeClaim };
  expect(editedName({ ...claim, because: 'pinned' })).toBeNull();
  expect(editedName({ ...claim, because: 'rebuilt' })).toBe('bootstrap');
  expect(editedName({ ...claim, because: 'unreadable' })).toBe('bootstrap');
});

test('what was written again is noted once, and only the newest of many', () => {
  const repairedAtMs = new Map([['peers', NOW_MS]]);
  const once = { name: 'peers', at: new Date(NOW_MS).toISOString() };
  expect(repairedOf(observation({ pass: { repairedAtMs } }))).toEqual([once]);
  const status = { ...published().status, repaired: [once] };
  expect(repairedOf(observation({ pass: { repairedAtMs }, records: { status } }))).toEqual([once]);
  const old = Array.from({ length: STATUS_REPAIRED_MAX }, (_, at) => ({ name: 'status', at: `${at}` }));
  const full = { ...status, repaired: old };
  expect(repairedOf(observation({ pass: { repairedAtMs }, records: { status: full } }))).toEqual([
    ...old.slice(1),
    once,
  ]);
});
