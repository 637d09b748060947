import { describe, expect, test } from 'vitest';
import { autopilotStack, changeOf, coreStack, openFakeCloud, workersStack } from './fake-cloud.ts';
import { isOneLine, run } from './run.ts';

describe('launch-workers', () => {
  const stacks = [autopilotStack, coreStack('core')];
  const zones = new Map([['Z1', 'example.org']]);
  const base = ['launch-workers', '-n', 'web', '-j', 'core', '--yes'];

  test('reads the stack of the cluster, so that nothing is asked twice', async () => {
    const core = coreStack('core', {
      name: 'mine',
      outputs: new Map([
        ['Cluster', 'core'],
        ['AutopilotStack', 'pilot'],
        ['Zone', 'Z1'],
        ['Tls', 'parameters'],
        ['SecretsPath', '/secrets'],
      ]),
    });
    const cloud = openFakeCloud({ stacks: [autopilotStack, core], zones });
    const args = [
      '-t',
      't3.small',
      '-t',
      't3a.small',
      '-m',
      'role=web',
      '--service',
      'web:8080',
      '--service',
      'ssh:22',
    ];
    const { code, err } = await run([...base, ...args, '--dns-name', 'www.example.org'], { cloud });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(cloud.requests[0]?.stack).toBe('etcd-autopilot-core-web');
    expect(Object.fromEntries(cloud.requests[0]?.given ?? [])).toEqual({
      Cluster: 'core',
      Name: 'web',
      CoreStack: 'mine',
      AutopilotStack: 'pilot',
      InstanceTypes: 't3.small,t3a.small',
      Metadata: 'role=web',
      Services: 'web:8080,ssh:22',
      DnsName: 'www.example.org',
      DnsZone: 'Z1',
      Tls: 'parameters',
      SecretsPath: '/secrets',
    });
  });

  test.each([
    [['-m', 'role'], 'must be key=value'],
    [['-m', 'role=a,role=b'], 'stands there twice'],
    [['--service', 'web:99999'], 'port from 1 to 65535'],
    [['--service', 'web'], 'Services: "web" must be name:port'],
    [['--size', '20'], 'Size 20 is more than MaxSize 10'],
    [['--min-size', '3', '--size', '2'], 'MinSize 3 is more than Size 2'],
    [['--dns-ttl', '20'], 'give --dns-name'],
    [['--dns-ttl', '0'], '--dns-ttl takes 1 to 300'],
    [['--dns-name', 'Www.example.org'], 'must be a name in lower case'],
    [['--dns-name', 'www.example.com'], 'is not in hosted zone Z1, which is example.org'],
    [['--dns-name', 'www.example.org', '--dns-zone', 'Z9'], 'there is no hosted zone Z9'],
    [['--boot-commands', '/nowhere.sh'], '/nowhere.sh cannot be read'],
    [['--load-balancer', 'big'], 'takes none, network, application'],
    [['-n', 'a23456789012345678901234567890123'], 'no name of a worker group'],
    [
      ['--load-balancer', 'network', '--target-group', 'arn:x'],
      'LoadBalancer, which makes one, must be none',
    ],
    [['--env-command', 'true'], 'EnvCommand needs EnvPrefix'],
    [['-j', 'blue'], 'no cluster blue in this account and region (there is: core)'],
    [['--core-stack', 'etcd-autopilot'], 'is that of cluster unknown'],
    [['--parameter', 'CoreStack=x'], 'CoreStack has an option of its own'],
  ])('%j is refused in one line before anything happens', async (args, words) => {
    const cloud = openFakeCloud({ stacks, zones });
    const { code, out, err } = await run([...base, ...args], { cloud });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(isOneLine(err)).toBe(true);
    expect(err).toContain(words);
    expect(cloud.done).toEqual([]);
  });

  test('names of cluster and group that are too long together are refused', async () => {
    const long = 'a'.repeat(20);
    const { code, err } = await run(['launch-workers', '-n', long, '-j', long, '--yes'], {
      cloud: openFakeCloud(),
    });
    expect(code).toBe(2);
    expect(err).toContain('40 characters together, at most 39 fit');
  });

  test('a cluster whose certificates come in a way that workers do not have asks how theirs do', async () => {
    const core = coreStack('core');
    const outputs = new Map([...core.outputs, ['Tls', 'command']]);
    const settings = { stacks: [autopilotStack, { ...core, outputs }] };
    const { err } = await run(base, { cloud: openFakeCloud(settings) });
    expect(err).toContain('give --parameter Tls=parameters');
    const given = [...base, '--parameter', 'Tls=parameters'];
    expect(await run(given, { cloud: openFakeCloud(settings) })).toMatchObject({ code: 0, err: '' });
  });

  test('a group that the cluster has already in another stack is refused', async () => {
    const other = workersStack('core', 'web', { name: 'mine' });
    const { code, err } = await run(base, { cloud: openFakeCloud({ stacks: [...stacks, other] }) });
    expect(code).toBe(2);
    expect(err).toContain('has a worker group web already, in stack mine');
  });

  test('takes the cluster from the environment, as status does', async () => {
    const cloud = openFakeCloud({ stacks, changeSet: { changes: [changeOf('WorkerGroup')] } });
    const args = ['launch-workers', '-n', 'web', '--yes'];
    expect(await run(args, { cloud, env: { CLUSTER: 'core' } })).toMatchObject({ code: 0 });
    expect((await run(args, { cloud })).err).toContain('--join <cluster>');
  });
});
