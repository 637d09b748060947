import { describe, expect, test } from 'vitest';
import { KEY, MEMBERS, TAG } from '../../functions/core/names.ts';
import type { Machine } from '../../functions/core/ports.ts';
import { RebootStage, WORKERS, worker, workerId } from '../support/reboot-stage.ts';
import { seconds, setConfig } from '../support/story.ts';

const opened = async (count = 10, max = '3'): Promise<RebootStage> => {
  const stage = await RebootStage.open();
  stage.addWorkers(count, { [TAG.maxRebooting]: max });
  return stage;
};
const lock = (stage: RebootStage, n: number) => stage.lock(workerId(n), WORKERS);
const unlock = (stage: RebootStage, n: number) => stage.unlock(workerId(n), WORKERS);
const machine = (state: 'running' | 'terminated' | 'shutting-down'): Machine => ({
  kind: 'known',
  state,
  privateIp: null,
  launchedAtMs: 0,
  zone: 'a',
});

describe('workers', () => {
  test('reboot as many at a time as the tag of their group says', async () => {
    const stage = await opened();
    const statuses = [];
    for (const n of [1, 2, 3, 4]) statuses.push((await lock(stage, n)).status);
    expect(statuses).toEqual([200, 200, 200, 409]);
    expect((await unlock(stage, 2)).status).toBe(200);
    expect((await lock(stage, 4)).status).toBe(200);
    expect(stage.holderIds(WORKERS)).toEqual([1, 3, 4].map(workerId));
  });

  test('of whom many ask at the same time get what there is, each once, and the others are told so', async () => {
    const stage = await opened(20, '5');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => lock(stage, at + 1)));
    const granted = answers.flatMap(({ status }, at) => (status === 200 ? [workerId(at + 1)] : []));
    expect(granted).toHaveLength(5);
    expect([...stage.holderIds(WORKERS)].sort()).toEqual([...granted].sort());
    for (const { status, kind } of answers)
      if (status !== 200) expect(['failed_lock_semaphore_full', 'busy']).toContain(kind);
  });

  test('without a tag, or with one that cannot be read, reboot one at a time', async () => {
    for (const max of ['', 'many']) {
      const stage = await opened(3, max);
      expect((await lock(stage, 1)).status).toBe(200);
      expect((await lock(stage, 2)).kind).toBe('failed_lock_semaphore_full');
    }
  });

  test('do not mind the cluster, as long as somebody tells, nor the members their locks', async () => {
    const stage = await opened();
    const { world } = stage;
    world.reboot(world.voters()[0] ?? '', 1_000);
    seconds(world, 5);
    expect((await lock(stage, 1)).status).toBe(200);
    expect(stage.holders(MEMBERS)).toEqual([]);
    const { waits } = await world.pass({ mode: 'look' });
    expect(waits.map(({ kind }) => kind)).not.toContain('rebooting');
  });

  test('keep their locks when asked twice, and may give back what they do not hold', async () => {
    const stage = await opened();
    expect((await lock(stage, 1)).status).toBe(200);
    expect((await lock(stage, 1)).status).toBe(200);
    expect((await unlock(stage, 2)).status).toBe(200);
    expect(stage.holderIds(WORKERS)).toEqual([workerId(1)]);
    expect((await unlock(stage, 1)).status).toBe(200);
    expect(stage.world.etcd.keys.has(KEY.reboots + WORKERS)).toBe(false);
  });

  test('of a group, or with an id, that the cluster does not know are told so, also when they give back', async () => {
    const stage = await opened();
    expect(await stage.lock(workerId(1), 'nobodys')).toMatchObject({ status: 400, kind: 'unknown_group' });
    expect(await stage.unlock(workerId(1), 'nobodys')).toMatchObject({ status: 400, kind: 'unknown_group' });
    expect(await lock(stage, 11)).toMatchObject({ status: 400, kind: 'unknown_id' });
    expect(await unlock(stage, 11)).toMatchObject({ status: 400, kind: 'unknown_id' });
    expect(await stage.lock(workerId(1), MEMBERS)).toMatchObject({ status: 400, kind: 'unknown_id' });
    expect(await stage.lock(stage.world.voters()[0] ?? '', WORKERS)).toMatchObject({ kind: 'unknown_id' });
    expect(await stage.lock('web-1', WORKERS)).toMatchObject({ status: 400, kind: 'unknown_id' });
    expect(await stage.lock(workerId(1), stage.world.groupName)).toMatchObject({ kind: 'unknown_group' });
  });

  test('that are leaving need no reboot; who left may still give its lock back', async () => {
    const stage = await opened();
    await lock(stage, 2);
    stage.list([worker(1, { lifecycle: 'Terminating:Wait' })]);
    expect(await lock(stage, 1)).toMatchObject({ status: 409, kind: 'instance_leaving' });
    expect((await unlock(stage, 2)).status).toBe(200);
    expect(stage.holders(WORKERS)).toEqual([]);
  });

  test('of a frozen cluster get no lock', async () => {
    const stage = await opened();
    setConfig(stage.world, { frozen: true });
    expect(await lock(stage, 1)).toMatchObject({ status: 409, kind: 'cluster_frozen' });
  });

  test('whose lock is not readable wait', async () => {
    const stage = await opened();
    stage.world.etcd.keys.set(KEY.reboots + WORKERS, 'rubbish');
    expect(await lock(stage, 1)).toMatchObject({ status: 503, kind: 'lock_unreadable' });
  });
});

describe('a worker that dies with its lock', () => {
  const dead = async (said: Machine | null, agoS = 0): Promise<RebootStage> => {
    const stage = await opened(3, '1');
    await lock(stage, 1);
    for (let second = 0; second < agoS; second += 1) stage.world.tick();
    stage.list([worker(2), worker(3)]);
    if (said !== null) stage.machines.set(workerId(1), said);
    return stage;
  };

  test('loses it to whoever asks next, once EC2 says that it is terminated, and that is told', async () => {
    const stage = await dead(machine('terminated'));
    expect((await lock(stage, 2)).status).toBe(200);
    expect(stage.holderIds(WORKERS)).toEqual([workerId(2)]);
    expect(stage.told.at(-1)).toMatchObject({ because: expect.stringContaining(workerId(1)) });
  });

  test.each([
    ['EC2 has it shutting down', machine('shutting-down'), 0],
    ['EC2 has it running', machine('running'), 7_200],
    ['EC2 does not know it, and it was young', { kind: 'notFound' } as const, 3_599],
  ])('keeps it while %s', async (_what, said, agoS) => {
    const stage = await dead(said, agoS);
    expect((await lock(stage, 2)).kind).toBe('failed_lock_semaphore_full');
    expect(stage.holderIds(WORKERS)).toEqual([workerId(1)]);
  });

  test('loses it when EC2 does not know it any more after more than an hour', async () => {
    const stage = await dead({ kind: 'notFound' }, 3_601);
    expect((await lock(stage, 2)).status).toBe(200);
  });

  test('keeps it as long as its group lists it, and is told as overdue after half an hour', async () => {
    const stage = await opened(3, '1');
    await lock(stage, 1);
    stage.machines.set(workerId(1), machine('terminated'));
    for (let second = 0; second <= 1_801; second += 1) stage.world.tick();
    expect((await lock(stage, 2)).kind).toBe('failed_lock_semaphore_full');
    expect(stage.told.at(-1)).toMatchObject({
      event: 'finding.told',
      kind: 'rebootOverdue',
      instanceId: workerId(1),
    });
    expect(stage.figures.at(-1)).toMatchObject({ RebootOverdue: 1 });
  });
});
