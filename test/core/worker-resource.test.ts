import { describe, expect, test } from 'vitest';
import { parseCfnRequest } from '../../functions/core/cfn.ts';
import { readWorkerProperties, workersIdOf } from '../../functions/core/worker-resource.ts';

const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/web/77aa';

function read(properties: Readonly<Record<string, unknown>>) {
  const parsed = parseCfnRequest({
    RequestType: 'Create',
    ResponseURL: 'https://answer.here',
    StackId: STACK,
    RequestId: 'r',
    LogicalResourceId: 'Workers',
    ResourceProperties: { Cluster: 'core', Group: 'g', ...properties },
  });
  if (!parsed.ok) throw new Error(parsed.reason);
  return readWorkerProperties(parsed.request);
}

describe('the properties of workers', () => {
  test('are read as the tags of the group will be read', () => {
    const parsed = read({
      Metadata: 'role=web',
      DnsZone: 'Z1',
      DnsName: 'Web.Example.COM.',
      DnsAddress: 'ipv6',
      DnsTtl: '60',
      Services: 'web:8080',
      DrainSeconds: '5',
      MaxRebooting: '3',
    });
    expect(parsed).toMatchObject({
      problems: [],
      workers: {
        cluster: 'core',
        withTls: null,
        group: {
          name: 'g',
          role: 'worker',
          metadata: new Map([['role', 'web']]),
          front: { zone: 'Z1', name: 'web.example.com', address: 'ipv6', ttlSeconds: 60 },
          services: [{ name: 'web', port: 8080 }],
          drainSeconds: 5,
          maxRebooting: 3,
        },
      },
    });
  });

  test('may be left out or empty, as a template without them leaves them', () => {
    const parsed = read({ Metadata: '', Services: '', DnsAddress: 'private', DnsTtl: '30', Tls: 'none' });
    expect(parsed).toMatchObject({
      problems: [],
      workers: { withTls: false, group: { front: null, services: [] } },
    });
  });

  test.each([{ DnsName: 'web.example.com' }, { DnsZone: 'Z1' }, { DnsZone: 'zone', DnsName: 'a.b' }])(
    'do not go halfway: %j',
    (properties) => {
      expect(read(properties)).toMatchObject({
        problems: [expect.any(String)],
        workers: { group: { front: null } },
      });
    },
  );
});

test('the name of a rule that EventBridge would refuse is told before anything is made', () => {
  const ruleOf = (nameChars: number) => `etcd-autopilot-core-${'n'.repeat(nameChars)}-schedule`;
  expect(read({ RuleName: ruleOf(35) }).problems).toEqual([]);
  expect(read({ RuleName: ruleOf(36) }).problems).toEqual([
    expect.stringContaining('has 65 characters, at most 64 fit: shorten the names of cluster or group'),
  ]);
});

test('the id of workers is short enough for CloudFormation, with the longest of names', () => {
  const parsed = read({
    Cluster: `c${'x'.repeat(31)}`,
    Group: 'g'.repeat(255),
    DnsZone: 'Z'.repeat(32),
    DnsName: `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(40)}`,
  });
  if (parsed.workers === null) throw new Error(parsed.problems.join());
  expect(Buffer.byteLength(workersIdOf(parsed.workers, STACK))).toBeLessThanOrEqual(1_024);
});
