import { describe, expect, test } from 'vitest';
import { autopilotStack, changeOf, coreStack, openFakeCloud, workersStack } from './fake-cloud.ts';
import { isOneLine, run } from './run.ts';

const stacks = [
  autopilotStack,
  coreStack('blue'),
  coreStack('core'),
  workersStack('blue', 'web'),
  workersStack('core', 'web'),
  workersStack('core', 'r3'),
];

describe('update', () => {
  test('gives the new template, keeps the parameters that it still knows, and changes those that are given', async () => {
    const old = coreStack('core');
    const parameters = new Map([...old.parameters, ['OfAnOlderVersion', 'x']]);
    const cloud = openFakeCloud({ stacks: [{ ...old, parameters }] });
    expect(await run(['update', 'core', '-t', 'm7g.large', '--yes'], { cloud })).toMatchObject({ code: 0 });
    expect(cloud.requests[0]).toMatchObject({ stack: 'etcd-autopilot-core', isNew: false });
    expect(cloud.requests[0]?.templateText).toContain('Custom::EtcdCluster');
    expect([...(cloud.requests[0]?.given ?? [])]).toEqual([['InstanceType', 'm7g.large']]);
    expect(cloud.requests[0]?.kept).toEqual(['Cluster', 'AutopilotStack', 'Size', 'VpcId', 'SubnetIds']);
  });

  test('keeps the template with --keep-template', async () => {
    const cloud = openFakeCloud({ stacks });
    const args = ['update', 'r3', '--size', '4', '--keep-template', '--yes'];
    expect(await run(args, { cloud })).toMatchObject({ code: 0 });
    expect(cloud.requests[0]).toMatchObject({ stack: 'etcd-autopilot-core-r3', templateText: null });
    expect([...(cloud.requests[0]?.given ?? [])]).toEqual([['Size', '4']]);
  });

  test('names every replacement, certain or not, before it asks', async () => {
    const changes = [
      changeOf('Rule', { action: 'change', because: [{ name: 'Targets', replaces: 'no' }] }),
      changeOf('Peers', {
        action: 'change',
        replacement: 'maybe',
        because: [{ name: 'VpcId', replaces: 'maybe' }],
      }),
      changeOf('MemberGroup', {
        action: 'change',
        type: 'AWS::AutoScaling::AutoScalingGroup',
        physicalId: 'etcd-autopilot-core',
        replacement: 'yes',
        old: 'kept',
        because: [
          { name: 'AutoScalingGroupName', replaces: 'yes' },
          { name: 'Tags', replaces: 'no' },
        ],
      }),
      changeOf('Gone', { action: 'remove', physicalId: 'sg-1' }),
    ];
    const cloud = openFakeCloud({ stacks, changeSet: { changes } });
    const { code, out, asked } = await run(['update', 'core'], { cloud, answers: [''] });
    expect(code).toBe(1);
    expect(asked).toEqual(['\nDo this, with 2 replacements? [y/N] ']);
    expect(out).toMatch(
      /REPLACE +MemberGroup.*\nMAY REPLACE +Peers.*\nremove +Gone.*\nchange +Rule.* Targets/,
    );
    expect(out).toContain(
      'MemberGroup (etcd-autopilot-core) is replaced because of AutoScalingGroupName: the old one stays, outside the stack',
    );
    expect(out).toContain('Peers may be replaced because of VpcId: the old one is then deleted');
    expect(out).toContain('Gone (sg-1): deleted');
    expect(cloud.done).toEqual(['plan etcd-autopilot-core', 'discard']);
  });

  test('says when nothing would change, removes the plan, and ends well', async () => {
    const cloud = openFakeCloud({ stacks, changeSet: { state: 'empty', changes: [] } });
    const { code, out } = await run(['update', 'core', '--yes', '--json'], { cloud });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'unchanged', changes: [] });
    expect(cloud.done).toEqual(['plan etcd-autopilot-core', 'discard']);
  });

  test('an update that is turned back says that everything is as it was', async () => {
    const happening = [{ logicalId: 'A', type: 'X', status: 'UPDATE_FAILED', reason: 'too small' }];
    const cloud = openFakeCloud({ stacks, happening, endsIn: 'UPDATE_ROLLBACK_COMPLETE' });
    const { code, out } = await run(['update', 'core', '--yes'], { cloud });
    expect(code).toBe(1);
    expect(out).toContain('A (X): too small\nEverything is as it was before');
  });

  test.each([
    [['update', 'nothing', '--yes'], 'there is no cluster and no worker group "nothing"'],
    [
      ['update', 'web', '--yes'],
      'may be worker group web of cluster blue (stack etcd-autopilot-blue-web), worker',
    ],
    [['update', 'web', '-j', 'red', '--yes'], 'of cluster red'],
    [['update', 'core', '--dns-name', 'x.org', '--yes'], '--dns-name is nothing that cluster core has'],
    [['update', 'r3', '--etcd-version', '3.6.14', '--yes'], '--etcd-version is nothing that worker group r3'],
    [['update', 'r3', '--size', '20', '--yes'], 'Size 20 is more than MaxSize 10'],
    [['update', 'core', '--dns-zone', 'Z1', '--yes'], 'Zone needs Domain'],
    [['update', 'r3', '-m', 'a', '--yes'], 'must be key=value'],
    [['update', 'core', '--parameter', 'Cluster=x', '--yes'], 'Cluster cannot be changed'],
    [['update', 'core', '--keep-template', '--template', 'x', '--yes'], 'exclude each other'],
    [['update', 'core', '--keep-template', '--parameter', 'Nope=1', '--yes'], 'has no parameter Nope'],
    [['update', 'core'], 'nobody can be asked here'],
  ])('%j is refused in one line before anything happens', async (args, words) => {
    const cloud = openFakeCloud({ stacks });
    const { code, out, err } = await run(args, { cloud });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(isOneLine(err)).toBe(true);
    expect(err).toContain(words);
    expect(cloud.done).toEqual([]);
  });

  test.each([
    ['UPDATE_IN_PROGRESS', 'is at work'],
    ['ROLLBACK_COMPLETE', 'was never created as a whole'],
    ['UPDATE_ROLLBACK_FAILED', 'cannot be changed in this state'],
    ['A_STATE_OF_LATER', 'cannot be changed in this state'],
  ])('a stack in state %s is not touched', async (status, words) => {
    const cloud = openFakeCloud({ stacks: [coreStack('core', { status })] });
    const { code, err } = await run(['update', 'core', '--yes'], { cloud });
    expect(code).toBe(2);
    expect(err).toContain(words);
    expect(cloud.done).toEqual([]);
  });
});
