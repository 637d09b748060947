import { describe, expect, test } from 'vitest';
import { encodeConfig } from '../../functions/core/config.ts';
import { foreignCluster } from '../../functions/core/foreign-cluster.ts';
import { lagOf } from '../../functions/core/lag.ts';
import type { Observation } from '../../functions/core/observation.ts';
import { statusOf } from '../../functions/core/plan/publish.ts';
import { judgeWorld, sightOf } from '../../functions/core/plan/steadiness.ts';
import { decodeStatus, encodeStatus, STATUS_SHORTFALLS_MAX } from '../../functions/core/status.ts';
import { judgeTolerance, type Require, requireNow, requireOf } from '../../functions/core/tolerance.ts';
import { sightOfParameters } from '../../functions/core/tolerance-sight.ts';
import { everyChoice, hasView, KINDS, worldOf } from '../support/every-world.ts';
import {
  CONFIG,
  calmSince,
  HOOKS,
  id,
  instance,
  launching,
  learner,
  member,
  NOW_MS,
  observation,
  type Parts,
  silent,
  terminating,
  view,
} from '../support/observations.ts';

const AT = new Date(NOW_MS).toISOString();

/** What stands under the cluster's path after a look at this world, for whoever has no way to etcd. */
function told(world: Observation): ReadonlyMap<string, string> {
  const { view: seen } = world.etcd;
  const texts = new Map([['config', encodeConfig(world.config)]]);
  if (seen !== null) texts.set('status', encodeStatus({ ...statusOf(world, seen, []), at: AT }));
  return texts;
}

const codesOf = (parts: Parts): readonly string[] => judgeWorld(observation(parts)).map(({ code }) => code);
const subjectsOf = (parts: Parts, code: string) =>
  judgeWorld(observation(parts)).flatMap((one) => (one.code === code ? [one.subject] : []));
const readCodes = (texts: Readonly<Record<string, string>>): readonly string[] =>
  judgeTolerance(sightOfParameters(new Map(Object.entries(texts))), requireOf(CONFIG), NOW_MS).map(
    ({ code }) => code,
  );

describe('the same is judged from a look and from the status that it wrote', () => {
  const requires: readonly Require[] = [
    requireOf(CONFIG),
    requireNow(CONFIG),
    { ...requireOf(CONFIG), tolerance: 0, voters: 1 },
    { ...requireOf(CONFIG), tolerance: 2, voters: 5, maxLag: 0 },
  ];

  test('in every world of up to five places', () => {
    let heldCount = 0;
    let worldCount = 0;
    for (const kinds of everyChoice(KINDS, 5)) {
      if (!hasView(kinds)) continue;
      const world = calmSince(worldOf(kinds));
      const sight = sightOfParameters(told(world));
      worldCount += 1;
      for (const require of requires) {
        const seen = judgeWorld(world, require);
        const read = judgeTolerance(sight, require, NOW_MS);
        expect(read.length === 0, kinds.join(' ')).toBe(seen.length === 0);
        if (seen.length < STATUS_SHORTFALLS_MAX)
          expect(new Set(read), kinds.join(' ')).toEqual(new Set(seen));
        heldCount += Number(seen.length === 0);
      }
    }
    expect(worldCount).toBeGreaterThan(1_000);
    expect(heldCount).toBeGreaterThan(5);
  });

  test('while a member reboots, while the voters disagree, and while it is frozen', () => {
    const base = observation();
    const lock = { holders: [{ instanceId: id(2), since: AT }], ours: true };
    const worlds = [
      { ...base, etcd: { ...base.etcd, rebooting: lock } },
      { ...base, etcd: { ...base.etcd, rebooting: { holders: [], ours: false } } },
      observation({ view: view([member(1), member(2), member(3)], { agreed: false }) }),
      observation({ config: { frozen: true } }),
      observation({ group: { deleting: true } }),
    ];
    for (const world of worlds) {
      const seen = judgeWorld(world).map(({ code, subject }) => [code, subject]);
      const read = judgeTolerance(sightOfParameters(told(world)), requireOf(world.config), NOW_MS);
      expect(seen.length).toBeGreaterThan(0);
      expect(new Set(read.map(({ code }) => code))).toEqual(new Set(seen.map(([code]) => code)));
    }
  });
});

describe('a look shows', () => {
  test('nothing to object to in a calm cluster', () => {
    expect(codesOf({})).toEqual([]);
    expect(sightOf(observation())).toMatchObject({ desired: 3, leader: id(1), single: 'allow' });
  });

  test('whoever joins or leaves, in whatever state', () => {
    const busy = (parts: Parts) => subjectsOf(parts, 'changeInFlight');
    const three = [instance(1), instance(2), instance(3)];
    expect(busy({ instances: [...three, launching(4)] })).toEqual([id(4)]);
    expect(busy({ instances: [...three, instance(4, { stage: 'arriving' })] })).toEqual([id(4)]);
    expect(busy({ instances: [...three, instance(4)] })).toEqual([id(4)]);
    expect(busy({ instances: [instance(1), instance(2), terminating(3)] })).toEqual([id(3)]);
    expect(busy({ instances: [...three, terminating(4)] })).toEqual([id(4)]);
    expect(busy({ instances: [instance(1), instance(2), instance(3, { stage: 'retained' })] })).toEqual([
      id(3),
    ]);
    // In its launch hook it votes already; in service next.
    expect(busy({ instances: [instance(1), instance(2), launching(3)] })).toEqual([id(3)]);
    expect(
      busy({ instances: [...three, launching(4)], members: [1, 2, 3, 4].map((n) => member(n)) }),
    ).toEqual([id(4)]);
  });

  test('nobody who has left, who is warm, or who stands aside with its voter', () => {
    const busy = (parts: Parts) => subjectsOf(parts, 'changeInFlight');
    const three = [instance(1), instance(2), instance(3)];
    const gone = instance(4, { stage: 'leaving' });
    const answered = { answeredHooks: new Set([`terminate:${id(4)}`]) };
    expect(busy({ instances: [...three, gone] })).toEqual([]);
    expect(busy({ instances: [...three, terminating(4)], pass: answered })).toEqual([]);
    expect(busy({ instances: [...three, launching(4, { stage: 'warm' })] })).toEqual([]);
    expect(busy({ instances: [instance(1), instance(2), instance(3, { stage: 'aside' })] })).toEqual([]);
    expect(busy({ instances: [...three, instance(4, { stage: 'retained' })] })).toEqual([]);
  });

  test('a learner, a stranger that is never asked, and a second cluster', () => {
    expect(codesOf({ members: [member(1), member(2), member(3), learner(4)] })).toContain('learnerPresent');
    const stranger = member(4, { instanceId: null, name: 'else', answers: false });
    expect(subjectsOf({ members: [member(1), member(2), member(3), stranger] }, 'voterSilent')).toEqual([
      'else',
    ]);
    const base = observation();
    const clusterIds = new Map([...base.etcd.clusterIds, ['88', [id(3)]] as const]);
    const divided = { ...base, etcd: { ...base.etcd, clusterIds } };
    expect(foreignCluster(divided)).toEqual({ expected: '77', seen: ['77', '88'] });
    expect(foreignCluster(base)).toBeNull();
    expect(judgeWorld(divided).map(({ code, subject }) => [code, subject])).toEqual([
      ['foreignCluster', '77,88'],
    ]);
  });

  test('that no voter answers, which is another thing than a cluster that was never founded', () => {
    expect(codesOf({ view: null })).toEqual(['noVoterAnswers']);
    const never = { records: { claim: null }, group: { bootstrapped: null } };
    expect(codesOf({ view: null, ...never })).toEqual(['notFounded']);
    expect(
      codesOf({
        view: null,
        records: { claim: null, unreadable: ['bootstrap'] },
        group: { bootstrapped: null },
      }),
    ).toEqual(['noVoterAnswers']);
  });
});

describe('the parameters tell', () => {
  const config = encodeConfig(CONFIG);
  const right = told(observation()).get('status') ?? '';

  test('what the status says, and that a cluster without any record is not founded', () => {
    expect(readCodes({ config, status: right })).toEqual([]);
    expect(readCodes({ config })).toEqual(['notFounded']);
    expect(readCodes({})).toEqual(['frozen', 'notFounded']);
  });

  test.each(['bootstrap', 'endpoints', 'peers', 'members/i-1', 'status'])(
    'that nobody knows how it is, where %s stands without a status that can be read',
    (name) => {
      expect(readCodes({ config, [name]: 'x' })).toEqual(['statusOld']);
    },
  );

  test('that it is being deleted, or frozen by a configuration that says so or cannot be read', () => {
    expect(readCodes({ config, status: right, teardown: '{}' })).toEqual(['deleting']);
    expect(readCodes({ config: encodeConfig({ ...CONFIG, frozen: true }), status: right })).toEqual([
      'frozen',
    ]);
    expect(readCodes({ config: '{', status: right })).toEqual(['frozen']);
  });

  test('nothing for sure in a status of an older version, or with a word of a newer one', () => {
    const status = JSON.parse(right);
    const old = { ...status, desired: undefined, shortfalls: undefined, asked: undefined };
    expect(readCodes({ config, status: JSON.stringify(old) })).toEqual(['statusOld']);
    expect(readCodes({ config, status: JSON.stringify({ ...status, desired: undefined }) })).toEqual([
      'statusOld',
    ]);
    const untold = { ...status, shortfalls: undefined };
    expect(readCodes({ config, status: JSON.stringify(untold) })).toEqual(['statusOld']);
    const newer = { ...status, shortfalls: [{ code: 'diskFull', subject: null }] };
    expect(readCodes({ config, status: JSON.stringify(newer) })).toEqual(['statusOld']);
    const timeless = { ...status, steadySince: 'long ago' };
    expect(readCodes({ config, status: JSON.stringify(timeless) })).toEqual(['unstable']);
  });
});

test('lag is counted from the leader, or from the furthest where the leader does not answer', () => {
  const members = [
    member(1, { raftIndex: 90n }),
    member(2, { raftIndex: 100n }),
    member(3, { raftIndex: 70n }),
  ];
  const seen = view(members, { leaderId: member(1).id });
  expect(members.map((one) => lagOf(seen, one))).toEqual([0n, 0n, 20n]);
  const leaderless = view([silent(1), ...members.slice(1)], { leaderId: member(1).id });
  expect(members.map((one) => lagOf(leaderless, one))).toEqual([10n, 0n, 30n]);
  expect(lagOf(seen, silent(3))).toBeNull();
});

test('the status of nine voters in the worst of days stays below the 4 KB of a parameter', () => {
  const members = Array.from({ length: 9 }, (_, index) =>
    index < 5
      ? member(index + 1, { id: `1844674407370955161${index}`, version: '3.6.14-rc.1', raftIndex: 10n })
      : { ...silent(index + 1), id: `1844674407370955161${index}` },
  );
  const instances = Array.from({ length: 18 }, (_, index) =>
    index < 9 ? instance(index + 1) : launching(index + 1),
  );
  const pass = { asked: `${'f'.repeat(36)}/600` };
  const world = observation({
    ...{ members, instances, pass, group: { desiredCapacity: 18, hooks: HOOKS } },
    records: {
      status: decodeStatus(
        JSON.stringify({
          ...JSON.parse(told(observation()).get('status') ?? ''),
          asked: [1, 2, 3].map((n) => `${'e'.repeat(36)}/${n}`),
        }),
      ),
    },
  });
  const waits = Array.from(
    { length: 12 },
    (_, index) => ({ kind: 'leaverSilent', memberId: '1', instanceId: id(index) }) as const,
  );
  const seen = world.etcd.view;
  const text =
    seen === null ? '' : encodeStatus({ ...statusOf(world, seen, waits), at: AT, generation: 99_999 });
  expect(decodeStatus(text)?.shortfalls?.length).toBe(STATUS_SHORTFALLS_MAX);
  expect(decodeStatus(text)?.asked).toHaveLength(4);
  expect(Buffer.byteLength(text)).toBeLessThan(4_096);
});
