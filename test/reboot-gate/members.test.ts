import { describe, expect, test } from 'vitest';
import { KEY, MEMBERS } from '../../functions/core/names.ts';
import { clientIdOf } from '../../functions/core/reboot/client-id.ts';
import { RebootStage } from '../support/reboot-stage.ts';
import {
  effectsOf,
  expectSafe,
  expectWhole,
  followerOf,
  minutes,
  seconds,
  setConfig,
  waitKinds,
} from '../support/story.ts';

const SOMEBODY = { owner: 'membership', reason: 'addLearner', leaseId: 'of somebody', ttlSeconds: 20 };
const MINUTE_S = 60;

describe('a member that asks for the lock', () => {
  test('gets it when the cluster tolerates one more failure, and the permit is free again', async () => {
    const stage = await RebootStage.open();
    const id = followerOf(stage.world);
    expect(await stage.lock(id)).toEqual({ status: 200, kind: null, body: '' });
    expect(stage.holderIds()).toEqual([id]);
    expect(stage.world.etcd.permit).toBeNull();
    expect(stage.told.at(-1)).toMatchObject({
      kind: 'pre-reboot',
      outcome: 'granted',
      instanceId: id,
      name: MEMBERS,
    });
    expect(stage.figures).toEqual([{ RebootGranted: 1 }]);
    expect(stage.world.looks.at(-1)).toContain('"from":"reboot-gate"');
  });

  test('keeps it when it asks again, by either form of its id, and gives it back as often as it likes', async () => {
    const stage = await RebootStage.open();
    const id = followerOf(stage.world);
    for (const form of [id, clientIdOf(id), id]) expect((await stage.lock(form)).status).toBe(200);
    expect(stage.holderIds()).toEqual([id]);
    for (const form of [clientIdOf(id), id, id]) expect((await stage.unlock(form)).status).toBe(200);
    expect(stage.holders()).toEqual([]);
    expect(stage.world.etcd.keys.has(KEY.reboots + MEMBERS)).toBe(false);
  });

  test('waits while another one holds it, which nobody but that one gives back', async () => {
    const stage = await RebootStage.open();
    const [one = '', two = ''] = stage.world.voters().filter((id) => id !== stage.world.leaderName);
    await stage.lock(one);
    expect(await stage.lock(two)).toEqual({
      status: 409,
      kind: 'failed_lock_semaphore_full',
      body: '{"kind":"failed_lock_semaphore_full","value":"semaphore currently full, all slots are locked already"}',
    });
    expect((await stage.unlock(two)).status).toBe(200);
    expect(stage.holderIds()).toEqual([one]);
    await stage.unlock(one);
    seconds(stage.world, MINUTE_S);
    expect((await stage.lock(two)).status).toBe(200);
  });

  test('does not lead when it gets it: leadership was moved away first, under the permit', async () => {
    const stage = await RebootStage.open();
    const leader = stage.world.leaderName ?? '';
    const before = stage.world.effects.length;
    expect((await stage.lock(leader)).status).toBe(200);
    expect(stage.world.leaderName).not.toBe(leader);
    expect(stage.world.effects.slice(before)).toEqual(['etcd.takePermit', 'etcd.moveLeader', 'etcd.swap']);
  });

  test('gets it although leadership will not move, after three tries, and the reason is told', async () => {
    const stage = await RebootStage.open();
    const leader = stage.world.leaderName ?? '';
    let tries = 0;
    const room = stage.room;
    const { openEtcd } = room.ports;
    const stubborn: typeof openEtcd = (access) => ({
      ...openEtcd(access),
      moveLeader: async () => {
        tries += 1;
      },
    });
    stage.room = { ...room, ports: { ...room.ports, openEtcd: stubborn } };
    expect((await stage.lock(leader)).status).toBe(200);
    expect(tries).toBe(3);
    expect(stage.told.at(-1)).toMatchObject({
      outcome: 'granted',
      because: expect.stringContaining('leadership stayed'),
    });
  });

  test('of a cluster of one gets it, unless the configuration refuses that', async () => {
    const stage = await RebootStage.open(1);
    const [id = ''] = stage.world.voters();
    expect((await stage.lock(id)).status).toBe(200);
    await stage.unlock(id);
    setConfig(stage.world, { gate: { single: 'refuse' } });
    expect(await stage.lock(id)).toMatchObject({ status: 409, kind: 'cluster_not_tolerant' });
  });
});

describe('a member is refused', () => {
  const refusedFor = async (stage: RebootStage, kind: string, id = followerOf(stage.world)) => {
    const answer = await stage.lock(id);
    expect(answer.kind).toBe(kind);
    expect(stage.holders()).toEqual([]);
    expect(stage.world.etcd.permit?.owner ?? '').not.toMatch(/^request-/);
    expect(stage.told.at(-1)).toMatchObject({ outcome: kind, because: expect.stringMatching(/./) });
    return answer;
  };

  test('while another voter does not answer, with the reason', async () => {
    const stage = await RebootStage.open();
    const [one = '', two = ''] = stage.world.voters();
    stage.world.reboot(two, 1_000);
    seconds(stage.world, 5);
    const answer = await refusedFor(stage, 'cluster_not_tolerant', one);
    expect(answer.body).toContain(`voter ${two} does not answer (voterSilent)`);
  });

  test('until the cluster has been whole for the time that its configuration asks', async () => {
    const stage = await RebootStage.open();
    const [one = '', two = ''] = stage.world.voters();
    stage.world.reboot(two, 5);
    await minutes(stage.world, 2);
    expect((await refusedFor(stage, 'cluster_not_tolerant', one)).body).toContain('unstable');
    seconds(stage.world, 10);
    expect((await stage.lock(one)).status).toBe(200);
    await stage.unlock(one);
    setConfig(stage.world, { gate: { stableSeconds: 600 } });
    const answer = await refusedFor(stage, 'cluster_not_tolerant', one);
    expect(answer.body).toContain('unstable');
  });

  test('while somebody joins or leaves', async () => {
    const stage = await RebootStage.open();
    const [one = '', two = ''] = stage.world.voters();
    stage.world.terminate(two);
    seconds(stage.world, 1);
    await refusedFor(stage, 'cluster_not_tolerant', one);
    await refusedFor(stage, 'instance_leaving', two);
  });

  test('while somebody else holds the permit, and not when that lets go in time', async () => {
    const stage = await RebootStage.open();
    stage.world.etcd.permit = { ...SOMEBODY, expiresAtMs: stage.world.nowMs + 100_000 };
    await refusedFor(stage, 'change_in_flight');
    expect(stage.world.etcd.permit).toMatchObject({ owner: 'membership' });
    stage.world.etcd.permit = { ...SOMEBODY, expiresAtMs: stage.world.nowMs + 1_000 };
    expect((await stage.lock(followerOf(stage.world))).status).toBe(200);
  });

  test('when what it saw before the permit does not hold any more', async () => {
    const stage = await RebootStage.open();
    const { world } = stage;
    const [one = '', two = ''] = world.voters().filter((id) => id !== world.leaderName);
    stage.world.interfere = (call) => {
      if (call === 'etcd.takePermit') stage.world.reboot(two, 1_000);
    };
    await refusedFor(stage, 'cluster_not_tolerant', one);
    expect(effectsOf(stage.world, /etcd\.swap/)).toEqual([]);
  });

  test('when the permit was lost meanwhile: the lock is not written, whatever was seen', async () => {
    const stage = await RebootStage.open();
    const id = followerOf(stage.world);
    stage.world.interfere = (call) => {
      if (call !== 'etcd.swap') return;
      stage.world.etcd.permit = { ...SOMEBODY, expiresAtMs: stage.world.nowMs + 100_000 };
    };
    await refusedFor(stage, 'change_in_flight', id);
  });

  test('where the cluster is frozen, or the autopilot runs dry; what is held can be given back to the frozen one', async () => {
    const stage = await RebootStage.open();
    const id = followerOf(stage.world);
    await stage.lock(id);
    setConfig(stage.world, { frozen: true });
    expect((await stage.unlock(id)).status).toBe(200);
    expect(stage.holders()).toEqual([]);
    await refusedFor(stage, 'cluster_frozen', id);
    setConfig(stage.world, { frozen: false });
    stage.room = { ...stage.room, dryRun: true };
    await refusedFor(stage, 'cluster_frozen', id);
    expect((await stage.unlock(id)).kind).toBe('cluster_frozen');
  });

  test('where nobody can tell: no quorum, no answer of AWS, no group', async () => {
    const stage = await RebootStage.open();
    const [one = '', two = '', three = ''] = stage.world.voters();
    stage.world.failing.set('machines.describe', () => new Error('crash'));
    expect((await stage.lock(one)).kind).toBe('internal_error');
    stage.world.failing.clear();
    for (const id of [two, three]) stage.world.reboot(id, 1_000);
    seconds(stage.world, 5);
    await refusedFor(stage, 'cluster_unavailable', one);
    expect((await stage.unlock(one)).kind).toBe('cluster_unavailable');
    stage.world.groupCount = 0;
    await refusedFor(stage, 'unknown_group', one);
  });

  test('where the lock holds what this version does not know, which stays as it is', async () => {
    const stage = await RebootStage.open();
    const id = followerOf(stage.world);
    stage.world.etcd.keys.set(KEY.reboots + MEMBERS, '{"version":2}');
    await refusedFor(stage, 'lock_unreadable', id);
    expect((await stage.unlock(id)).kind).toBe('lock_unreadable');
    expect(stage.world.etcd.keys.get(KEY.reboots + MEMBERS)).toBe('{"version":2}');
  });
});

describe('while a member holds the lock', () => {
  test('membership waits with a leave until it is back, and then does it at once', async () => {
    const stage = await RebootStage.open(5);
    const { world } = stage;
    const [one = '', two = ''] = world.voters().filter((id) => id !== world.leaderName);
    await stage.lock(one);
    world.terminate(two);
    world.desired = 4;
    const held = await minutes(world, 2);
    expect(waitKinds(held)).toContain('rebooting');
    expect(world.voters()).toContain(two);
    await stage.unlock(one);
    await world.settle();
    expect(world.voters()).not.toContain(two);
    expectSafe(world);
  });

  test('its own instance may leave: its member is removed, and the lock is freed once EC2 says that it is gone', async () => {
    const stage = await RebootStage.open();
    const { world } = stage;
    const id = followerOf(world);
    await stage.lock(id);
    world.terminate(id);
    await world.settle();
    expect(stage.holders()).toEqual([]);
    expect(effectsOf(world, /etcd\.swap/)).toHaveLength(2);
    expectWhole(world, 3);
  });

  test('its machine that vanishes leaves no lock behind', async () => {
    const stage = await RebootStage.open();
    const { world } = stage;
    const id = followerOf(world);
    await stage.lock(id);
    world.vanish(id);
    await world.settle();
    expect(stage.holders()).toEqual([]);
    expectWhole(world, 3);
  });

  test('a client that died is told after half an hour, in status, event and figure, and keeps it', async () => {
    const stage = await RebootStage.open();
    const { world } = stage;
    const id = followerOf(world);
    await stage.lock(id);
    expect(waitKinds(await minutes(world, 30))).toContain('rebooting');
    const late = await minutes(world, 3);
    expect(waitKinds(late)).toContain('rebootOverdue');
    expect(stage.holderIds()).toEqual([id]);
    const held = world.events.filter(({ detailType }) => detailType === 'Action Held');
    expect(held.map(({ detail }) => detail)).toEqual([{ cluster: 'core', instanceId: id }]);
    const [other = ''] = world.voters().filter((one) => one !== id);
    expect((await stage.lock(other)).kind).toBe('failed_lock_semaphore_full');
    expect(stage.told.at(-1)).toMatchObject({ event: 'finding.told', kind: 'rebootOverdue', instanceId: id });
    expect(stage.figures.at(-1)).toMatchObject({ RebootOverdue: 1 });
  });
});

describe('S74 a reboot and a leave that are due in the same second', () => {
  /** As many calls as a lock takes; membership does its whole work before one of them, for which somebody leaves. */
  const CALLS = Array.from({ length: 45 }, (_, at) => at + 1);
  const CHANGE = /^(?:addLearner|promote|remove|moveLeader)$/;

  async function lockBeside(call: number): Promise<'granted' | 'refused'> {
    const stage = await RebootStage.open(5);
    const { world } = stage;
    const [one = '', two = ''] = world.voters().filter((id) => id !== world.leaderName);
    const effects: string[] = [];
    world.etcd.onEffect = (name) => {
      effects.push(name);
      world.effect(`etcd.${name}`);
    };
    let calls = 0;
    world.interfere = () => {
      calls += 1;
      if (calls === call - 1 || (call === 1 && calls === 1)) world.terminate(two);
    };
    world.rivalInCalls = call;
    const { status } = await stage.lock(one);
    Object.assign(world, { rivalInCalls: 0, interfere: () => undefined });
    const takenAt = effects.indexOf('swap');
    expect(takenAt >= 0).toBe(status === 200);
    if (status === 200) {
      // Whatever changed the members was over before, and nothing follows while the lock is held.
      await minutes(world, 2);
      expect(effects.slice(takenAt).filter((name) => CHANGE.test(name))).toEqual([]);
      expect((await stage.unlock(one)).status).toBe(200);
    }
    await world.settle();
    expectWhole(world, 5);
    return status === 200 ? 'granted' : 'refused';
  }

  test('come one after the other, whenever membership does its work, and both are done in the end', async () => {
    const outcomes = [];
    for (const call of CALLS) outcomes.push(await lockBeside(call));
    expect(new Set(outcomes)).toEqual(new Set(['granted', 'refused']));
  });
});
