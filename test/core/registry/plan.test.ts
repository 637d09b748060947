import { describe, expect, test } from 'vitest';
import { machineKey } from '../../../functions/core/registry/keys.ts';
import { planRegistry, type RegistryPlan } from '../../../functions/core/registry/plan.ts';
import { HOLD_MAX_MS, type RegistryWorld, UNLISTED_MS } from '../../../functions/core/registry/world.ts';
import {
  follow,
  type GroupSketch,
  HOOK_SETTINGS,
  idOf,
  ipOf,
  keysOf,
  NOW_MS,
  valuesOf,
  type WorldSketch,
  worldOf,
} from '../../support/registry-world.ts';

const WEB: GroupSketch = { service: 'web:80', metadata: 'role=worker' };
const W1 = machineKey(idOf(1));
const WEB1 = `/services/web/${idOf(1)}:80`;
const LEAVING1 = `/etcd-autopilot/leaving/${idOf(1)}`;

const planOf = (sketch: WorldSketch): RegistryPlan => planRegistry(worldOf(sketch));
const changesIn = (plan: RegistryPlan): Readonly<Record<string, string | null>> =>
  Object.fromEntries(plan.commits.flat().map(({ key, value }) => [key, value]));
const codesIn = (plan: RegistryPlan): readonly string[] => plan.findings.map(({ code }) => code);
const completedIn = (plan: RegistryPlan): readonly string[] =>
  plan.completions.map(({ hook }) => hook.instanceId);

/** Two of a group are registered; the first one's state, and more, by the test. */
const pair = (
  state: string,
  more: Partial<WorldSketch> = {},
  group: Partial<GroupSketch> = {},
): WorldSketch => ({
  groups: [{ ...WEB, ...group, instances: { 1: state, 2: 'InService' } }],
  ...more,
  keys: { ...keysOf(1, WEB), ...keysOf(2, WEB), ...more.keys },
});

describe('who is in service', () => {
  test('has a machine and a key for each of its services, in one transaction', () => {
    const plan = planOf({
      groups: [
        {
          service: 'web:80,api:8080',
          metadata: 'instancetype=r3,role=worker',
          instances: { 1: 'InService' },
        },
      ],
    });
    expect(plan.commits).toHaveLength(1);
    expect(changesIn(plan)).toEqual({
      [W1]: JSON.stringify({
        id: idOf(1),
        addresses: { private: ipOf(1) },
        zone: 'zone-a',
        instanceType: 't3.small',
        group: 'web',
        metadata: { instancetype: 'r3', role: 'worker' },
      }),
      [WEB1]: `${ipOf(1)}:80`,
      [`/services/api/${idOf(1)}:8080`]: `${ipOf(1)}:8080`,
    });
  });

  test('of a member group is a machine too', () => {
    expect(changesIn(planOf({ groups: [{ role: 'member', instances: { 1: 'InService' } }] }))).toHaveProperty(
      W1,
    );
  });

  test.each(['Pending', 'Pending:Wait', 'Standby', 'Detaching', 'Warmed:Running', 'Quarantined'])(
    'is nobody in the state %s',
    (state) => {
      expect(changesIn(planOf({ groups: [{ ...WEB, instances: { 1: state } }] }))).toEqual({});
      expect(changesIn(planOf(pair(state)))).toEqual({
        [W1]: null,
        [WEB1]: null,
        [LEAVING1]: '2026-01-01T12:00:00.000Z',
      });
    },
  );

  test('and unhealthy keeps its machine and loses its services, while others offer them', () => {
    expect(changesIn(planOf(pair('Unhealthy InService')))).toEqual({
      [WEB1]: null,
      [LEAVING1]: '2026-01-01T12:00:00.000Z',
    });
  });

  test('and lost its services shortly before its group ends it is drained from then on, not from its end', () => {
    const unhealthy = worldOf(pair('Unhealthy InService'));
    const withdrawn = follow(unhealthy, planRegistry(unhealthy), 5);
    expect(planRegistry(withdrawn).commits).toEqual([]);
    const ending = { ...withdrawn, groups: worldOf(pair('Terminating:Wait')).groups };
    const early = planRegistry(ending);
    expect(changesIn(early)).toEqual({ [W1]: null });
    expect(early).toMatchObject({ completions: [], dueAtMs: NOW_MS + 15_000 });
    const due = planRegistry(follow(ending, early, 10));
    expect(due.completions).toMatchObject([{ leavingKey: LEAVING1 }]);
  });

  test('again after that has no note any more', () => {
    const plan = planOf(pair('InService', { keys: { [LEAVING1]: '2026-01-01T11:59:00.000Z' } }));
    expect(changesIn(plan)).toEqual({ [LEAVING1]: null });
  });

  test('is nobody whose machine ended, whatever its group says', () => {
    const plan = planOf(pair('InService', { hosts: { 1: { state: 'shutting-down' } } }));
    expect(changesIn(plan)).toEqual({ [W1]: null, [WEB1]: null });
  });

  test('stays as it is while EC2 says that it knows nothing of it', () => {
    expect(planOf(pair('InService', { hosts: { 1: 'notFound' } })).commits).toEqual([]);
    expect(
      planOf({ groups: [{ ...WEB, instances: { 1: 'InService' } }], hosts: { 1: 'notFound' } }).commits,
    ).toEqual([]);
  });

  test('nothing is written when nothing changed', () => {
    expect(planOf(pair('InService'))).toEqual({
      commits: [],
      completions: [],
      findings: [],
      dueAtMs: null,
      heldCount: 0,
    });
  });

  test('a service that the group offers no more goes, and one of another port comes, at once', () => {
    const plan = planOf(pair('InService', {}, { service: 'web:81' }));
    expect(plan.commits).toHaveLength(1);
    expect(changesIn(plan)).toMatchObject({ [WEB1]: null, [`/services/web/${idOf(1)}:81`]: `${ipOf(1)}:81` });
  });

  test('without a private address has no services, and its group is told so', () => {
    const plan = planOf({
      groups: [{ ...WEB, instances: { 1: 'InService', 2: 'InService' } }],
      hosts: { 1: { privateIp: null, ipv6: '2001:db8::1' } },
    });
    expect(Object.keys(changesIn(plan)).sort()).toEqual([W1, ...Object.keys(keysOf(2, WEB))].sort());
    expect(plan.findings).toMatchObject([{ code: 'addressMissing', subject: 'web' }]);
  });
});

describe('who leaves', () => {
  test('is first taken out, then held until its services are drained, then let go', () => {
    const world = worldOf(pair('Terminating:Wait', {}, { drainSeconds: 30 }));
    const first = planRegistry(world);
    expect(changesIn(first)).toEqual({ [W1]: null, [WEB1]: null, [LEAVING1]: '2026-01-01T12:00:00.000Z' });
    expect(first).toMatchObject({ completions: [], dueAtMs: NOW_MS + 30_000, heldCount: 1 });
    expect(first.commits).toHaveLength(1);
    const early = planRegistry(follow(world, first, 29));
    expect(early).toMatchObject({ commits: [], completions: [], dueAtMs: NOW_MS + 30_000, heldCount: 1 });
    const due = follow(world, first, 30);
    const last = planRegistry(due);
    expect(last).toMatchObject({ commits: [], dueAtMs: null, heldCount: 0 });
    expect(last.completions).toEqual([
      {
        hook: { groupName: 'web', hookName: 'etcd-autopilot-registry', instanceId: idOf(1) },
        leavingKey: LEAVING1,
      },
    ]);
    expect(planRegistry(follow(due, last))).toMatchObject({ commits: [], completions: [] });
  });

  test('without services is let go in the look that takes it out', () => {
    const group = { metadata: 'role=worker' };
    const plan = planOf({
      groups: [{ ...group, instances: { 1: 'Terminating:Wait', 2: 'InService' } }],
      keys: { ...keysOf(1, group), ...keysOf(2, group) },
    });
    expect(changesIn(plan)).toEqual({ [W1]: null });
    expect(completedIn(plan)).toEqual([idOf(1)]);
  });

  test('and was never registered is let go at once', () => {
    expect(
      completedIn(planOf({ groups: [{ ...WEB, desired: 1, instances: { 1: 'Terminating:Wait' } }] })),
    ).toEqual([idOf(1)]);
  });

  test('loses its keys already on the way to its hook', () => {
    const world = worldOf(pair('Terminating'));
    const plan = planRegistry(world);
    expect(changesIn(plan)).toMatchObject({ [WEB1]: null, [LEAVING1]: expect.any(String) });
    expect(plan.completions).toEqual([]);
    expect(planRegistry(follow(world, plan, 60)).commits).toEqual([]);
  });

  test('is not held, and nothing noted of it, where its group has no hook of ours', () => {
    const plan = planOf(pair('Terminating:Wait', { changes: { hooks: new Map([['web', null]]) } }));
    expect(changesIn(plan)).toEqual({ [W1]: null, [WEB1]: null });
    expect(plan).toMatchObject({ completions: [], heldCount: 0 });
  });

  test('is treated as waiting for us where nobody could read the hooks of its group', () => {
    const plan = planOf(pair('Terminating:Wait', { changes: { hooks: new Map() } }));
    expect(plan).toMatchObject({ completions: [], heldCount: 1 });
    expect(changesIn(plan)).toHaveProperty(LEAVING1);
  });

  test('is let go at once when its machine ended: there is nothing to drain', () => {
    const plan = planOf(pair('Terminating:Wait', { hosts: { 1: { state: 'terminated' } } }));
    expect(changesIn(plan)).toEqual({ [W1]: null, [WEB1]: null });
    expect(completedIn(plan)).toEqual([idOf(1)]);
  });

  test('is answered once, though its group still lists it', () => {
    const leaving = { groups: [{ ...WEB, instances: { 1: 'Terminating:Wait', 2: 'InService' } }] };
    const plan = planOf({ ...leaving, keys: keysOf(2, WEB), changes: { answered: new Set([idOf(1)]) } });
    expect(plan.completions).toEqual([]);
  });

  test('with a note that holds no time, or one that has not come, is drained from now on', () => {
    for (const note of ['soon', '2026-01-01T12:00:01.000Z']) {
      const plan = planOf({
        groups: [{ ...WEB, instances: { 1: 'Terminating:Wait', 2: 'InService' } }],
        keys: { ...keysOf(2, WEB), [LEAVING1]: note },
      });
      expect(changesIn(plan)).toEqual({ [LEAVING1]: '2026-01-01T12:00:00.000Z' });
      expect(plan).toMatchObject({ completions: [], dueAtMs: NOW_MS + 15_000 });
    }
  });

  test('and came back into service has its keys again, and no note', () => {
    const plan = planOf({
      groups: [{ ...WEB, instances: { 1: 'InService' } }],
      keys: { [LEAVING1]: '2026-01-01T11:59:59.000Z' },
    });
    expect(changesIn(plan)).toEqual({ ...keysOf(1, WEB), [LEAVING1]: null });
  });
});

describe('who vanished', () => {
  const gone = (hosts: WorldSketch['hosts'], unlistedForMs = 0) =>
    worldOf({
      groups: [{ ...WEB, instances: { 2: 'InService' } }],
      keys: { ...keysOf(1, WEB), ...keysOf(2, WEB) },
      ...(hosts === undefined ? {} : { hosts }),
      changes: { past: { placed: new Map(), unlistedForMs: new Map([[idOf(1), unlistedForMs]]) } },
    });

  test('without a word is taken out as soon as EC2 says so, and nothing is noted of it', () => {
    for (const host of [{ state: 'terminated' as const }, 'notFound' as const])
      expect(changesIn(planRegistry(gone({ 1: host })))).toEqual({ [W1]: null, [WEB1]: null });
  });

  test('from the list while its machine runs stays for a minute: that list may have been short', () => {
    expect(planRegistry(gone({ 1: {} }, UNLISTED_MS - 1)).commits).toEqual([]);
    expect(changesIn(planRegistry(gone({ 1: {} }, UNLISTED_MS)))).toEqual({ [W1]: null, [WEB1]: null });
  });

  test('from the list while it is drained is still drained when it is listed again', () => {
    const note = { [LEAVING1]: '2026-01-01T11:59:59.000Z' };
    const short = {
      groups: [{ ...WEB, instances: { 2: 'InService' } }],
      keys: { ...keysOf(2, WEB), ...note },
    };
    expect(planOf({ ...short, hosts: { 1: {} } }).commits).toEqual([]);
    expect(planOf(short).commits).toEqual([]);
    for (const host of [{ state: 'terminated' as const }, 'notFound' as const])
      expect(changesIn(planOf({ ...short, hosts: { 1: host } }))).toEqual({ [LEAVING1]: null });
  });

  test('leaves no note behind', () => {
    const plan = planOf({
      groups: [{ ...WEB, instances: { 2: 'InService' } }],
      keys: { ...keysOf(2, WEB), [LEAVING1]: '2026-01-01T11:00:00.000Z' },
    });
    expect(changesIn(plan)).toEqual({ [LEAVING1]: null });
  });
});

describe('a service that somebody wants', () => {
  const last = (sketch: Partial<GroupSketch>, changes: Partial<RegistryWorld> = {}) =>
    worldOf({
      groups: [{ ...WEB, desired: 1, instances: { 1: 'Terminating:Wait' }, ...sketch }],
      keys: keysOf(1, WEB),
      changes,
    });

  test('keeps its last living key, whose instance is held until somebody takes its place', () => {
    const plan = planRegistry(last({}));
    expect(plan).toMatchObject({ commits: [], completions: [], heldCount: 1, dueAtMs: null });
    expect(codesIn(plan)).toContain('nothingToPublish');
    const relieved = planRegistry(last({ instances: { 1: 'Terminating:Wait', 2: 'InService' } }));
    expect(relieved.commits).toHaveLength(1);
    expect(changesIn(relieved)).toEqual({
      ...keysOf(2, WEB),
      [W1]: null,
      [WEB1]: null,
      [LEAVING1]: expect.any(String),
    });
  });

  test('is held for fifteen minutes at most, and then its key stays behind', () => {
    const held = planRegistry(last({}, { waitingSinceMs: new Map([[idOf(1), NOW_MS - HOLD_MAX_MS + 1]]) }));
    expect(held.completions).toEqual([]);
    const late = planRegistry(last({}, { waitingSinceMs: new Map([[idOf(1), NOW_MS - HOLD_MAX_MS]]) }));
    expect(late.commits).toEqual([]);
    expect(completedIn(late)).toEqual([idOf(1)]);
    expect(new Set(codesIn(late))).toEqual(new Set(['heldTooLong', 'nothingToPublish']));
  });

  test('of a group that shall have nobody, or is deleted, goes with its last instance', () => {
    for (const sketch of [{ desired: 0 }, { deleting: true }])
      expect(changesIn(planRegistry(last(sketch)))).toMatchObject({ [W1]: null, [WEB1]: null });
  });

  test('may be offered by another group meanwhile, or wanted by one that has nobody yet', () => {
    const group = { ...WEB, desired: 0, instances: { 1: 'Terminating:Wait' } };
    const other = { ...WEB, name: 'other' };
    const keys = keysOf(1, WEB);
    const offered = planOf({ groups: [group, { ...other, instances: { 3: 'InService' } }], keys });
    expect(changesIn(offered)).toMatchObject({ [WEB1]: null });
    const wanted = planOf({ groups: [group, { ...other, desired: 1 }], keys });
    expect(wanted).toMatchObject({ commits: [], completions: [], heldCount: 1 });
  });

  test('keeps the key of a dead instance where nobody lives, and drops it where somebody does', () => {
    const dead = { 1: { state: 'terminated' as const } };
    const groups = [{ ...WEB, desired: 1 }];
    expect(planOf({ groups, keys: keysOf(1, WEB), hosts: dead }).commits).toEqual([]);
    const oneLives = [{ ...WEB, instances: { 2: 'Terminating:Wait' } }];
    const plan = planOf({ groups: oneLives, keys: { ...keysOf(1, WEB), ...keysOf(2, WEB) }, hosts: dead });
    expect(changesIn(plan)).toEqual({ [W1]: null, [WEB1]: null });
  });

  test('that became unhealthy everywhere stays as it was', () => {
    const plan = planOf({
      groups: [{ ...WEB, instances: { 1: 'Unhealthy InService' } }],
      keys: keysOf(1, WEB),
    });
    expect(plan.commits).toEqual([]);
    expect(codesIn(plan)).toEqual(['nothingToPublish']);
  });
});

describe('what somebody else wrote', () => {
  const strange = {
    '/services/web/somebody:80': '10.9.9.9:80',
    [`/services/web/${idOf(99)}:80`]: '10.9.9.8:80',
    '/services/db/somebody:5432': '10.9.9.7:5432',
    '/etcd-autopilot/machines/note': 'hello',
  };

  test('is never touched, and told where our readers look', () => {
    const world = worldOf(pair('Terminating:Wait', { keys: strange }));
    const plan = planRegistry(world);
    expect(Object.keys(strange).filter((key) => key in changesIn(plan))).toEqual([]);
    expect(plan.findings).toEqual([
      {
        code: 'keysForeign',
        subject: '/etcd-autopilot/machines/',
        detail: 'the autopilot did not make note',
      },
      {
        code: 'keysForeign',
        subject: '/services/web/',
        detail: `the autopilot did not make ${idOf(99)}:80, somebody:80`,
      },
    ]);
  });

  test('over one of our keys, or instead of it, is repaired, and told where we know that it stood', () => {
    const placed = new Map(Object.entries({ ...keysOf(1, WEB), ...keysOf(2, WEB) }));
    const past = { placed, unlistedForMs: new Map() };
    const world = worldOf(pair('InService', { keys: { [WEB1]: 'nonsense' }, changes: { past } }));
    valuesOf(world);
    const plan = planRegistry(world);
    expect(changesIn(plan)).toEqual({ [WEB1]: `${ipOf(1)}:80` });
    expect(plan.findings).toMatchObject([{ code: 'edited', detail: `somebody changed ${WEB1}` }]);
    const without = worldOf({ groups: [{ ...WEB, instances: { 1: 'InService' } }], changes: { past } });
    expect(planRegistry(without).findings).toMatchObject([{ code: 'edited' }]);
    expect(planRegistry(worldOf({ groups: [{ ...WEB, instances: { 1: 'InService' } }] })).findings).toEqual(
      [],
    );
  });
});

describe('a mistake in a tag', () => {
  test('of services leaves those that stand there, and registers those that can be read', () => {
    const plan = planOf(pair('InService', {}, { service: 'web:http,api:8080' }));
    expect(changesIn(plan)).toEqual({
      [`/services/api/${idOf(1)}:8080`]: `${ipOf(1)}:8080`,
      [`/services/api/${idOf(2)}:8080`]: `${ipOf(2)}:8080`,
    });
    expect(plan.findings).toMatchObject([{ code: 'serviceInvalid', subject: 'web' }]);
  });

  test('of metadata leaves the last ones, and registers newcomers without', () => {
    const plan = planOf({
      groups: [{ ...WEB, metadata: 'role=', instances: { 1: 'InService', 2: 'InService' } }],
      keys: keysOf(1, WEB),
    });
    expect(plan.findings).toEqual([]);
    const wrong = planOf({
      groups: [{ ...WEB, metadata: '=x', instances: { 1: 'InService', 2: 'InService' } }],
      keys: keysOf(1, WEB),
    });
    expect(Object.keys(changesIn(wrong))).not.toContain(W1);
    expect(changesIn(wrong)[machineKey(idOf(2))]).toContain('"metadata":{}');
    expect(codesIn(wrong)).toEqual(['metadataInvalid']);
  });

  test('of a name in DNS is not told here', () => {
    expect(planOf({ groups: [WEB] }).findings).toEqual([]);
  });
});

describe('when nothing can be written', () => {
  const leaving = (access: RegistryWorld['access'], waitedMs = 0) =>
    planRegistry(
      worldOf(
        pair('Terminating:Wait', {
          changes: { access, waitingSinceMs: new Map([[idOf(1), NOW_MS - waitedMs]]) },
        }),
      ),
    );

  test('hooks are held with the reason, but not longer than fifteen minutes', () => {
    const access = { kind: 'held', because: 'no voter answers' } as const;
    const held = leaving(access, HOLD_MAX_MS - 1);
    expect(held).toMatchObject({ commits: [], completions: [], heldCount: 1 });
    expect(held.findings).toMatchObject([{ code: 'notReadable', detail: 'no voter answers' }]);
    const late = leaving(access, HOLD_MAX_MS);
    expect(completedIn(late)).toEqual([idOf(1)]);
    expect(codesIn(late)).toEqual(['heldTooLong', 'notReadable']);
  });

  test('a frozen cluster is left as it is, however long it takes', () => {
    const plan = leaving({ kind: 'frozen', because: 'frozen is set' }, 10 * HOLD_MAX_MS);
    expect(plan).toMatchObject({ commits: [], completions: [], heldCount: 1 });
    expect(codesIn(plan)).toEqual(['frozen']);
  });

  test('a hook past half of its time is told', () => {
    const since = new Map([[idOf(1), NOW_MS - (HOOK_SETTINGS.globalSeconds * 1_000) / 2]]);
    const access = { kind: 'frozen', because: 'frozen is set' } as const;
    const plan = planOf(pair('Terminating:Wait', { changes: { access, waitingSinceMs: since } }));
    expect(codesIn(plan)).toEqual(['frozen', 'hookPastHalf']);
  });

  test('a cluster that is deleted, or never was, holds nobody', () => {
    expect(leaving({ kind: 'gone', because: 'deleted' })).toMatchObject({ commits: [], findings: [] });
    const unknown = leaving({ kind: 'gone', because: 'unknown' });
    expect(completedIn(unknown)).toEqual([idOf(1)]);
    expect(unknown.findings).toMatchObject([{ code: 'unknownCluster', subject: 'web' }]);
  });
});
