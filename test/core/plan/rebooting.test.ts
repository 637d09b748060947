import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import { planCluster } from '../../../functions/core/plan/cluster.ts';
import { needsPermit, wait } from '../../../functions/core/plan/plan.ts';
import { planRebooting } from '../../../functions/core/plan/rebooting.ts';
import { encodeRebootLock, FREE_LOCK, type RebootLock } from '../../../functions/core/reboot/lock.ts';
import { silenceKey } from '../../../functions/core/silence.ts';
import {
  CLUSTER_ID,
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
  view,
} from '../../support/observations.ts';
import { joining, startedTicket } from '../../support/tickets.ts';

const MINUTE_MS = 60_000;
const since = (agoMs: number): string => new Date(NOW_MS - agoMs).toISOString();
const heldBy = (n: number, agoMs = MINUTE_MS): RebootLock => ({
  holders: [{ instanceId: id(n), since: since(agoMs) }],
  ours: true,
});
const UNREADABLE: RebootLock = { holders: [], ours: false };
const planOf = (parts: Parts) => planCluster(observation(parts));
const kindsOf = (parts: Parts) => planOf(parts).actions.map(({ kind }) => kind);
const waitsOf = (parts: Parts) => planOf(parts).waits.map(({ kind }) => kind);

/** Situations in which the planner disturbs the cluster, and whom its first disruptive action is about. */
const DISRUPTIVE: readonly (readonly [string, Parts])[] = [
  [
    'a newcomer joins',
    {
      instances: [instance(1), instance(2), launching(3)],
      members: [member(1), member(2)],
      records: {
        tickets: new Map([
          ...[1, 2].map((n) => [id(n), startedTicket(member(n))] as const),
          [id(3), { ...joining(member(3)), clusterId: CLUSTER_ID }],
        ]),
        ticketNames: [1, 2, 3].map((n) => `members/${id(n)}`),
      },
    },
  ],
  [
    'a learner is promoted',
    {
      instances: [instance(1), instance(2), launching(3)],
      members: [member(1), member(2), learner(3)],
    },
  ],
  [
    'a leaver leaves',
    {
      instances: [instance(1), instance(2), instance(3), terminating(4)],
      members: [member(1), member(2), member(3), member(4)],
    },
  ],
  [
    'a leader gives leadership away',
    {
      instances: [terminating(1), instance(2), instance(3), instance(4)],
      members: [member(1), member(2), member(3), member(4)],
    },
  ],
  [
    'a dead voter is removed',
    {
      instances: [instance(1), instance(2), instance(3)],
      members: [member(1), member(2), member(3), silent(4)],
      machines: new Map([
        ...[1, 2, 3].map((n) => [id(n), machine(n)] as const),
        [id(4), machine(4, { state: 'terminated' })],
      ]),
    },
  ],
];

describe('while a member holds the lock for reboots', () => {
  test.each(DISRUPTIVE)(
    'nothing that disturbs the cluster is done where %s, and what is withheld is told',
    (_what, parts) => {
      const free = planOf(parts);
      const planned = free.actions.filter(needsPermit).map(({ kind }) => kind);
      expect(planned.length).toBeGreaterThan(0);
      for (const rebooting of [heldBy(2), UNREADABLE]) {
        const plan = planOf({ ...parts, rebooting });
        expect(plan.actions.filter(needsPermit)).toEqual([]);
        expect(plan.actions.map(({ kind }) => kind).filter((kind) => kind !== 'publishStatus')).toEqual(
          free.actions
            .filter((one) => !needsPermit(one) && one.kind !== 'publishStatus')
            .map(({ kind }) => kind),
        );
        const [told] = plan.waits.filter(
          (one) => one.kind === 'rebooting' || one.kind === 'rebootsUnreadable',
        );
        expect(told).toMatchObject({ withheld: [...new Set(planned)] });
      }
    },
  );

  test('a calm cluster only tells that it reboots, and who', () => {
    expect(planOf({ rebooting: heldBy(2) }).waits).toEqual([
      { kind: 'rebooting', instanceId: id(2), since: since(MINUTE_MS), withheld: [] },
    ]);
    expect(planOf({ rebooting: FREE_LOCK }).waits).toEqual([]);
  });

  test('nothing is withheld once nobody holds it: the plan stays the very same', () => {
    const world = observation({ rebooting: FREE_LOCK });
    const plan = wait({ kind: 'permitHeld' });
    expect(planRebooting(world, world.etcd.view ?? view([]), plan)).toBe(plan);
  });

  test('what is about that member itself goes on: it leaves, and leadership leaves it', () => {
    const parts = {
      instances: [terminating(1), instance(2), instance(3), instance(4)],
      members: [member(1), member(2), member(3), member(4)],
    };
    expect(kindsOf({ ...parts, rebooting: heldBy(1) })).toContain('moveLeader');
    expect(
      kindsOf({ ...parts, view: view(parts.members, { leaderId: memberId(2) }), rebooting: heldBy(1) }),
    ).toContain('removeMember');
  });

  describe('a voter whose silence lasted too long', () => {
    const reported = (counted: boolean): Parts => ({
      view: view([member(1), member(2), silent(3)], {
        memory: {
          ...NO_MEMORY,
          silentSinceMs: { [silenceKey(member(3), 'hung')]: NOW_MS - 3_600_000 },
          lookedAtMs: NOW_MS,
          reportedAtMs: counted ? { [id(3)]: NOW_MS - 1_000 } : {},
        },
      }),
      pass: { leaderHears: new Map([[memberId(3), false]]) },
    });

    test('is neither counted nor reported when it is another one, and both when it is that member', () => {
      const counts = (parts: Parts): boolean =>
        planOf(parts).actions.some(
          (one) => one.kind === 'remember' && one.memory.reportedAtMs[id(3)] !== undefined,
        );
      expect(counts(reported(false))).toBe(true);
      expect(counts({ ...reported(false), rebooting: heldBy(2) })).toBe(false);
      expect(counts({ ...reported(false), rebooting: heldBy(3) })).toBe(true);
      expect(kindsOf(reported(true))).toContain('reportUnhealthy');
      expect(kindsOf({ ...reported(true), rebooting: heldBy(2) })).not.toContain('reportUnhealthy');
      expect(kindsOf({ ...reported(true), rebooting: heldBy(3) })).toContain('reportUnhealthy');
    });
  });
});

describe('the lock itself', () => {
  test('is told as overdue after half an hour, and stays', () => {
    const parts = { rebooting: heldBy(2, 31 * MINUTE_MS) };
    expect(waitsOf(parts)).toEqual(['rebootOverdue']);
    expect(kindsOf(parts)).not.toContain('freeReboots');
    expect(waitsOf({ rebooting: heldBy(2, 29 * MINUTE_MS) })).toEqual(['rebooting']);
  });

  const gone = (n: number, state: 'terminated' | 'shutting-down' | 'stopped'): Parts => ({
    machines: new Map([
      ...[1, 2, 3].map((one) => [id(one), machine(one)] as const),
      [id(n), machine(n, { state })],
    ]),
  });

  test('is taken off an instance that EC2 says is terminated and that no group lists', () => {
    const rebooting = heldBy(9);
    const plan = planOf({ ...gone(9, 'terminated'), rebooting });
    expect(plan.actions[0]).toEqual({ kind: 'freeReboots', lock: rebooting, instanceIds: [id(9)] });
    expect(plan.waits.map(({ kind }) => kind)).not.toContain('rebooting');
  });

  test.each([
    ['EC2 does not say anything of it', {}],
    ['it is only shutting down', gone(9, 'shutting-down')],
    ['it is stopped', gone(9, 'stopped')],
    ['its group lists it', { ...gone(2, 'terminated') }],
  ])('stays where %s', (what, parts) => {
    const plan = planOf({
      ...parts,
      rebooting: heldBy('instances' in parts ? 2 : what.includes('group') ? 2 : 9),
    });
    expect(plan.actions.map(({ kind }) => kind)).not.toContain('freeReboots');
    expect(plan.waits.map(({ kind }) => kind)).toContain('rebooting');
  });

  test('of an instance that EC2 does not know is kept while that may be too young to be known', () => {
    const machines = new Map([
      ...[1, 2, 3].map((n) => [id(n), machine(n)] as const),
      [id(9), { kind: 'notFound' } as const],
    ]);
    const frees = (agoMs: number, missingForMs: number | null): boolean =>
      kindsOf({
        machines,
        rebooting: heldBy(9, agoMs),
        view: view([member(1), member(2), member(3)], {
          memory: {
            ...NO_MEMORY,
            missingSinceMs: missingForMs === null ? {} : { [id(9)]: NOW_MS - missingForMs },
          },
        }),
      }).includes('freeReboots');
    expect(frees(MINUTE_MS, null)).toBe(false);
    expect(frees(59 * MINUTE_MS, null)).toBe(false);
    expect(frees(60 * MINUTE_MS, null)).toBe(true);
    expect(frees(MINUTE_MS, 59_000)).toBe(false);
    expect(frees(MINUTE_MS, 60_000)).toBe(true);
  });

  test('that cannot be read is nobody’s to change', () => {
    const plan = planOf({ ...gone(9, 'terminated'), rebooting: UNREADABLE });
    expect(plan.actions.map(({ kind }) => kind)).not.toContain('freeReboots');
    expect(plan.waits.map(({ kind }) => kind)).toEqual(['rebootsUnreadable']);
  });

  test('stays as it is where the cluster is frozen', () => {
    const parts = { ...gone(9, 'terminated'), rebooting: heldBy(9), config: { frozen: true } };
    expect(kindsOf(parts)).toEqual([]);
    expect(encodeRebootLock(heldBy(9))).toContain(id(9));
  });
});
