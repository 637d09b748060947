import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { afterAll, describe, expect, test } from 'vitest';
import { parseMetadata } from '../../functions/core/metadata.ts';
import { CLUSTER_NAME, TAG, WORKER_HOOK, ZONE_ID } from '../../functions/core/names.ts';
import { joinScript } from '../../infra/build/join-script.ts';
import { renderWorkersTemplate, writeWorkersTemplate } from '../../infra/build/render-cluster.ts';
import { at, isTree, NOTHING, readTemplate, unless } from './template-tree.ts';

const TEMPLATE_BYTES_MAX = 51_200;
const USER_DATA_BYTES_MAX = 16_384;

const template = readTemplate(renderWorkersTemplate());
const cluster = readTemplate(readFileSync(new URL('../../infra/cluster.yml', import.meta.url), 'utf8'));
const property = (name: string, ...path: readonly (string | number)[]) =>
  at(template, 'Resources', name, 'Properties', ...path);
const parameter = (name: string, key: string) => at(template, 'Parameters', name, key);
const ofAutopilot = (name: string) => ({ 'Fn::ImportValue': { 'Fn::Sub': `\${AutopilotStack}-${name}` } });
const ofCore = (name: string) => ({
  'Fn::ImportValue': {
    'Fn::If': [
      'HasCoreName',
      { 'Fn::Sub': `\${CoreStack}-${name}` },
      { 'Fn::Sub': `etcd-autopilot-\${Cluster}-${name}` },
    ],
  },
});
const GROUP = { 'Fn::Sub': `etcd-autopilot-\${Cluster}-\${Name}` };
const iff = (condition: string, value: unknown, otherwise: unknown = NOTHING) => ({
  'Fn::If': [condition, value, otherwise],
});

describe('the rendered template', () => {
  const dir = mkdtempSync(join(tmpdir(), 'workers-template-'));
  const engine = new RegoEngine();
  afterAll(() => {
    engine.free();
    rmSync(dir, { recursive: true, force: true });
  });
  const errorsIn = (path: string) =>
    engine
      .validateStandard(new TemplateFile(path))
      .diagnostics.filter(({ severity }) => severity === 'FATAL' || severity === 'ERROR')
      .map(({ entity, message }) => `${entity?.logicalId}: ${message.slice(0, 40)}`);
  /** It takes the default of a parameter also where a condition leaves that parameter out. */
  const MISTAKEN = [
    "WorkerRole: 'none' does not match pattern 'arn:(aws[a-zA",
    "Balancer: 'core' does not match format 'AWS::EC2::S",
  ].map((text) => text.slice(0, text.indexOf(':') + 42));

  test('has no error that the validator of CloudFormation knows, but those that it takes for some', {
    timeout: 90_000,
  }, () => {
    expect(errorsIn(writeWorkersTemplate(dir))).toEqual(MISTAKEN);
  });

  test('the validator does notice a mistake in it, so its silence says something', {
    timeout: 90_000,
  }, () => {
    const path = join(dir, 'broken.yml');
    writeFileSync(path, renderWorkersTemplate().replace('HeartbeatTimeout: 600', 'HeartbeatTimeout: soon'));
    expect(errorsIn(path).join()).toContain('WorkerGroup');
  });

  test('fits into what CloudFormation takes as a body', () => {
    expect(Buffer.byteLength(renderWorkersTemplate())).toBeLessThanOrEqual(TEMPLATE_BYTES_MAX);
  });

  test('every parameter is described and has a default: the cluster tells the rest', () => {
    const parameters = at(template, 'Parameters');
    const entries = Object.entries(isTree(parameters) ? parameters : {});
    expect(entries.length).toBeGreaterThan(30);
    expect(entries.filter(([, value]) => typeof at(value, 'Description') !== 'string')).toEqual([]);
    expect(entries.filter(([, value]) => at(value, 'Default') === undefined)).toEqual([]);
  });

  test('imports of the cluster and of the autopilot only what they export', () => {
    const imports = [...renderWorkersTemplate().matchAll(/\$\{(CoreStack|AutopilotStack)\}-(\w+)/g)];
    const names = (stack: string) =>
      [...new Set(imports.filter(([, of]) => of === stack).map(([, , n]) => n))].sort();
    const outputs = at(cluster, 'Outputs');
    const exported = Object.keys(isTree(outputs) ? outputs : {});
    expect(names('CoreStack')).toEqual([
      'ClientSecurityGroup',
      'EtcdReleases',
      'EtcdSha256',
      'EtcdVersion',
      'SubnetIds',
      'VpcId',
    ]);
    expect(names('CoreStack').filter((name) => !exported.includes(String(name)))).toEqual([]);
    expect(names('AutopilotStack')).toEqual([
      'CustomResourcesArn',
      'DnsQueueArn',
      'RegistryQueueArn',
      'UndeliveredArn',
    ]);
    expect(renderWorkersTemplate().match(/etcd-autopilot-\$\{Cluster\}-(?!\$)[A-Z]/g)).toHaveLength(
      imports.filter(([, of]) => of === 'CoreStack').length,
    );
  });

  test('takes what the autopilot takes', () => {
    expect(parameter('Cluster', 'AllowedPattern')).toBe(CLUSTER_NAME.source);
    const zone = new RegExp(String(parameter('DnsZone', 'AllowedPattern')));
    for (const text of ['Z1', 'z1', 'a.b', 'Z'.repeat(33)]) expect(zone.test(text)).toBe(ZONE_ID.test(text));
    const metadata = new RegExp(String(parameter('Metadata', 'AllowedPattern')));
    for (const text of ['', 'role=web', 'a=1,b=x/y:z@1', 'role', 'a=b c', '1a=b', 'a=b;c', "a='x'"])
      expect(metadata.test(text), text).toBe(parseMetadata(text).ok);
  });
});

describe('the rules of the template', () => {
  const rule = (name: string) => {
    const { Assert, AssertDescription } = Object(at(template, 'Rules', name, 'Assertions', 0));
    return {
      when: at(template, 'Rules', name, 'RuleCondition'),
      allows: Assert,
      words: String(AssertDescription),
    };
  };
  const is = (name: string, value: string) => ({ 'Fn::Equals': [{ Ref: name }, value] });
  const release = (name: string) => ({ 'Fn::Not': [{ 'Fn::Or': [is(name, 'core'), is(name, 'none')] }] });

  test.each([
    ['NameNeedsZone', unless('DnsName', 'none'), unless('DnsZone', 'none')],
    ['ZoneNeedsName', unless('DnsZone', 'none'), unless('DnsName', 'none')],
    ['OneKindOfTargets', unless('TargetGroupArns', 'none'), is('LoadBalancer', 'none')],
    ['CertificateNeedsLoadBalancer', unless('CertificateArn', 'none'), unless('LoadBalancer', 'none')],
    ['CommandNeedsPrefix', unless('EnvCommand', ''), unless('EnvPrefix', '')],
    ['ReleaseHasChecksum', release('EtcdVersion'), release('EtcdSha256')],
  ])('%s: what cannot go together is refused before anything is made', (name, when, allows) => {
    expect(rule(name)).toMatchObject({ when, allows });
    expect(rule(name).words).toMatch(/^[A-Z][A-Za-z]+ (needs|are of) /);
  });

  test('are these', () => {
    const rules = at(template, 'Rules');
    expect(Object.keys(isTree(rules) ? rules : {})).toHaveLength(6);
  });
});

describe('the user data', () => {
  const parts = property('WorkerTemplate', 'LaunchTemplateData', 'UserData', 'Fn::Base64', 'Fn::Join', 1);
  const header = String(at(parts, 0, 'Fn::Sub', 0));

  test('begins with a script line and plain settings, the only text that is substituted', () => {
    expect(header.split('\n').map((line) => line.split('=')[0])).toEqual([
      '#!/bin/sh',
      ...[
        'CLUSTER',
        'NAME',
        'GROUP',
        'HOOK',
        'STACK',
        'METADATA',
        'LOCAL_ETCD',
        'ENV_PREFIX',
        'ENV_FILE',
        'ENV_COMMAND',
      ],
      ...[
        'BOOT_SECONDS',
        'ETCD_VERSION',
        'ETCD_SHA256',
        'ETCD_RELEASES',
        'TLS',
        'TLS_CA',
        'TLS_CERT',
        'TLS_KEY',
      ],
      '[ "$ETCD_VERSION" !',
      '',
    ]);
    expect(header).toContain(`HOOK=${WORKER_HOOK.ready}\n`);
    expect(header).toContain(`GROUP=etcd-autopilot-\${Cluster}-\${Name}\n`);
    expect(header).toContain(`STACK=\${AWS::StackName}\n`);
    expect(at(parts, 'length')).toBe(4);
  });

  test('takes no parameter into the shell that could hold more than one word, but between quotes', () => {
    const bad = ['core; reboot', '$(id)', 'a b', "it's", '`id`', 'a\nb', 'a&b'];
    const plain = [...header.matchAll(/^\w+=.*\$\{(\w+)\}/gm)].map(
      ([line, name]) => [line, name ?? ''] as const,
    );
    const own = plain.filter(([, name]) => isTree(at(template, 'Parameters', name)));
    expect(own.length).toBeGreaterThan(10);
    for (const [line, name] of own) {
      const pattern = parameter(name, 'AllowedPattern');
      if (pattern === undefined) {
        const isClosed =
          parameter(name, 'AllowedValues') !== undefined || parameter(name, 'Type') === 'Number';
        expect(isClosed, name).toBe(true);
        continue;
      }
      const isQuoted = header.includes(`${line}'\n`);
      for (const text of bad) {
        if (isQuoted && /^[a-z ]+$/.test(text)) continue; // a blank between quotes
        expect(new RegExp(String(pattern)).test(text), `${name}: ${text}`).toBe(false);
      }
    }
  });

  test('holds the boot script, packed, and the boot commands as they are, where nothing is expanded', () => {
    const packed = /<<'PACKED' .*\n([\s\S]*)\nPACKED\n/.exec(String(at(parts, 1)))?.[1] ?? '';
    const script = gunzipSync(Buffer.from(packed, 'base64')).toString();
    expect(script).toContain('lifecycle CompleteLifecycleAction');
    expect(String(at(parts, 1))).toMatch(/\ncat >"\$KEEP\/commands\.sh" <<'BOOT_COMMANDS'\n$/);
    expect(at(parts, 2)).toEqual({ Ref: 'BootCommands' });
    expect(String(at(parts, 3))).toBe(
      '\nBOOT_COMMANDS\nmv "$KEEP/boot.new" "$KEEP/boot.sh" && . "$KEEP/boot.sh"\n',
    );
    expect(script, 'where they are looked for').toContain('$KEEP/commands.sh');
  });

  test('fits into what EC2 takes, with the longest boot commands and settings', () => {
    const settings = header.length + 6 * 64 + 256 + 4 * 128;
    const length = settings + Buffer.byteLength(`${at(parts, 1)}${at(parts, 3)}`);
    expect(length + Number(parameter('BootCommands', 'MaxLength'))).toBeLessThanOrEqual(USER_DATA_BYTES_MAX);
  });

  test('gives the release of the cluster, or another one, or none', () => {
    expect(at(parts, 0, 'Fn::Sub', 1)).toEqual({
      Version: iff('HasVersion', { Ref: 'EtcdVersion' }, ofCore('EtcdVersion')),
      Sha256: iff('HasSha256', { Ref: 'EtcdSha256' }, ofCore('EtcdSha256')),
      Releases: ofCore('EtcdReleases'),
    });
    expect(header).toContain(`[ "$ETCD_VERSION" != none ] || ETCD_VERSION='' ETCD_SHA256=''\n`);
  });
});

describe('an instance', () => {
  const statements = property('WorkerRole', 'Policies', 0, 'PolicyDocument', 'Statement');
  const script = joinScript('node/worker.sh');

  test('may do what its boot script does, with its own cluster and its own group, and nothing else', () => {
    const ssm = (path: string) => ({
      'Fn::Sub': `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter${path}`,
    });
    const secret = (name: string) => ssm(`\${SecretsPath}/\${Cluster}/${name}`);
    expect(property('WorkerRole', 'Policies', 'length')).toBe(1);
    expect(statements).toEqual([
      {
        Effect: 'Allow',
        Action: 'ssm:GetParameter',
        Resource: [ssm(`/etcd-autopilot/\${Cluster}/endpoints`), secret('reboot-secret')],
      },
      {
        Effect: 'Allow',
        Action: ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'],
        Resource: [
          {
            'Fn::Sub': `arn:\${AWS::Partition}:autoscaling:\${AWS::Region}:\${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/etcd-autopilot-\${Cluster}-\${Name}`,
          },
        ],
      },
      {
        Effect: 'Allow',
        Action: 'cloudformation:SignalResource',
        Resource: [
          {
            'Fn::Sub': `arn:\${AWS::Partition}:cloudformation:\${AWS::Region}:\${AWS::AccountId}:stack/\${AWS::StackName}/*`,
          },
        ],
      },
      iff('ReadsSecrets', {
        Effect: 'Allow',
        Action: 'ssm:GetParameter',
        Resource: [secret('ca'), secret('worker-cert'), secret('worker-key')],
      }),
      iff('ReadsSecretsOfKey', {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: { Ref: 'SecretsKeyArn' },
        Condition: {
          StringEquals: { 'kms:ViaService': { 'Fn::Sub': `ssm.\${AWS::Region}.\${AWS::URLSuffix}` } },
        },
      }),
    ]);
    expect([...script.matchAll(/Action=([A-Z]\w+)/g)].map(([, call]) => call)).toEqual(['SignalResource']);
    const made = [...script.matchAll(/\b(?:ssm|lifecycle) ([A-Z][a-z]\w+)/g)].map(([, call]) => call);
    expect([...new Set(made)].sort()).toEqual([
      'CompleteLifecycleAction',
      'GetParameter',
      'RecordLifecycleActionHeartbeat',
    ]);
    expect(property('WorkerRole', 'ManagedPolicyArns')).toEqual(
      iff('HasPolicies', { 'Fn::Split': [',', { Ref: 'PolicyArns' }] }),
    );
  });

  test('has only the second version of the metadata service, and an encrypted volume', () => {
    expect(property('WorkerTemplate', 'LaunchTemplateData', 'MetadataOptions')).toEqual({
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
    });
    const ebs = property('WorkerTemplate', 'LaunchTemplateData', 'BlockDeviceMappings', 0, 'Ebs');
    expect(ebs).toMatchObject({ Encrypted: true, VolumeSize: { Ref: 'VolumeSize' } });
  });

  test("is a client of the cluster, and has the user's own security groups", () => {
    expect(property('WorkerTemplate', 'LaunchTemplateData', 'SecurityGroupIds')).toEqual({
      'Fn::Split': [
        ',',
        {
          'Fn::Join': [
            ',',
            [
              { Ref: 'WorkerSecurityGroup' },
              ofCore('ClientSecurityGroup'),
              iff('HasSecurityGroups', { Ref: 'SecurityGroupIds' }),
            ],
          ],
        },
      ],
    });
    const ingress = property('WorkerSecurityGroup', 'SecurityGroupIngress');
    expect(ingress).toEqual([
      iff(
        'HasLoadBalancer',
        expect.objectContaining({ SourceSecurityGroupId: { Ref: 'BalancerSecurityGroup' } }),
      ),
    ]);
  });
});

describe('the group', () => {
  test('has the hooks of readiness, names and keys from its first instance on, that of names only with a name', () => {
    const hook = (name: string, what: string, result: string) => ({
      LifecycleHookName: name,
      LifecycleTransition: `autoscaling:EC2_INSTANCE_${what}`,
      HeartbeatTimeout: 600,
      DefaultResult: result,
    });
    expect(property('WorkerGroup', 'LifecycleHookSpecificationList')).toEqual([
      hook(WORKER_HOOK.ready, 'LAUNCHING', 'ABANDON'),
      // An abandoned one would end the others that hold the same instance.
      iff('HasDns', hook(WORKER_HOOK.dns, 'TERMINATING', 'CONTINUE')),
      hook(WORKER_HOOK.registry, 'TERMINATING', 'CONTINUE'),
    ]);
  });

  test('carries the tags that its parameters ask for, under the names that the functions read', () => {
    const tag = (key: string, name: string) => ({ Key: key, Value: { Ref: name }, PropagateAtLaunch: false });
    expect(property('WorkerGroup', 'Tags')).toEqual([
      { Key: 'Name', Value: { 'Fn::Sub': `etcd-\${Cluster}-\${Name}` }, PropagateAtLaunch: true },
      { Key: TAG.cluster, Value: { Ref: 'Cluster' }, PropagateAtLaunch: true },
      { Key: TAG.role, Value: 'worker', PropagateAtLaunch: true },
      tag(TAG.drainSeconds, 'DrainSeconds'),
      tag(TAG.maxRebooting, 'MaxRebooting'),
      iff('HasMetadata', tag(TAG.metadata, 'Metadata')),
      iff('HasServices', tag(TAG.service, 'Services')),
      iff('HasDns', tag(TAG.dnsZone, 'DnsZone')),
      iff('HasDns', tag(TAG.dnsName, 'DnsName')),
      iff('HasDns', tag(TAG.dnsAddress, 'DnsAddress')),
      iff('HasDns', tag(TAG.dnsTtl, 'DnsTtl')),
    ]);
  });

  test('is made after, and so deleted before, all that a leaving instance needs; the check of its settings is first', () => {
    const before = ['EventRule', 'EndingRule', 'ScheduleRule', 'Workers', 'WorkerRole', 'WorkerProfile'];
    expect(at(template, 'Resources', 'WorkerGroup', 'DependsOn')).toEqual(before);
    const first = [
      'EventRule',
      'EndingRule',
      'ScheduleRule',
      'WorkerRole',
      'WorkerSecurityGroup',
      'BalancerSecurityGroup',
      'TargetGroup',
    ];
    for (const name of first) expect(at(template, 'Resources', name, 'DependsOn'), name).toBe('Workers');
    expect(property('WorkerGroup', 'AutoScalingGroupName')).toEqual(GROUP);
    expect(property('EventRule', 'EventPattern', 'detail')).toEqual({ AutoScalingGroupName: [GROUP] });
  });

  test('is refreshed, rolled or left alone by an update, as its parameter says', () => {
    expect(parameter('Updates', 'Default')).toBe('refresh');
    expect(at(template, 'Conditions', 'Refreshes')).toEqual({
      'Fn::Equals': [{ Ref: 'Updates' }, 'refresh'],
    });
    expect(at(template, 'Conditions', 'Rolls')).toEqual({ 'Fn::Equals': [{ Ref: 'Updates' }, 'rolling'] });
    expect(at(template, 'Resources', 'WorkerGroup', 'UpdatePolicy')).toEqual({
      AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: iff('Rolls', false, true) },
      AutoScalingInstanceRefresh: iff('Refreshes', {
        Strategy: 'Rolling',
        Preferences: {
          MinHealthyPercentage: 100,
          MaxHealthyPercentage: 150,
          InstanceWarmup: 0,
          SkipMatching: true,
        },
      }),
      AutoScalingRollingUpdate: iff('Rolls', {
        MaxBatchSize: 1,
        MinInstancesInService: { Ref: 'Size' },
        MinSuccessfulInstancesPercent: 100,
        WaitOnResourceSignals: true,
        PauseTime: 'PT1H',
        SuspendProcesses: ['AZRebalance', 'AlarmNotification', 'ScheduledActions'],
      }),
    });
  });

  test('is judged by its target groups where it has any, its own or given ones', () => {
    expect(property('WorkerGroup', 'HealthCheckType')).toEqual(iff('HasTargets', 'ELB', 'EC2'));
    expect(at(template, 'Conditions', 'HasTargets')).toEqual({
      'Fn::Or': [{ Condition: 'HasLoadBalancer' }, { Condition: 'HasTargetGroups' }],
    });
    const own = { 'Fn::Select': [0, { 'Fn::Split': ['|', { 'Fn::Sub': `\${TargetGroup}|\${Listener}` }] }] };
    expect(property('WorkerGroup', 'TargetGroupARNs')).toEqual(
      iff(
        'HasLoadBalancer',
        [own],
        iff('HasTargetGroups', { 'Fn::Split': [',', { Ref: 'TargetGroupArns' }] }),
      ),
    );
  });
});

describe('several instance types', () => {
  /** What CloudFormation makes of a value, with the list of types that is given. */
  const resolve = (value: unknown, types: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => resolve(item, types));
    if (!isTree(value)) return value;
    const [key = '', argument] = Object.entries(value)[0] ?? [];
    const [a, b]: readonly unknown[] = Array.isArray(argument)
      ? argument.map((item) => resolve(item, types))
      : [];
    const list = (item: unknown): readonly unknown[] => (Array.isArray(item) ? item : []);
    if (key === 'Ref') return types;
    if (key === 'Fn::Join') return list(b).join(String(a));
    if (key === 'Fn::Split') return String(b).split(String(a));
    if (key === 'Fn::Select') return list(b)[Number(a)];
    if (key === 'Fn::Equals') return a === b;
    if (key === 'Fn::Not') return a !== true;
    if (key === 'Fn::And') return a === true && b === true;
    if (key === 'Condition') return resolve(at(template, 'Conditions', String(argument)), types);
    throw new Error(`${key} is not resolved here`);
  };
  const overrides = property(
    'WorkerGroup',
    'MixedInstancesPolicy',
    'Fn::If',
    1,
    'LaunchTemplate',
    'Overrides',
  );
  const typesOf = (text: string): readonly unknown[] =>
    (Array.isArray(overrides) ? overrides : []).flatMap((item) => {
      const choice = at(item, 'Fn::If');
      if (!Array.isArray(choice)) return [resolve(at(item, 'InstanceType'), text)];
      const isTaken = resolve({ Condition: choice[0] }, text) === true;
      return isTaken ? [resolve(at(choice[1], 'InstanceType'), text)] : [];
    });

  test.each(['t3.a', 't3.a,t3.b', 't3.a,t3.b,t3.c', 't3.a,t3.b,t3.c,t3.d', 'a.a,b.b,c.c,d.d,e.e,f.f'])(
    'are all in the policy, in their order, and none twice: %s',
    (text) => {
      expect(typesOf(text)).toEqual(text.split(','));
      expect(new RegExp(String(parameter('InstanceTypes', 'AllowedPattern'))).test(text)).toBe(true);
    },
  );

  test('make a mixed group, as spot instances do, and one type is a plain one', () => {
    expect(at(template, 'Conditions', 'IsMixed')).toEqual({
      'Fn::Or': [{ Condition: 'HasType2' }, unless('OnDemandPercent', '100')],
    });
    const version = {
      LaunchTemplateId: { Ref: 'WorkerTemplate' },
      Version: { 'Fn::GetAtt': ['WorkerTemplate', 'LatestVersionNumber'] },
    };
    expect(property('WorkerGroup', 'LaunchTemplate')).toEqual(iff('IsMixed', NOTHING, version));
    expect(property('WorkerGroup', 'CapacityRebalance')).toEqual(iff('IsMixed', true, false));
  });
});

describe('the rules of events', () => {
  const target = (id: string, arn: string, group: string, rest: object = {}) => ({
    Id: id,
    Arn: ofAutopilot(arn),
    SqsParameters: { MessageGroupId: { Ref: group } },
    DeadLetterConfig: { Arn: ofAutopilot('UndeliveredArn') },
    ...rest,
  });
  const registry = target('registry', 'RegistryQueueArn', 'Cluster');

  test('bring what happens to the group to registry, and to dns where it has a name', () => {
    const dns = iff('HasDns', target('dns', 'DnsQueueArn', 'DnsZone'));
    expect(property('EventRule', 'Targets')).toEqual([registry, dns]);
  });

  test('S36 bring spot interruptions to both, in words that differ by cluster and zone: queues swallow equal ones', () => {
    const worded = (zone: string) => ({
      InputTransformer: {
        InputPathsMap: { id: '$.id', time: '$.time' },
        InputTemplate: {
          'Fn::Sub': `{"etcdAutopilot":1,"request":"look","cluster":"\${Cluster}",${zone}"from":"ending","nonce":"<time>/<id>"}`,
        },
      },
    });
    expect(property('EndingRule', 'EventPattern')).toEqual({
      source: ['aws.ec2'],
      'detail-type': ['EC2 Spot Instance Interruption Warning'],
    });
    expect(property('EndingRule', 'Targets')).toEqual([
      target('registry', 'RegistryQueueArn', 'Cluster', worded('')),
      iff('HasDns', target('dns', 'DnsQueueArn', 'DnsZone', worded(`"zone":"\${DnsZone}",`))),
    ]);
  });

  test('a tick has no fixed body, which deduplication would swallow four times of five', () => {
    const input = `{"etcdAutopilot":1,"request":"look","cluster":"\${Cluster}","zone":"\${DnsZone}","from":"schedule","nonce":"<time>/<id>"}`;
    const transformer = {
      InputTransformer: {
        InputPathsMap: { id: '$.id', time: '$.time' },
        InputTemplate: { 'Fn::Sub': input },
      },
    };
    expect(property('ScheduleRule', 'ScheduleExpression')).toBe('rate(1 minute)');
    expect(property('ScheduleRule', 'Targets')).toEqual([
      registry,
      iff('HasDns', target('dns', 'DnsQueueArn', 'DnsZone', transformer)),
    ]);
  });

  test.each([
    ['EventRule', 'events'],
    ['EndingRule', 'endings'],
    ['ScheduleRule', 'schedule'],
  ])('%s is named as the policy of the queues demands', (rule, suffix) => {
    expect(property(rule, 'Name')).toEqual({ 'Fn::Sub': `etcd-autopilot-\${Cluster}-\${Name}-${suffix}` });
  });
});

describe('the check of the settings', () => {
  test('is told all of them, with words that it knows', () => {
    const iffDns = (name: string) => iff('HasDns', { Ref: name });
    expect(property('Workers')).toEqual({
      ServiceToken: ofAutopilot('CustomResourcesArn'),
      ServiceTimeout: 180,
      Cluster: { Ref: 'Cluster' },
      Group: GROUP,
      RuleName: property('ScheduleRule', 'Name'),
      Tls: { Ref: 'Tls' },
      Metadata: { Ref: 'Metadata' },
      DnsZone: iffDns('DnsZone'),
      DnsName: iffDns('DnsName'),
      DnsAddress: { Ref: 'DnsAddress' },
      DnsTtl: { Ref: 'DnsTtl' },
      Services: { Ref: 'Services' },
      DrainSeconds: { Ref: 'DrainSeconds' },
      MaxRebooting: { Ref: 'MaxRebooting' },
    });
  });
});
