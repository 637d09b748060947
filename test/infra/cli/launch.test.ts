import { describe, expect, test } from 'vitest';
import { autopilotStack, coreStack, openFakeCloud, stackOf } from './fake-cloud.ts';
import { isOneLine, run } from './run.ts';

const ready = { stacks: [autopilotStack] };

describe('launch', () => {
  test('takes VPC and subnets from the outputs of the autopilot, shows the changes, and creates the stack', async () => {
    const cloud = openFakeCloud(ready);
    const { code, out, err } = await run(['launch', '--size', '5', '--yes'], { cloud });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(cloud.done).toEqual(['plan etcd-autopilot-core', 'execute']);
    expect(cloud.requests[0]?.isNew).toBe(true);
    expect(Object.fromEntries(cloud.requests[0]?.given ?? [])).toEqual({
      Cluster: 'core',
      AutopilotStack: 'etcd-autopilot',
      VpcId: 'vpc-1',
      SubnetIds: 'subnet-1,subnet-2',
      Size: '5',
    });
    expect(cloud.requests[0]?.templateText).toContain('Custom::EtcdCluster');
    expect(out).toMatch(/add +Group +AWS::EC2::SecurityGroup/);
    expect(out).toContain('stack etcd-autopilot-core: created');
    expect(out).toContain('etcd-autopilot status --cluster core');
  });

  test('options and --parameter override what the outputs tell', async () => {
    const cloud = openFakeCloud(ready);
    const args = ['--vpc', 'vpc-9', '--subnet', 'a', '--subnet', 'b', '--parameter', 'Frozen=true'];
    expect(await run(['launch', '-n', 'blue', ...args, '--yes'], { cloud })).toMatchObject({ code: 0 });
    expect(Object.fromEntries(cloud.requests[0]?.given ?? [])).toMatchObject({
      Cluster: 'blue',
      VpcId: 'vpc-9',
      SubnetIds: 'a,b',
      Frozen: 'true',
    });
  });

  test('does nothing unless a person says yes, and leaves nothing of the plan behind', async () => {
    const cloud = openFakeCloud(ready);
    const { code, out, asked } = await run(['launch'], { cloud, answers: ['no'] });
    expect(code).toBe(1);
    expect(asked).toEqual(['\nDo this? [y/N] ']);
    expect(out).toContain('nothing was done');
    expect(cloud.done).toEqual(['plan etcd-autopilot-core', 'discard', 'delete etcd-autopilot-core']);
    const yes = openFakeCloud(ready);
    expect(await run(['launch'], { cloud: yes, answers: ['y'] })).toMatchObject({ code: 0 });
    expect(yes.done).toContain('execute');
  });

  test('with --dry-run shows the changes and leaves nothing behind', async () => {
    const cloud = openFakeCloud({ ...ready, pendingCount: 3 });
    const { code, out } = await run(['launch', '--dry-run'], { cloud });
    expect(code).toBe(0);
    expect(out).toContain('1 change');
    expect(cloud.done).toEqual(['plan etcd-autopilot-core', 'discard', 'delete etcd-autopilot-core']);
  });

  test('another plan for the same new stack stays when this one is discarded', async () => {
    const waiting = stackOf('etcd-autopilot-core', { status: 'REVIEW_IN_PROGRESS' });
    const cloud = openFakeCloud({ stacks: [autopilotStack, waiting] });
    expect(await run(['launch', '--dry-run'], { cloud })).toMatchObject({ code: 0 });
    expect(cloud.done).toEqual(['plan etcd-autopilot-core', 'discard']);
  });

  test('a stop while it plans removes the plan', async () => {
    const cloud = openFakeCloud(ready);
    await run(['launch'], { cloud, answers: [], stopsAtQuestion: true });
    expect(cloud.done.slice(0, 3)).toEqual([
      'plan etcd-autopilot-core',
      'discard',
      'delete etcd-autopilot-core',
    ]);
  });

  test('a stack that does not end in time goes on, also when the command is stopped', async () => {
    const cloud = openFakeCloud({ ...ready, endsIn: null });
    const ended = await run(['launch', '--yes', '--wait-minutes', '1'], { cloud });
    expect(ended).toMatchObject({ code: 1 });
    expect(ended.out).toContain('not finished within the time of --wait-minutes');
    await ended.stop();
    expect(cloud.done).not.toContain('discard');
  });

  test('tells what failed first, not what was cancelled, and how to go on', async () => {
    const cloud = openFakeCloud({
      ...ready,
      endsIn: 'ROLLBACK_COMPLETE',
      happening: [
        { logicalId: 'A', type: 'X', status: 'CREATE_FAILED', reason: 'no such subnet' },
        { logicalId: 'B', type: 'X', status: 'CREATE_FAILED', reason: 'Resource creation cancelled' },
      ],
    });
    const { code, out } = await run(['launch', '--yes'], { cloud });
    expect(code).toBe(1);
    const end = out.slice(out.indexOf('not created'));
    expect(end).toContain('A (X): no such subnet');
    expect(end).not.toContain('B (X)');
    expect(end).toContain('etcd-autopilot launch -n core --replace-failed');
  });

  test('a creation that failed before is told, and deleted first with --replace-failed', async () => {
    const failed = coreStack('core', { status: 'ROLLBACK_COMPLETE' });
    const stacks = [autopilotStack, failed];
    const refused = await run(['launch', '--yes'], { cloud: openFakeCloud({ stacks }) });
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain('--replace-failed');
    const cloud = openFakeCloud({ stacks });
    expect(await run(['launch', '--yes', '--replace-failed'], { cloud })).toMatchObject({ code: 0 });
    expect(cloud.done).toEqual(['delete etcd-autopilot-core', 'plan etcd-autopilot-core', 'execute']);
  });

  test('a change set that cannot be made is told with its reason, and removed', async () => {
    const changeSet = { state: 'failed' as const, reason: 'No export named x found', changes: [] };
    const cloud = openFakeCloud({ ...ready, changeSet });
    const { code, err } = await run(['launch', '--yes'], { cloud });
    expect(code).toBe(2);
    expect(err).toContain('No export named x found');
    expect(cloud.done).toContain('discard');
  });

  test('with --json prints one object, and progress elsewhere', async () => {
    const { out, err } = await run(['launch', '--yes', '--json'], { cloud: openFakeCloud(ready) });
    expect(JSON.parse(out)).toMatchObject({
      cluster: 'core',
      stack: 'etcd-autopilot-core',
      outcome: 'done',
      status: 'CREATE_COMPLETE',
      changes: [{ logicalId: 'Group', action: 'add' }],
      reasons: [],
    });
    expect(err).toContain('CREATE_COMPLETE');
  });

  test.each([
    [['launch', '--yes'], {}, 'deploy the autopilot first'],
    [['launch', '--yes'], { stacks: [stackOf('etcd-autopilot')] }, 'has no output VpcId and SubnetIds'],
    [
      ['launch', '--yes'],
      { stacks: [stackOf('etcd-autopilot', { status: 'UPDATE_IN_PROGRESS' })] },
      'is at work',
    ],
    [
      ['launch', '--yes'],
      { stacks: [autopilotStack, coreStack('core')] },
      'etcd-autopilot update core changes it',
    ],
    [
      ['launch', '--yes', '--stack-name', 'other'],
      { stacks: [autopilotStack, coreStack('core')] },
      'cluster core exists already, in stack etcd-autopilot-core',
    ],
    [
      ['launch', '--yes', '--replace-failed'],
      { stacks: [autopilotStack, coreStack('core', { status: 'DELETE_FAILED' })] },
      'destroy core',
    ],
    [['launch', '-n', 'Core', '--yes'], ready, '"Core" is not a cluster name'],
    [['launch', '-t', 'medium', '--yes'], ready, 'does not look like an instance type'],
    [['launch', '--size', '4', '--yes'], ready, '--size takes 1, 3, 5, 7'],
    [['launch', '--parameter', 'frozen=true', '--yes'], ready, 'no parameter frozen; it has Frozen'],
    [['launch', '--parameter', 'VolumeSize=2', '--yes'], ready, 'VolumeSize: 2 is less than 8'],
    [['launch', '--size', '3', '--parameter', 'Size=3', '--yes'], ready, 'Size is given twice'],
    [['launch', '--parameter', 'Cluster=x', '--yes'], ready, 'Cluster has an option of its own'],
    [['launch', '--dns-zone', 'Z1', '--yes'], ready, 'Zone needs Domain'],
    [['launch', '--wait-minutes', 'long', '--yes'], ready, '--wait-minutes takes 1 to 1440'],
    [['launch', '--template', '/nowhere.yml', '--yes'], ready, '/nowhere.yml cannot be read'],
    [['launch'], ready, 'nobody can be asked here'],
  ])('%j is refused in one line before anything happens', async (args, settings, words) => {
    const cloud = openFakeCloud(settings);
    const { code, out, err } = await run(args, { cloud });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(isOneLine(err)).toBe(true);
    expect(err).toContain(words);
    expect(cloud.done).toEqual([]);
  });
});
