import { describe, expect, test } from 'vitest';
import { autopilotStack, coreStack, groupOf, openFakeCloud, workersStack } from './fake-cloud.ts';
import { run } from './run.ts';

const stacks = [
  autopilotStack,
  coreStack('blue'),
  coreStack('core'),
  workersStack('blue', 'web'),
  workersStack('core', 'web'),
  workersStack('core', 'r3'),
];

describe('destroy', () => {
  const groups = [groupOf('etcd-autopilot-core', 'member', ['i-1', 'i-2'])];

  test('shows what goes, asks, and deletes it', async () => {
    const cloud = openFakeCloud({ stacks: [coreStack('core')], groups });
    const { code, out, asked } = await run(['destroy', 'core'], { cloud, answers: ['yes'] });
    expect(code).toBe(0);
    expect(asked).toEqual(['\nDelete 1 stack? [y/N] ']);
    expect(out).toContain('cluster core: stack etcd-autopilot-core (CREATE_COMPLETE), 1 resource');
    expect(out).toContain('group etcd-autopilot-core: 2 instances: i-1, i-2');
    expect(out).toContain('all data of this cluster');
    expect(out).toContain('stack etcd-autopilot-core: deleted');
    expect(cloud.done).toEqual(['delete etcd-autopilot-core']);
  });

  test('deletes nothing when the answer is no, and nothing with --dry-run', async () => {
    const cloud = openFakeCloud({ stacks: [coreStack('core')], groups });
    expect(await run(['destroy', 'core'], { cloud, answers: ['n'] })).toMatchObject({ code: 1 });
    expect(await run(['destroy', 'core', '--dry-run'], { cloud })).toMatchObject({ code: 0 });
    expect(cloud.done).toEqual([]);
  });

  test('a cluster with workers stays, unless they go first or it is told to go under them', async () => {
    const refused = openFakeCloud({ stacks, groups });
    const { code, err } = await run(['destroy', 'core', '--yes'], { cloud: refused });
    expect(code).toBe(2);
    expect(err).toContain('cluster core has workers: web, r3;');
    expect(refused.done).toEqual([]);
    const first = openFakeCloud({ stacks, groups });
    expect(await run(['destroy', 'core', '--with-workers', '--yes'], { cloud: first })).toMatchObject({
      code: 0,
    });
    expect(first.done).toEqual([
      'delete etcd-autopilot-core-web',
      'delete etcd-autopilot-core-r3',
      'delete etcd-autopilot-core',
    ]);
    const under = openFakeCloud({ stacks, groups });
    expect(await run(['destroy', 'core', '--even-with-workers', '--yes'], { cloud: under })).toMatchObject({
      code: 0,
    });
    expect(under.done).toEqual(['delete etcd-autopilot-core']);
  });

  test('workers of other stacks keep their cluster too, also with --with-workers', async () => {
    const strangers = [...groups, groupOf('theirs', 'worker', ['i-9'], 'their-stack')];
    const cloud = openFakeCloud({ stacks: [coreStack('core')], groups: strangers });
    const { code, err } = await run(['destroy', 'core', '--with-workers', '--yes'], { cloud });
    expect(code).toBe(2);
    expect(err).toContain('has workers of other stacks: theirs');
    expect(cloud.done).toEqual([]);
  });

  test('when the workers cannot be deleted, their cluster stays', async () => {
    const cloud = openFakeCloud({ stacks, groups, endsIn: 'DELETE_FAILED' });
    const { code, out } = await run(['destroy', 'core', '--with-workers', '--yes'], { cloud });
    expect(code).toBe(1);
    expect(cloud.done).toEqual(['delete etcd-autopilot-core-web']);
    expect(out).toContain('then: etcd-autopilot destroy core --with-workers');
  });

  test('a failed creation can be deleted, a stack at work cannot', async () => {
    const failed = openFakeCloud({ stacks: [coreStack('core', { status: 'ROLLBACK_COMPLETE' })] });
    expect(await run(['destroy', 'core', '--yes'], { cloud: failed })).toMatchObject({ code: 0 });
    const busy = openFakeCloud({ stacks: [coreStack('core', { status: 'UPDATE_IN_PROGRESS' })] });
    const { code, err } = await run(['destroy', 'core', '--yes'], { cloud: busy });
    expect(code).toBe(2);
    expect(err).toContain('at work: etcd-autopilot-core (UPDATE_IN_PROGRESS)');
  });

  test('a stack that somebody else deleted while a person was asked is deleted already', async () => {
    const cloud = openFakeCloud({ stacks: [coreStack('core')] });
    const asked = { ...cloud, stacks: { ...cloud.stacks, find: async () => null } };
    const { code, out } = await run(['destroy', 'core', '--yes'], { cloud: asked });
    expect({ code, done: cloud.done }).toEqual({ code: 0, done: [] });
    expect(out).toContain('deleted already');
  });

  test('what refuses the deletion is told in one line', async () => {
    const cloud = openFakeCloud({
      stacks: [coreStack('core')],
      refusal: 'deleting the stack failed: in use',
    });
    const { code, err } = await run(['destroy', 'core', '--yes'], { cloud });
    expect({ code, err }).toEqual({ code: 2, err: 'etcd-autopilot: deleting the stack failed: in use\n' });
  });

  test('with --json prints what became of each stack', async () => {
    const cloud = openFakeCloud({ stacks: [workersStack('core', 'r3')] });
    const { out } = await run(['destroy', 'r3', '--yes', '--json'], { cloud });
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'done',
      results: [{ stack: 'etcd-autopilot-core-r3', outcome: 'done', status: 'DELETE_COMPLETE' }],
    });
  });
});
