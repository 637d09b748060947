import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import type { Member, MemberView } from '../../../functions/core/observation.ts';
import { planCluster } from '../../../functions/core/plan/cluster.ts';
import { isOutOfStep, versionDoubts } from '../../../functions/core/plan/versions.ts';
import {
  CONFIG,
  id,
  instance,
  launching,
  learner,
  member,
  memberId,
  NOW_MS,
  observation,
  type Parts,
  terminating,
  view,
} from '../../support/observations.ts';

const GRACE_MS = CONFIG.graceSeconds.unstarted * 1_000;

/** Three voters of these versions and a learner that has caught up. */
const cluster = (
  versions: readonly (string | null)[],
  version: string,
  over: Partial<MemberView> = {},
  parts: Parts = {},
) =>
  planCluster(
    observation({
      instances: [instance(1), instance(2), instance(3), launching(4)],
      view: view([...voters(versions), learner(4, { version })], over),
      ...parts,
    }),
  );

const voters = (versions: readonly (string | null)[]): readonly Member[] =>
  versions.map((version, at) => member(at + 1, version === null ? { version, answers: false } : { version }));

const since = (ms: number, more: object = {}) => ({
  memory: {
    ...NO_MEMORY,
    unstartedSinceMs: { [`started:${memberId(4)}`]: NOW_MS - ms },
    lookedAtMs: NOW_MS,
    ...more,
  },
});
const kinds = (plan: ReturnType<typeof cluster>) => plan.actions.map(({ kind }) => kind);
const stepOf = (plan: ReturnType<typeof cluster>) => plan.waits.find(({ kind }) => kind === 'versionStep');

describe('S66 a learner that has caught up', () => {
  test.each([
    [['3.6.14', '3.6.14', '3.6.14'], '3.6.14'],
    [['3.5.33', '3.5.33', '3.5.33'], '3.6.14'],
    [['3.5.33', '3.5.33', '3.6.14'], '3.6.14'],
    [['3.5.33', '3.5.33', '3.6.14'], '3.5.33'],
    [['3.6.8', '3.6.8', '3.6.8'], '3.6.14'],
    [['custom', 'custom', 'custom'], 'custom'],
  ])('beside %j becomes a voter of %s', (versions, version) => {
    expect(kinds(cluster(versions, version))).toContain('promoteLearner');
    expect(stepOf(cluster(versions, version))).toBeUndefined();
  });

  test.each([
    [['3.5.16', '3.5.16', '3.5.16'], '3.6.14', 'startsTooOld'],
    [['3.5.33', '3.5.16', '3.5.33'], '3.6.14', 'startsTooOld'],
    [['3.6.8', '3.6.8', '3.6.8'], '3.7.1', 'startsTooOld'],
    [['3.5.33', '3.5.33', '3.5.33'], '3.7.1', 'skipsMinor'],
    [['3.6.14', '3.6.14', '3.6.14'], '3.5.33', 'goesBack'],
    [['3.6.14', '3.6.14', '3.6.14'], 'custom', 'unreadable'],
  ])('beside %j does not become a voter of %s: %s', (versions, version, code) => {
    const plan = cluster(versions, version);
    expect(kinds(plan)).not.toContain('promoteLearner');
    expect(stepOf(plan)).toMatchObject({
      memberId: memberId(4),
      instanceId: id(4),
      version,
      doubts: [{ code }],
    });
  });

  test('takes no step while a voter has not told its members', () => {
    const differs = cluster(['3.5.33', '3.5.33', '3.5.33'], '3.6.14', { toldByAll: false });
    expect(stepOf(differs)).toMatchObject({ doubts: [{ code: 'viewsDiffer' }] });
    expect(kinds(cluster(['3.6.14', '3.6.14', '3.6.14'], '3.6.14', { toldByAll: false }))).toContain(
      'promoteLearner',
    );
  });

  test('takes no step beside a silent voter, and replaces it in its own minor', () => {
    const five = [instance(1), instance(2), instance(3), instance(5), instance(6), launching(4)];
    const at = (version: string) => {
      const four = [1, 2, 3, 5].map((n) => member(n, { version: '3.5.33' }));
      const members = [...four, member(6, { version: null, answers: false }), learner(4, { version })];
      return planCluster(
        observation({
          instances: five,
          view: view(members, { toldByAll: false }),
          group: { desiredCapacity: 5 },
        }),
      );
    };
    expect(stepOf(at('3.6.14'))).toMatchObject({ doubts: [{ code: 'unknown' }, { code: 'viewsDiffer' }] });
    expect(kinds(at('3.5.33'))).toContain('promoteLearner');
  });
});

test('only a learner that answers is judged by its version: of others nothing is known, and voters vote', () => {
  const doubted = (one: Member) => {
    const seen = view([...voters(['3.5.16', '3.5.16', '3.5.16']), one]);
    return [versionDoubts(seen, one).length, isOutOfStep(seen, one)];
  };
  expect(doubted(learner(4, { version: '3.6.14' }))).toEqual([1, true]);
  expect(doubted(learner(4, { version: null }))).toEqual([1, true]);
  expect(doubted(learner(4, { version: '3.6.14', answers: false }))).toEqual([0, false]);
  expect(doubted(member(4, { version: '3.6.14' }))).toEqual([0, false]);
});

describe('S66 one whose version the voters are not ready for', () => {
  const old = ['3.5.16', '3.5.16', '3.5.16'];

  test('has its grace, from when it was first seen', () => {
    const [first] = cluster(old, '3.6.14').actions;
    expect(first).toMatchObject({
      kind: 'remember',
      memory: { unstartedSinceMs: { [`started:${memberId(4)}`]: NOW_MS } },
    });
    expect(kinds(cluster(old, '3.6.14', since(GRACE_MS - 1)))).not.toContain('answerHook');
  });

  test('is counted as a failed join when its grace is over, and its hook given up; it goes with its machine', () => {
    const counted = cluster(old, '3.6.14', since(GRACE_MS));
    expect(counted.actions.find(({ kind }) => kind === 'remember')).toMatchObject({
      memory: { failedJoinCount: 1, lastFailedJoinAtMs: NOW_MS },
    });
    const failed = { lastFailedJoinAtMs: NOW_MS - 1, failedJoinCount: 1 };
    const plan = cluster(old, '3.6.14', since(GRACE_MS, failed));
    expect(kinds(plan)).not.toContain('removeMember');
    expect(plan.actions.find(({ kind }) => kind === 'answerHook')).toMatchObject({
      hook: { instanceId: id(4) },
      result: 'ABANDON',
      because: 'joinFailed',
    });
    const leaving = cluster(old, '3.6.14', since(GRACE_MS, failed), {
      instances: [instance(1), instance(2), instance(3), terminating(4)],
    });
    expect(leaving.actions[0]).toMatchObject({ kind: 'removeMember', because: 'terminating' });
  });

  test('is removed where no hook holds it: nobody else joins while it is there', () => {
    const failed = { lastFailedJoinAtMs: NOW_MS - 1, failedJoinCount: 1 };
    const plan = cluster(old, '3.6.14', since(GRACE_MS, failed), {
      instances: [instance(1), instance(2), instance(3), instance(4)],
    });
    expect(plan.actions[0]).toMatchObject({
      kind: 'removeMember',
      memberId: memberId(4),
      because: 'versionStep',
    });
  });

  test('is forgotten as such when the voters are ready', () => {
    const [first] = cluster(['3.5.33', '3.5.33', '3.5.33'], '3.6.14', since(GRACE_MS)).actions;
    expect(first).toMatchObject({ kind: 'remember', memory: { unstartedSinceMs: {} } });
  });
});
