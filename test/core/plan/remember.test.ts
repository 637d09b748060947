import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import type { Silence } from '../../../functions/core/observation.ts';
import { planMemory } from '../../../functions/core/plan/remember.ts';
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

const remembered = (parts: Parts) => {
  const world = observation(parts);
  return planMemory(world, world.etcd.view ?? view([])).actions;
};

describe('the memory', () => {
  const gone = {
    instances: [instance(1), instance(2)],
    machines: new Map([[id(3), { kind: 'notFound' } as const]]),
  };
  const members = [member(1), member(2), silent(3)];

  test('notes since when EC2 does not know an instance, and keeps the first time', () => {
    expect(remembered({ ...gone, members })).toMatchObject([
      { kind: 'remember', memory: { missingSinceMs: { [id(3)]: NOW_MS } } },
    ]);
    const memory = { ...NO_MEMORY, missingSinceMs: { [id(3)]: 5 }, lookedAtMs: NOW_MS };
    expect(remembered({ ...gone, view: view(members, { memory }) })).toEqual([]);
  });

  test('begins anew after a time that nobody saw, or a jump of the clock', () => {
    const missing = { ...NO_MEMORY, missingSinceMs: { [id(3)]: 5 } };
    for (const [lookedAtMs, sinceMs] of [
      [NOW_MS - 180_000, 5],
      [NOW_MS - 180_001, NOW_MS],
    ]) {
      const memory = { ...missing, lookedAtMs: lookedAtMs ?? null };
      expect(remembered({ ...gone, view: view(members, { memory }) })).toMatchObject([
        { memory: { missingSinceMs: { [id(3)]: sinceMs }, lookedAtMs: NOW_MS } },
      ]);
    }
  });

  test('knows nothing of later than now: the clock was ahead, and is right again', () => {
    const laterMs = NOW_MS + 600_000;
    const memory = { ...NO_MEMORY, missingSinceMs: { [id(3)]: laterMs }, lookedAtMs: laterMs };
    expect(remembered({ ...gone, view: view(members, { memory }) })).toMatchObject([
      { memory: { missingSinceMs: { [id(3)]: NOW_MS }, lookedAtMs: NOW_MS } },
    ]);
  });

  test('forgets what is known again, and what has started', () => {
    const memory = {
      ...NO_MEMORY,
      lookedAtMs: NOW_MS,
      missingSinceMs: { [id(3)]: 5 },
      unstartedSinceMs: { [memberId(2)]: 5 },
    };
    const [forgotten] = remembered({ view: view([member(1), member(2), member(3)], { memory }) });
    expect(forgotten).toHaveProperty('memory.missingSinceMs', {});
    expect(forgotten).toHaveProperty('memory.unstartedSinceMs', {});
    expect(forgotten).toHaveProperty('memory.lookedAtMs', null);
  });

  test('of a newer version is neither used nor written', () => {
    const memory = { ...NO_MEMORY, ours: false };
    expect(remembered({ ...gone, view: view(members, { memory }) })).toEqual([]);
  });

  test('notes since when a voter of an instance in service is silent, and forgets it with its first answer', () => {
    const given = [member(1), member(2), silent(3)];
    const noted = remembered({ members: given });
    expect(noted).toMatchObject([{ memory: { silentSinceMs: { [`${memberId(3)} hung`]: NOW_MS } } }]);
    const memory = {
      ...NO_MEMORY,
      lookedAtMs: NOW_MS,
      silentSinceMs: { [`${memberId(3)} hung`]: NOW_MS - 5 },
    };
    expect(remembered({ view: view(given, { memory }) })).toEqual([]);
    expect(remembered({ view: view([member(1), member(2), member(3)], { memory }) })).toMatchObject([
      { memory: { silentSinceMs: {} } },
    ]);
  });

  test('notes since when a learner that answers lags behind, and forgets it once it is in sync', () => {
    const instances = [instance(1), instance(2), instance(3), launching(4)];
    const voters = [member(1), member(2), member(3)];
    const behind = learner(4, { raftIndex: 10n });
    expect(remembered({ instances, members: [...voters, behind] })).toMatchObject([
      { memory: { laggingSinceMs: { [memberId(4)]: NOW_MS } } },
    ]);
    const memory = { ...NO_MEMORY, lookedAtMs: NOW_MS, laggingSinceMs: { [memberId(4)]: NOW_MS - 5 } };
    expect(remembered({ instances, view: view([...voters, behind], { memory }) })).toEqual([]);
    const seen = view([...voters, learner(4)], { memory });
    expect(remembered({ instances, view: seen })).toMatchObject([{ memory: { laggingSinceMs: {} } }]);
  });

  test('starts anew when the silence is another one, and counts none that another machine would share', () => {
    const memory = { ...NO_MEMORY, lookedAtMs: NOW_MS, silentSinceMs: { [`${memberId(3)} hung`]: 5 } };
    const as = (silence: Silence) =>
      remembered({
        view: view([member(1), member(2), member(3, { answers: false, silence })], { memory }),
      });
    expect(as('unreachable')).toEqual([]);
    expect(as('refused')).toMatchObject([
      { memory: { silentSinceMs: { [`${memberId(3)} restarting`]: NOW_MS } } },
    ]);
    expect(as('denied')).toMatchObject([{ memory: { silentSinceMs: {} } }]);
    const aside = [instance(1), instance(2), instance(3, { stage: 'aside' })];
    const members = [member(1), member(2), silent(3)];
    expect(remembered({ instances: aside, view: view(members, { memory }) })).toMatchObject([
      { memory: { silentSinceMs: {}, lookedAtMs: null } },
    ]);
  });

  test('counts no time in which nobody looked', () => {
    const members = [member(1), member(2), silent(3)];
    const since = { [`${memberId(3)} hung`]: NOW_MS - 3_600_000 };
    const at = (lookedAtMs: number) =>
      remembered({
        view: view(members, { memory: { ...NO_MEMORY, lookedAtMs, silentSinceMs: since } }),
      });
    expect(at(NOW_MS - 49_999)).toEqual([]);
    expect(at(NOW_MS - 180_000)).toMatchObject([{ memory: { lookedAtMs: NOW_MS, silentSinceMs: since } }]);
    expect(at(NOW_MS - 180_001)).toMatchObject([
      { memory: { lookedAtMs: NOW_MS, silentSinceMs: { [`${memberId(3)} hung`]: NOW_MS } } },
    ]);
  });

  test('forgets reports after a day', () => {
    const reportedAtMs = { [id(7)]: NOW_MS - 86_400_000, [id(8)]: NOW_MS };
    const memory = { ...NO_MEMORY, reportedAtMs };
    const whole = view([member(1), member(2), member(3)], { memory });
    expect(remembered({ view: whole })).toMatchObject([{ memory: { reportedAtMs: { [id(8)]: NOW_MS } } }]);
  });
});
