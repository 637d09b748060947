import { describe, expect, test } from 'vitest';
import { autopilotStack, changeOf, coreStack, groupOf, openFakeCloud, workersStack } from './fake-cloud.ts';
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

  test('a refusal of the gate is told with its reason, and that no member was touched', async () => {
    const happening = [
      {
        logicalId: 'BeforeGate',
        type: 'Custom::EtcdGate',
        status: 'UPDATE_FAILED',
        reason:
          'Received response status [FAILED] from custom resource. Message returned: voter i-1 is silent',
      },
    ];
    const cloud = openFakeCloud({ stacks, happening, endsIn: 'UPDATE_ROLLBACK_COMPLETE' });
    const { code, out } = await run(['update', 'core', '--yes'], { cloud });
    expect(code).toBe(1);
    expect(out).toContain('  BeforeGate (Custom::EtcdGate): voter i-1 is silent\n');
    expect(out).toContain('refused it before any member was touched, and everything is as it was');
    expect(out).toContain(
      'When "etcd-autopilot gate --cluster core" ends well, try again: etcd-autopilot update core',
    );
    const silent = openFakeCloud({ stacks, happening, endsIn: 'UPDATE_ROLLBACK_COMPLETE' });
    const json = await run(['update', 'core', '--yes', '--json'], { cloud: silent });
    expect(JSON.parse(json.out)).toMatchObject({
      outcome: 'failed',
      reasons: ['BeforeGate (Custom::EtcdGate): voter i-1 is silent'],
    });
  });

  test('a refusal after the members were changed says that this was undone', async () => {
    const happening = [
      { logicalId: 'AfterGate', type: 'Custom::EtcdGate', status: 'UPDATE_FAILED', reason: 'tooFewVoters' },
    ];
    const cloud = openFakeCloud({ stacks, happening, endsIn: 'UPDATE_ROLLBACK_COMPLETE' });
    const { out } = await run(['update', 'core', '--yes'], { cloud });
    expect(out).toContain('not whole in time after the members were changed, so that was undone');
  });

  describe('says before it asks what becomes of instances that run', () => {
    const group = (name: string) =>
      changeOf('MemberGroup', {
        action: 'change',
        type: 'AWS::AutoScaling::AutoScalingGroup',
        because: [{ name, replaces: 'no' }],
      });
    const gate = changeOf('BeforeGate', { type: 'Custom::EtcdGate' });
    const told = async (args: readonly string[], changes = [group('LaunchTemplate'), gate]) =>
      (await run([...args, '--dry-run'], { cloud: openFakeCloud({ stacks, changeSet: { changes } }) })).out;

    test.each([
      ['refresh', 'Members that run are replaced one after the other by an instance refresh'],
      ['rolling', 'Members that run are replaced one after the other by CloudFormation'],
      ['new-only', 'Members that run stay as they are'],
    ])('with %s', async (way, words) => {
      const out = await told(['update', 'core', '--updates', way]);
      expect(out).toContain(words);
      expect(out).toContain('Before that a gate asks whether the cluster tolerates one more failure');
    });

    test('also of subnets, and of no gate where none is asked', async () => {
      const out = await told(['update', 'core'], [group('VPCZoneIdentifier')]);
      expect(out).toContain('Members that run are replaced');
      expect(out).not.toContain('a gate asks');
    });

    test('and nothing of tags', async () => {
      expect(await told(['update', 'core'], [group('Tags')])).not.toContain('that run');
    });
  });

  describe('by rolling', () => {
    const groups = [groupOf('etcd-autopilot-core', 'member', ['a', 'b', 'c', 'd', 'e'])];
    const rolling = ['update', 'core', '--updates', 'rolling', '--yes'];

    test('is refused where the group was scaled by hand: it would be put back', async () => {
      const cloud = openFakeCloud({ stacks, groups });
      const { code, err } = await run(rolling, { cloud });
      expect(code).toBe(2);
      expect(isOneLine(err)).toBe(true);
      expect(err).toContain('scaled to 5 by hand, its stack says 3');
      expect(err).toContain('give --size 5 to keep it, or --size 3');
      expect(cloud.done).toEqual([]);
    });

    test('is refused for workers alike', async () => {
      const scaled = [groupOf('etcd-autopilot-core-r3', 'worker', ['a', 'b', 'c'])];
      const args = ['update', 'r3', '--updates', 'rolling', '--yes'];
      const { code, err } = await run(args, { cloud: openFakeCloud({ stacks, groups: scaled }) });
      expect(code).toBe(2);
      expect(err).toContain('worker group r3 of cluster core was scaled to 3 by hand, its stack says 2');
    });

    test.each([['5'], ['3']])('goes on where the size is given: %s', async (size) => {
      const cloud = openFakeCloud({ stacks, groups });
      expect(await run([...rolling, '--size', size], { cloud })).toMatchObject({ code: 0 });
    });

    test('goes on where the group is as its stack says, and by refresh whatever it is', async () => {
      const three = [groupOf('etcd-autopilot-core', 'member', ['a', 'b', 'c'])];
      expect(await run(rolling, { cloud: openFakeCloud({ stacks, groups: three }) })).toMatchObject({
        code: 0,
      });
      expect(
        await run(['update', 'core', '--yes'], { cloud: openFakeCloud({ stacks, groups }) }),
      ).toMatchObject({
        code: 0,
      });
    });
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
    [
      ['update', 'core', '--updates', 'never', '--yes'],
      '--updates takes refresh, rolling, new-only, not "never"',
    ],
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
