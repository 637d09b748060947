import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteStack, putStack } from '../../../infra/local/stacks.ts';
import { run } from '../../local-region/clients.ts';
import { type Clients, clientsOf, idsIn, openRegion, until } from './fixtures/region.ts';

let region: Awaited<ReturnType<typeof openRegion>>;
let clients: Clients;

beforeAll(async () => {
  region = await openRegion();
  clients = clientsOf(region);
}, 90_000);

afterAll(() => region.close(), 20_000);

/** Two web servers behind an application load balancer, each with a file that its health is. */
const TEMPLATE = JSON.stringify({
  Resources: {
    Balancer: {
      Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      Properties: { Name: 'web', Type: 'application' },
    },
    Targets: {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      Properties: { Protocol: 'HTTP', Port: 8080, HealthCheckPath: '/health', UnhealthyThresholdCount: 2 },
    },
    Listener: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Properties: {
        LoadBalancerArn: { Ref: 'Balancer' },
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [{ Type: 'forward', TargetGroupArn: { Ref: 'Targets' } }],
      },
    },
    Template: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: {
        LaunchTemplateData: {
          ImageId: 'ami-1',
          InstanceType: 't3.micro',
          UserData: Buffer.from(
            `#!/bin/sh
address=$(echo "$AWS_EC2_METADATA_SERVICE_ENDPOINT" | sed 's,http://,,; s,:.*,,')
mkdir www; echo "I am $address" | tee www/index.html >www/health
exec python3 -m http.server 8080 --bind "$address" --directory www
`,
          ).toString('base64'),
        },
      },
    },
    Group: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      DependsOn: 'Listener',
      Properties: {
        AutoScalingGroupName: 'web',
        MinSize: 0,
        MaxSize: 3,
        DesiredCapacity: 2,
        AvailabilityZones: ['us-east-1a'],
        HealthCheckType: 'EC2',
        TargetGroupARNs: [{ Ref: 'Targets' }],
        LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' }, Version: '1' },
      },
    },
  },
  Outputs: {
    Targets: { Value: { Ref: 'Targets' } },
    Name: { Value: { 'Fn::GetAtt': ['Balancer', 'DNSName'] } },
  },
});

test('a load balancer sends to those of its targets that answer its checks, and tells who does not', async () => {
  const { Targets = '', Name = '' } = await putStack(region, { name: 'web', templateText: TEMPLATE });
  const ids = await idsIn(clients, 'web', 'InService', 2);
  const healthOf = async (): Promise<string> => {
    const query = new URLSearchParams({
      Action: 'DescribeTargetHealth',
      Version: '2015-12-01',
      TargetGroupArn: Targets,
    });
    const xml = await (await fetch(region.endpoint, { method: 'POST', body: query })).text();
    return [...xml.matchAll(/<Id>(i-\w+)<.*?<State>(\w+)</gs)]
      .map(([, id, state]) => `${id} ${state}`)
      .sort()
      .join();
  };
  const all = (state: (id: string) => string): string =>
    ids
      .map((id) => `${id} ${state(id)}`)
      .sort()
      .join();
  await until('both are healthy', async () => ((await healthOf()) === all(() => 'healthy') ? true : null));
  const [sick = '', well = ''] = ids;
  rmSync(join(region.machines.rootOf(sick), 'www', 'health'));
  await until(
    'one is not',
    async () => ((await healthOf()) === all((id) => (id === sick ? 'unhealthy' : 'healthy')) ? true : null),
    30_000,
  );
  for (let request = 0; request < 5; request += 1) {
    const { out } = await run('curl', ['-sS', '-m', '5', '-H', `Host: ${Name}`, `${region.endpoint}/`], {});
    expect(out).toBe(`I am ${region.groups.instance(well).address}\n`);
  }
  await deleteStack(region, { name: 'web' });
}, 60_000);
