import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import type { Plan, Wait } from '../../functions/core/plan/plan.ts';
import type { Probe, ScalingGroup } from '../../functions/core/ports.ts';
import { LOOK_EVERY_MS, Pace } from '../../functions/engine/pace.ts';
import { Session } from '../../functions/engine/session.ts';
import { openFakeEtcd } from '../simulation/etcd/fake-etcd-port.ts';
import { CLUSTER, FakeWorld } from '../simulation/world/fake-world.ts';

const NEWCOMER = 'http://10.0.0.4:2379';
const SILENT: Probe = { kind: 'silent', endpoint: NEWCOMER, because: 'refused' };
const LEARNER: Probe = {
  kind: 'status',
  endpoint: NEWCOMER,
  linearizable: false,
  status: {
    memberId: '4',
    clusterId: '9',
    leaderId: '1',
    isLearner: true,
    raftIndex: '5',
    raftTerm: '1',
    version: '3.6.14',
    appliedIndex: null,
    revision: '1',
    dbSizeBytes: 1,
    dbSizeInUseBytes: 1,
    errors: [],
  },
};
const planOf = (...waits: readonly Wait[]): Plan => ({ actions: [], waits });
const STARTING = planOf({ kind: 'memberStarting', memberId: '4', instanceId: 'i-4' });
const REPLACING = planOf({ kind: 'awaitingReplacement', instanceId: 'i-1', isSoon: true });

/** A pace whose clock passes as it is slept, with counted questions. */
function ground() {
  const world = new FakeWorld(3);
  const asked = { group: 0, etcd: 0 };
  const now = { ms: 1_000_000 };
  const seen: { group: ScalingGroup | null; probe: Probe } = { group: null, probe: SILENT };
  const clock = {
    nowMs: () => now.ms,
    sleep: async (ms: number) => {
      now.ms += ms;
    },
  };
  const ports = { ...world.ports(), clock };
  const scaling = {
    ...ports.scaling,
    listGroups: async () => {
      asked.group += 1;
      if (seen.group === null) throw new OperationError('AWS_UNAVAILABLE', 'nextLook', 'throttled');
      return [seen.group];
    },
  };
  const etcd = {
    ...openFakeEtcd(world.etcd),
    probe: async () => {
      asked.etcd += 1;
      return [seen.probe];
    },
  };
  const session = new Session();
  const pace = new Pace({ ...ports, scaling }, CLUSTER, session);
  /** How long the next look is waited for. */
  const waited = async (plan: Plan): Promise<number> => {
    const sinceMs = now.ms;
    await pace.untilNextLook({ sinceMs, plan, etcd });
    return now.ms - sinceMs;
  };
  return { asked, now, seen, session, pace, waited };
}

const groupOf = (lifecycle: string): ScalingGroup => ({
  name: 'g',
  desiredCapacity: 3,
  deleting: false,
  tags: new Map(),
  hasWarmPool: false,
  instances: [{ id: 'i-1', lifecycle, zone: 'a', health: 'Healthy' }],
});

describe('the time between two looks', () => {
  test('is short after something moved, and twice as long each time, up to a second', async () => {
    const { waited, pace } = ground();
    const times: number[] = [];
    for (let look = 0; look < 6; look += 1) times.push(await waited(STARTING));
    expect(times).toEqual([100, 200, 400, 800, LOOK_EVERY_MS, LOOK_EVERY_MS]);
    pace.noteMove();
    expect(await waited(STARTING)).toBe(100);
  });

  test('counts from the beginning of the look: a slow one is not waited for again', async () => {
    const { now, pace } = ground();
    const sinceMs = now.ms;
    now.ms += 5_000;
    await pace.untilNextLook({ sinceMs, plan: STARTING, etcd: null });
    expect(now.ms - sinceMs).toBe(5_000);
  });

  test('ends as soon as a newcomer shows itself, and AWS is not asked for that', async () => {
    const { waited, session, seen, asked } = ground();
    session.noteProbes([SILENT]);
    for (let look = 0; look < 4; look += 1) await waited(STARTING);
    expect(await waited(STARTING)).toBe(LOOK_EVERY_MS);
    seen.probe = LEARNER;
    expect(await waited(STARTING)).toBe(100);
    expect(asked.group).toBe(0);
  });

  test('does not end for what the last look saw already', async () => {
    const { waited, session, seen } = ground();
    session.noteProbes([LEARNER]);
    seen.probe = LEARNER;
    for (let look = 0; look < 4; look += 1) await waited(STARTING);
    expect(await waited(STARTING)).toBe(LOOK_EVERY_MS);
  });

  test('is no time in which an etcd is asked that lets its deadline pass', async () => {
    const { waited, session, asked } = ground();
    session.noteProbes([{ ...SILENT, because: 'deadline' }]);
    for (let look = 0; look < 5; look += 1) await waited(STARTING);
    expect(asked.etcd).toBe(0);
  });

  test('is cut short by signs a bounded number of times: an etcd that starts and dies has nobody hammer AWS', async () => {
    const { waited, session, seen } = ground();
    session.noteProbes([SILENT]);
    const times: number[] = [];
    seen.probe = LEARNER;
    for (let look = 0; look < 60; look += 1) times.push(await waited(STARTING));
    expect(times.filter((ms) => ms < LOOK_EVERY_MS).length).toBeLessThan(50);
    expect(times.slice(-10)).toEqual(Array.from({ length: 10 }, () => LOOK_EVERY_MS));
  });
});

describe('a replacement that the group has yet to launch', () => {
  test('ends the wait as soon as the group lists it, asked five times a second for three seconds and no longer', async () => {
    const { waited, session, seen, asked, pace } = ground();
    session.noteAws(groupOf('Pending'), []);
    seen.group = groupOf('Pending');
    pace.noteMove();
    for (let look = 0; look < 12; look += 1) await waited(REPLACING);
    expect(asked.group).toBeGreaterThan(8);
    expect(asked.group).toBeLessThanOrEqual(15);
    pace.noteMove();
    await waited(REPLACING);
    seen.group = groupOf('Pending:Wait');
    expect(await waited(REPLACING)).toBeLessThanOrEqual(100);
  });

  test('is not asked for where none is awaited, and a group that does not answer shows nothing', async () => {
    const { waited, session, asked } = ground();
    session.noteAws(groupOf('Pending'), []);
    expect([await waited(STARTING), asked.group]).toEqual([100, 0]);
    expect(await waited(REPLACING)).toBe(200);
    expect(asked.group).toBe(1);
  });

  test('is not shown by a warm pool that goes on waiting: a peek does not list it', async () => {
    const { waited, session, seen } = ground();
    const group = groupOf('Pending');
    const warm = { id: 'i-2', lifecycle: 'Warmed:Stopped', zone: 'a', health: 'Healthy' };
    session.noteAws({ ...group, instances: [...group.instances, warm] }, []);
    seen.group = group;
    const times: number[] = [];
    for (let look = 0; look < 5; look += 1) times.push(await waited(REPLACING));
    expect(times).toEqual([100, 200, 400, 800, LOOK_EVERY_MS]);
  });
});
