import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { afterAll, describe, expect, test } from 'vitest';
import { DEFAULT_GATE, DEFAULT_GRACE_SECONDS } from '../../functions/core/config.ts';
import { CLUSTER_NAME, HOOK, TAG } from '../../functions/core/names.ts';
import { VOTERS_MAX } from '../../functions/core/plan/joins.ts';
import { joinScript, withoutComments } from '../../infra/build/join-script.ts';
import { renderClusterTemplate, writeClusterTemplate } from '../../infra/build/render-cluster.ts';
import { CHECKSUMS, PINNED_VERSION } from '../../infra/etcd/from-release.ts';
import { at, isTree, NOTHING, readTemplate, unless } from './template-tree.ts';

const SCRIPT = withoutComments(joinScript('node/member.sh'));
/** EC2 takes 16 KB; the rest is for what users add. */
const USER_DATA_BYTES_MAX = 14 * 1024;
const TEMPLATE_BYTES_MAX = 51_200;

const template = readTemplate(renderClusterTemplate());
const resource = (name: string, ...path: readonly (string | number)[]) =>
  at(template, 'Resources', name, ...path);
const property = (name: string, ...path: readonly (string | number)[]) =>
  resource(name, 'Properties', ...path);
const imported = (name: string) => ({ 'Fn::ImportValue': { 'Fn::Sub': `\${AutopilotStack}-${name}` } });
const userDataParts = () =>
  property('MemberTemplate', 'LaunchTemplateData', 'UserData', 'Fn::Base64', 'Fn::Join', 1);

describe('the rendered template', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cluster-template-'));
  const engine = new RegoEngine();
  afterAll(() => {
    engine.free();
    rmSync(dir, { recursive: true, force: true });
  });
  const errorsIn = (path: string) =>
    engine
      .validateStandard(new TemplateFile(path))
      .diagnostics.filter(({ severity }) => severity === 'FATAL' || severity === 'ERROR');

  test('has no error that the validator of CloudFormation knows', { timeout: 90_000 }, () => {
    expect(errorsIn(writeClusterTemplate(dir))).toEqual([]);
  });

  test('the validator does notice a mistake in it, so its silence says something', {
    timeout: 90_000,
  }, () => {
    const path = join(dir, 'broken.yml');
    writeFileSync(path, renderClusterTemplate().replace('HeartbeatTimeout: 1800', 'HeartbeatTimeout: soon'));
    expect(errorsIn(path).map(({ entity }) => entity?.logicalId)).toContain('MemberGroup');
  });

  test('fits into what CloudFormation takes as a body', () => {
    expect(Buffer.byteLength(renderClusterTemplate())).toBeLessThanOrEqual(TEMPLATE_BYTES_MAX);
  });

  test('before rendering it is a readable template too, with a mark where the script goes', () => {
    const source = readFileSync(new URL('../../infra/cluster.yml', import.meta.url), 'utf8');
    expect(at(readTemplate(source), 'Resources', 'MemberTemplate', 'Type')).toBe('AWS::EC2::LaunchTemplate');
    expect(source.match(/^ +\{\{infra\/node\/member\.sh\}\}$/gm)).toHaveLength(1);
    expect(renderClusterTemplate()).not.toContain('{{');
  });

  test.each([
    ['no mark', ''],
    ['a mark with a slip', '  {{infra/node/member.sh }}\n'],
    ['two marks', '  {{infra/node/member.sh}}\n'.repeat(2)],
  ])('a template with %s is refused, and never deployed without its script', (_what, text) => {
    expect(() => renderClusterTemplate(text)).toThrow(/not one/);
  });

  test('every parameter is described, and only the network has no default', () => {
    const parameters = at(template, 'Parameters');
    const entries = Object.entries(isTree(parameters) ? parameters : {});
    expect(entries.filter(([, value]) => typeof at(value, 'Description') !== 'string')).toEqual([]);
    const asked = entries.filter(([, value]) => at(value, 'Default') === undefined).map(([name]) => name);
    expect(asked).toEqual(['VpcId', 'SubnetIds']);
  });

  test('takes exactly the cluster names that the autopilot takes', () => {
    expect(at(template, 'Parameters', 'Cluster', 'AllowedPattern')).toBe(CLUSTER_NAME.source);
  });

  test('installs by default the release that is pinned elsewhere in this project', () => {
    const value = (name: string) => at(template, 'Parameters', name, 'Default');
    expect(value('EtcdVersion')).toBe(PINNED_VERSION);
    expect(value('EtcdSha256')).toBe(CHECKSUMS[`etcd-v${PINNED_VERSION}-linux-amd64.tar.gz`]);
    expect(value('ImageId')).toMatch(/x86_64$/);
  });
});

describe('the user data', () => {
  const unpacking = () => String(at(userDataParts(), 1));
  const packed = () => /<<'PACKED' .*\n([\s\S]*)\nPACKED\n/.exec(unpacking())?.[1] ?? '';

  test('holds the boot script without its comments, packed, out of reach of substitution', () => {
    expect(at(userDataParts(), 'length')).toBe(2);
    expect(gunzipSync(Buffer.from(packed(), 'base64')).toString()).toBe(SCRIPT);
  });

  test('is the same whenever and wherever it is packed: another one would be a new version of the template', () => {
    const [magic1, magic2, , , ...rest] = Buffer.from(packed(), 'base64');
    expect([magic1, magic2]).toEqual([0x1f, 0x8b]);
    expect(rest.slice(0, 4), 'time of the packing').toEqual([0, 0, 0, 0]);
    expect(rest[5], 'system of the packing').toBe(255);
    expect(renderClusterTemplate()).toBe(renderClusterTemplate());
  });

  test('begins with a script line and plain settings, the only text that is substituted', () => {
    expect(at(userDataParts(), 0)).toEqual({
      'Fn::Sub': [
        '#!/bin/sh',
        `CLUSTER=\${Cluster}`,
        `ETCD_VERSION=\${EtcdVersion}`,
        `ETCD_SHA256=\${EtcdSha256}`,
        `ETCD_RELEASES=\${EtcdReleases}`,
        `QUOTA_BYTES=\${QuotaBytes}`,
        `TLS=\${Tls}`,
        `TLS_CA=\${SecretsPath}/\${Cluster}/ca`,
        `TLS_CERT=\${SecretsPath}/\${Cluster}/member-cert`,
        `TLS_KEY=\${SecretsPath}/\${Cluster}/member-key`,
        `TLS_COMMAND='\${TlsCommand}'\n`,
      ].join('\n'),
    });
  });

  test('says where its packed part can be read, here and on the instance', () => {
    expect(unpacking().split('\n')[0]).toMatch(
      /^# .*infra\/node\/member\.sh.*\/var\/lib\/etcd-autopilot\/boot\.sh/,
    );
  });

  test('takes no parameter into the shell that could hold more than one word', () => {
    for (const [name, bad] of [
      ['Cluster', 'core; reboot'],
      ['EtcdVersion', '3.6.14 x'],
      ['EtcdSha256', '$(id)'],
      ['EtcdReleases', 'https://host/$(id)'],
      ['SecretsPath', '/path/$(id)'],
      ['SecretsPath', '/path;id'],
      ['TlsCommand', "it's"],
      ['TlsCommand', 'fetch; reboot'],
      ['TlsCommand', 'fetch\nreboot'],
    ] as const) {
      const pattern = new RegExp(String(at(template, 'Parameters', name, 'AllowedPattern')));
      expect(pattern.test(bad), name).toBe(false);
      expect(pattern.test(String(at(template, 'Parameters', name, 'Default'))), name).toBe(true);
    }
  });

  test('is at most 14 KB, with settings of the greatest likely length', () => {
    const settings = String(at(userDataParts(), 0, 'Fn::Sub')).length + 4 * 32 + 64 + 200 + 3 * 64 + 128;
    expect(settings + Buffer.byteLength(unpacking())).toBeLessThanOrEqual(USER_DATA_BYTES_MAX);
  });
});

describe('an instance', () => {
  test('may read tickets, certificates and snapshots of its own cluster and write reports, and nothing else', () => {
    const parameter = (path: string) => ({
      'Fn::Sub': `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter${path}`,
    });
    const arn = (name: string) => parameter(`/etcd-autopilot/\${Cluster}/${name}`);
    const secret = (name: string) => parameter(`\${SecretsPath}/\${Cluster}/${name}`);
    expect(property('MemberRole', 'ManagedPolicyArns')).toBeUndefined();
    expect(property('MemberRole', 'Policies', 'length')).toBe(1);
    expect(property('MemberRole', 'Policies', 0, 'PolicyDocument', 'Statement')).toEqual([
      {
        Effect: 'Allow',
        Action: 'ssm:GetParameter',
        Resource: [arn('members/*'), secret('reboot-secret')],
      },
      { Effect: 'Allow', Action: 'ssm:PutParameter', Resource: [arn('reports/*')] },
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: [
          {
            'Fn::Sub': [
              `arn:\${AWS::Partition}:s3:::\${Bucket}/\${BackupPrefix}\${Cluster}/*`,
              { Bucket: { 'Fn::If': ['HasBucket', { Ref: 'BackupBucket' }, imported('SnapshotBucket')] } },
            ],
          },
          {
            'Fn::If': [
              'HasRestore',
              {
                'Fn::Sub': [
                  `arn:\${AWS::Partition}:s3:::\${Object}`,
                  {
                    Object: {
                      'Fn::Select': [1, { 'Fn::Split': ['s3://', { 'Fn::Sub': `\${RestoreFrom}s3://` }] }],
                    },
                  },
                ],
              },
              NOTHING,
            ],
          },
        ],
      },
      {
        'Fn::If': [
          'ReadsSecrets',
          {
            Effect: 'Allow',
            Action: 'ssm:GetParameter',
            Resource: [secret('ca'), secret('member-cert'), secret('member-key')],
          },
          NOTHING,
        ],
      },
      {
        'Fn::If': [
          'ReadsSecretsOfKey',
          {
            Effect: 'Allow',
            Action: 'kms:Decrypt',
            Resource: { Ref: 'SecretsKeyArn' },
            Condition: {
              StringEquals: { 'kms:ViaService': { 'Fn::Sub': `ssm.\${AWS::Region}.\${AWS::URLSuffix}` } },
            },
          },
          NOTHING,
        ],
      },
    ]);
    expect(at(template, 'Conditions', 'ReadsSecrets')).toEqual({
      'Fn::Equals': [{ Ref: 'Tls' }, 'parameters'],
    });
    expect(at(template, 'Conditions', 'ReadsSecretsOfKey')).toEqual({
      'Fn::And': [
        { Condition: 'ReadsSecrets' },
        { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'SecretsKeyArn' }, 'none'] }] },
      ],
    });
  });

  test('has only the second version of the metadata service, one hop away, whatever its tags', () => {
    expect(property('MemberTemplate', 'LaunchTemplateData', 'MetadataOptions')).toEqual({
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
    });
  });

  test('has a name that the resolver of the VPC knows, where the cluster has a domain', () => {
    expect(property('MemberTemplate', 'LaunchTemplateData', 'PrivateDnsNameOptions')).toEqual({
      'Fn::If': ['HasDomain', { EnableResourceNameDnsARecord: true, HostnameType: 'resource-name' }, NOTHING],
    });
    expect(at(template, 'Conditions', 'HasDomain')).toEqual(unless('Domain', 'none'));
  });

  test('has an encrypted volume', () => {
    const ebs = property('MemberTemplate', 'LaunchTemplateData', 'BlockDeviceMappings', 0, 'Ebs');
    expect(ebs).toMatchObject({ VolumeType: 'gp3', Encrypted: true, VolumeSize: { Ref: 'VolumeSize' } });
  });

  test('is reached by its peers, its clients and the functions, on the ports of etcd', () => {
    const rules = property('MemberSecurityGroup', 'SecurityGroupIngress');
    const list = Array.isArray(rules)
      ? rules.map((rule) => [at(rule, 'FromPort'), at(rule, 'ToPort'), at(rule, 'SourceSecurityGroupId')])
      : [];
    expect(list).toEqual([
      [2380, 2380, { Ref: 'PeerSecurityGroup' }],
      [2379, 2379, { Ref: 'PeerSecurityGroup' }],
      [2379, 2379, { Ref: 'ClientSecurityGroup' }],
      [2379, 2379, imported('FunctionSecurityGroup')],
    ]);
    expect(property('PeerSecurityGroup', 'SecurityGroupIngress')).toBeUndefined();
    expect(property('MemberTemplate', 'LaunchTemplateData', 'SecurityGroupIds')).toEqual([
      { Ref: 'MemberSecurityGroup' },
      { Ref: 'PeerSecurityGroup' },
    ]);
  });
});

describe('the group', () => {
  const name = {
    'Fn::If': ['HasGroupName', { Ref: 'GroupName' }, { 'Fn::Sub': `etcd-autopilot-\${Cluster}` }],
  };

  test('has an explicit name, and the event rule listens to that name', () => {
    expect(property('MemberGroup', 'AutoScalingGroupName')).toEqual(name);
    expect(property('EventRule', 'EventPattern')).toEqual({
      source: ['aws.autoscaling'],
      detail: { AutoScalingGroupName: [name] },
    });
  });

  test('has both hooks from its first instance on, abandoned if nobody answers for 1800 s', () => {
    const hook = (hookName: string, what: string) => ({
      LifecycleHookName: hookName,
      LifecycleTransition: `autoscaling:EC2_INSTANCE_${what}`,
      HeartbeatTimeout: 1800,
      DefaultResult: 'ABANDON',
    });
    expect(property('MemberGroup', 'LifecycleHookSpecificationList')).toEqual([
      hook(HOOK.launch, 'LAUNCHING'),
      hook(HOOK.terminate, 'TERMINATING'),
    ]);
  });

  test('keeps an instance whose terminate hook was abandoned, which Auto Scaling does at its limit', () => {
    expect(property('MemberGroup', 'InstanceLifecyclePolicy')).toEqual({
      RetentionTriggers: { TerminateHookAbandon: 'retain' },
    });
    expect(property('RetainedAlarm', 'MetricName')).toBe('Wait_instanceRetained');
  });

  test('has an alarm for a lock for reboots that nobody gives back: it holds up every change', () => {
    expect(property('RebootAlarm', 'MetricName')).toBe('Wait_rebootOverdue');
    expect(property('RebootAlarm', 'Threshold')).toBe(1);
  });

  test('carries the tags that make it a member group, and gives them to its instances', () => {
    expect(property('MemberGroup', 'Tags')).toEqual(
      expect.arrayContaining([
        { Key: TAG.cluster, Value: { Ref: 'Cluster' }, PropagateAtLaunch: true },
        { Key: TAG.role, Value: 'member', PropagateAtLaunch: true },
        {
          'Fn::If': [
            'HasZone',
            { Key: TAG.dnsZone, Value: { Ref: 'Zone' }, PropagateAtLaunch: false },
            NOTHING,
          ],
        },
      ]),
    );
  });

  test('has room for two replacements beside the largest size', () => {
    const sizes = at(template, 'Parameters', 'Size', 'AllowedValues');
    const largest = Math.max(...(Array.isArray(sizes) ? sizes.map(Number) : []));
    expect(Number(property('MemberGroup', 'MaxSize'))).toBeGreaterThanOrEqual(largest + 2);
    expect(property('MemberGroup', 'DesiredCapacity')).toEqual({ Ref: 'Size' });
    expect(property('MemberGroup', 'NewInstancesProtectedFromScaleIn')).toBe(false);
  });

  const oneAbove = { 'Fn::FindInMap': ['OneAbove', { Ref: 'Size' }, 'Percent'] };

  test('asks the autopilot first who may go, which it must to be asked at all', () => {
    expect(property('MemberGroup', 'TerminationPolicies')).toEqual([
      imported('TerminationPolicyArn'),
      'OldestLaunchTemplate',
    ]);
  });

  test('has one replacement launched before one instance goes, and never two, whatever its size', () => {
    expect(property('MemberGroup', 'InstanceMaintenancePolicy')).toEqual({
      MinHealthyPercentage: 100,
      MaxHealthyPercentage: oneAbove,
    });
    const sizes = at(template, 'Parameters', 'Size', 'AllowedValues');
    for (const size of Array.isArray(sizes) ? sizes.map(Number) : []) {
      const percent = Number(at(template, 'Mappings', 'OneAbove', String(size), 'Percent'));
      expect(Math.floor((size * percent) / 100), `of ${size}`).toBe(size + 1);
      expect(percent - 100, 'what the platform takes').toBeLessThanOrEqual(100);
    }
  });

  test('is made after, and so deleted before, everything that a leaving instance needs', () => {
    const before = [
      ...['EventRule', 'EndingRule', 'MemberRule', 'ScheduleRule'],
      ...['Registration', 'MemberRole', 'MemberProfile'],
    ];
    expect(resource('MemberGroup', 'DependsOn')).toEqual(before);
    expect(before.filter((dependency) => resource(dependency) === undefined)).toEqual([]);
  });

  test('is deleted after the teardown has recorded the intent', () => {
    expect(resource('Teardown')).toEqual({
      Type: 'Custom::EtcdTeardown',
      DependsOn: 'MemberGroup',
      Properties: {
        ServiceToken: imported('CustomResourcesArn'),
        ServiceTimeout: 180,
        Cluster: { Ref: 'Cluster' },
      },
    });
  });
});

describe('the gates', () => {
  const gate = (name: string) => resource(name);
  const isAsked = { 'Fn::Equals': [{ Ref: 'Gates' }, 'ask'] };
  /** The parts of what makes CloudFormation ask again, and what it asks about. */
  const serial = (name: string) => property(name, 'Serial', 'Fn::Join', 1);

  test('are asked unless the parameter says no, for as long as it says', () => {
    expect(at(template, 'Conditions', 'HasGates')).toEqual(isAsked);
    expect(at(template, 'Parameters', 'Gates', 'Default')).toBe('ask');
    for (const name of ['BeforeGate', 'AfterGate']) {
      expect(gate(name)).toMatchObject({ Type: 'Custom::EtcdGate', Condition: 'HasGates' });
      expect(property(name)).toMatchObject({
        ServiceToken: imported('CustomResourcesArn'),
        ServiceTimeout: 3600,
        Cluster: { Ref: 'Cluster' },
        TimeoutSeconds: { Ref: 'GateTimeoutSeconds' },
      });
    }
  });

  test('stand on both sides of the group: before it when it is made or changed, after it when that is done', () => {
    expect(resource('BeforeGate', 'DependsOn')).toBe('Registration');
    expect(resource('AfterGate', 'DependsOn')).toBe('MemberGroup');
    // DependsOn may not name what a condition leaves out; a value of the gate's does the same.
    expect(property('MemberGroup', 'Tags', 0)).toEqual({
      Key: 'Name',
      Value: {
        'Fn::If': [
          'HasGates',
          { 'Fn::Join': ['', ['etcd-', { 'Fn::GetAtt': ['BeforeGate', 'Cluster'] }]] },
          { 'Fn::Sub': `etcd-\${Cluster}` },
        ],
      },
      PropagateAtLaunch: true,
    });
  });

  test('are asked again with another template, size or other subnets: whatever takes members', () => {
    expect(serial('BeforeGate')).toEqual([
      { 'Fn::If': ['Replaces', { Ref: 'MemberTemplate' }, 'whoever runs stays'] },
      {
        'Fn::If': ['Replaces', { 'Fn::GetAtt': ['MemberTemplate', 'LatestVersionNumber'] }, 'as it is'],
      },
      { Ref: 'Size' },
      { 'Fn::Join': [',', { Ref: 'SubnetIds' }] },
    ]);
    expect(serial('AfterGate')).toEqual(serial('BeforeGate'));
    // Of the template alone where nobody is replaced for it, nobody is asked.
    expect(at(template, 'Conditions', 'Replaces')).toEqual(unless('Updates', 'new-only'));
  });

  test('everything about the group that may take members is in their question, or cannot change', () => {
    const group = property('MemberGroup');
    const asked = JSON.stringify(serial('BeforeGate'));
    const refs = (value: unknown) => [...JSON.stringify(value).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)];
    const taking = [
      'VPCZoneIdentifier',
      'MinSize',
      'MaxSize',
      'DesiredCapacity',
      'HealthCheckType',
      'LaunchTemplate',
    ];
    for (const name of taking)
      for (const [, parameter] of refs(at(group, name))) expect(asked, name).toContain(`"${parameter}"`);
  });

  test('the one before asks whether the version that comes may follow the one that is there', () => {
    expect(property('BeforeGate', 'Require')).toEqual({
      Tolerance: 1,
      EtcdVersion: { 'Fn::If': ['HasRelease', { Ref: 'EtcdVersion' }, NOTHING] },
    });
  });

  test('a serial of seven subnets is still a text that a gate takes', () => {
    const subnets = Array.from({ length: 7 }, () => `subnet-${'0'.repeat(17)}`).join(',');
    expect(`lt-${'0'.repeat(17)} 1000 7 ${subnets}`.length).toBeLessThanOrEqual(256);
  });

  test('a new group is complete when as many founders as were asked for are told of', () => {
    expect(resource('MemberGroup', 'CreationPolicy')).toEqual({
      ResourceSignal: { Count: { Ref: 'Size' }, Timeout: { Ref: 'JoinTimeout' } },
    });
  });

  test('take by default what the autopilot would take by itself', () => {
    const value = (name: string) => at(template, 'Parameters', name, 'Default');
    expect([value('GateStableSeconds'), value('GateMaxLag'), value('GateSingle')]).toEqual([
      DEFAULT_GATE.stableSeconds,
      DEFAULT_GATE.maxLag,
      DEFAULT_GATE.single,
    ]);
  });
});

describe('an update of the group', () => {
  const policy = (name: string) => resource('MemberGroup', 'UpdatePolicy', name);

  test('is a refresh by default, which goes by the hooks and skips who is new already', () => {
    expect(at(template, 'Parameters', 'Updates')).toMatchObject({
      Default: 'refresh',
      AllowedValues: ['refresh', 'rolling', 'new-only'],
    });
    expect(policy('AutoScalingInstanceRefresh')).toEqual({
      'Fn::If': [
        'Refreshes',
        {
          Strategy: 'Rolling',
          Preferences: {
            MinHealthyPercentage: 100,
            MaxHealthyPercentage: { 'Fn::FindInMap': ['OneAbove', { Ref: 'Size' }, 'Percent'] },
            InstanceWarmup: 0,
            SkipMatching: true,
          },
        },
        NOTHING,
      ],
    });
  });

  test('by rolling goes one by one, newcomers first, each waited for until it is told of', () => {
    expect(policy('AutoScalingRollingUpdate')).toEqual({
      'Fn::If': [
        'Rolls',
        {
          MaxBatchSize: 1,
          MinInstancesInService: { 'Fn::FindInMap': ['OneAbove', { Ref: 'Size' }, 'Least'] },
          MinSuccessfulInstancesPercent: 100,
          WaitOnResourceSignals: true,
          PauseTime: { Ref: 'JoinTimeout' },
          SuspendProcesses: ['AZRebalance', 'AlarmNotification', 'ScheduledActions'],
        },
        NOTHING,
      ],
    });
    const sizes = at(template, 'Parameters', 'Size', 'AllowedValues');
    const largest = Math.max(...(Array.isArray(sizes) ? sizes.map(Number) : []));
    expect(Number(property('MemberGroup', 'MaxSize')), 'room for the newcomer').toBeGreaterThan(largest);
    // CloudFormation raises the size to one more than these: an eighth voter would wait until the update fails.
    const least = [1, 3, 5, 7].map((size) => at(template, 'Mappings', 'OneAbove', String(size), 'Least'));
    expect(least.map(Number)).toEqual([1, 3, 5, VOTERS_MAX - 1]);
  });

  test('leaves running instances alone where neither policy is there', () => {
    const asks = (value: string) => ({ 'Fn::Equals': [{ Ref: 'Updates' }, value] });
    expect(at(template, 'Conditions', 'Refreshes')).toEqual(asks('refresh'));
    expect(at(template, 'Conditions', 'Rolls')).toEqual(asks('rolling'));
    const names = Object.keys(Object(resource('MemberGroup', 'UpdatePolicy')));
    expect(names.sort()).toEqual([
      'AutoScalingInstanceRefresh',
      'AutoScalingRollingUpdate',
      'AutoScalingScheduledAction',
    ]);
  });

  test('keeps what was scaled by hand, but for rolling, whose raised sizes only the template can put back', () => {
    expect(policy('AutoScalingScheduledAction')).toEqual({
      IgnoreUnmodifiedGroupSizeProperties: { 'Fn::If': ['Rolls', false, true] },
    });
  });

  test.each(['PT1M', 'PT30M', 'PT59M', 'PT1H'])('waits for a newcomer for at most an hour: %s', (text) => {
    expect(new RegExp(String(at(template, 'Parameters', 'JoinTimeout', 'AllowedPattern'))).test(text)).toBe(
      true,
    );
  });

  test.each(['PT0M', 'PT60M', 'PT2H', '30', 'PT1H1M'])('a JoinTimeout of %s is refused', (text) => {
    expect(new RegExp(String(at(template, 'Parameters', 'JoinTimeout', 'AllowedPattern'))).test(text)).toBe(
      false,
    );
  });
});

describe('the rules', () => {
  const target = (id: string, arn: string, group: string, rest: object = {}) => ({
    Id: id,
    Arn: imported(arn),
    SqsParameters: { MessageGroupId: { Ref: group } },
    DeadLetterConfig: { Arn: imported('UndeliveredArn') },
    ...rest,
  });
  const queue = target('queue', 'QueueArn', 'Cluster');
  const registry = target('registry', 'RegistryQueueArn', 'Cluster');
  const dns = (rest: object = {}) => ({
    'Fn::If': ['HasZone', target('dns', 'DnsQueueArn', 'Zone', rest), NOTHING],
  });

  test('bring what happens to the group to everybody, dns where there is a zone for it', () => {
    expect(property('EventRule', 'Targets')).toEqual([queue, registry, dns()]);
    expect(at(template, 'Conditions', 'HasZone')).toEqual(unless('Zone', 'none'));
  });

  test('bring who joined, left or answers to those who publish, and not back to who told it', () => {
    expect(property('MemberRule', 'EventPattern')).toEqual({
      source: ['etcd-autopilot'],
      'detail-type': ['Member Joined', 'Member Left', 'Health Changed'],
      detail: { cluster: [{ Ref: 'Cluster' }] },
    });
    expect(property('MemberRule', 'Targets')).toEqual([registry, dns()]);
  });

  test('S36 bring a spot interruption to membership, in words that differ by cluster: the queue swallows equal ones', () => {
    const input = `{"etcdAutopilot":1,"request":"look","cluster":"\${Cluster}","from":"ending","nonce":"<time>/<id>"}`;
    const worded = {
      InputTransformer: {
        InputPathsMap: { id: '$.id', time: '$.time' },
        InputTemplate: { 'Fn::Sub': input },
      },
    };
    expect(property('EndingRule', 'Targets')).toEqual([target('queue', 'QueueArn', 'Cluster', worded)]);
  });

  test('a tick has no fixed body, which deduplication would swallow four times of five', () => {
    expect(property('ScheduleRule', 'ScheduleExpression')).toBe('rate(1 minute)');
    const made = dns({
      InputTransformer: {
        InputPathsMap: { id: '$.id', time: '$.time' },
        InputTemplate: {
          'Fn::Sub': `{"etcdAutopilot":1,"request":"look","cluster":"\${Cluster}","zone":"\${Zone}","from":"schedule","nonce":"<time>/<id>"}`,
        },
      },
    });
    expect(property('ScheduleRule', 'Targets')).toEqual([queue, registry, made]);
  });

  test.each([
    ['EventRule', 'events'],
    ['EndingRule', 'endings'],
    ['MemberRule', 'members'],
    ['ScheduleRule', 'schedule'],
  ])('%s is named as the policy of the queues demands', (rule, suffix) => {
    expect(property(rule, 'Name')).toEqual({ 'Fn::Sub': `etcd-autopilot-\${Cluster}-${suffix}` });
  });
});

describe('the registration', () => {
  const secret = (name: string) => ({ 'Fn::Sub': `\${SecretsPath}/\${Cluster}/${name}` });

  test('has its settings from the parameters only', () => {
    expect(property('Registration')).toEqual({
      ServiceToken: imported('CustomResourcesArn'),
      ServiceTimeout: 180,
      Cluster: { Ref: 'Cluster' },
      Config: {
        size: { Ref: 'Size' },
        frozen: { Ref: 'Frozen' },
        removeForeign: { Ref: 'RemoveForeign' },
        recovery: { Ref: 'Recovery' },
        backup: expect.anything(),
        maintenance: expect.anything(),
        checks: expect.anything(),
        restoreFrom: expect.anything(),
        graceSeconds: {
          bootstrap: { Ref: 'BootstrapGraceSeconds' },
          unstarted: { Ref: 'UnstartedGraceSeconds' },
          silent: { Ref: 'SilentGraceSeconds' },
          restarting: { Ref: 'RestartingGraceSeconds' },
          catchingUp: { Ref: 'CatchingUpGraceSeconds' },
          replacement: { Ref: 'ReplacementGraceSeconds' },
        },
        gate: {
          stableSeconds: { Ref: 'GateStableSeconds' },
          maxLag: { Ref: 'GateMaxLag' },
          single: { Ref: 'GateSingle' },
        },
        dns: expect.anything(),
        tls: expect.anything(),
        auth: expect.anything(),
      },
    });
  });

  test('asks for names, TLS and a user only where the parameters do, and gives no secret but its name', () => {
    expect(property('Registration', 'Config', 'dns')).toEqual({
      'Fn::If': [
        'HasDomain',
        { domain: { Ref: 'Domain' }, zone: { 'Fn::If': ['HasZone', { Ref: 'Zone' }, NOTHING] } },
        NOTHING,
      ],
    });
    expect(property('Registration', 'Config', 'tls')).toEqual({
      'Fn::If': [
        'HasTls',
        { ca: secret('ca'), cert: secret('client-cert'), key: secret('client-key') },
        NOTHING,
      ],
    });
    expect(property('Registration', 'Config', 'auth')).toEqual({
      'Fn::If': ['HasAuth', { user: { Ref: 'AuthUser' }, password: secret('password') }, NOTHING],
    });
    expect(at(template, 'Conditions', 'HasTls')).toEqual(unless('Tls', 'none'));
    expect(at(template, 'Conditions', 'HasAuth')).toEqual(unless('AuthUser', 'none'));
  });

  test('is refused by CloudFormation itself with a zone and no domain, or with a domain that nothing uses', () => {
    expect(at(template, 'Rules', 'ZoneNeedsDomain')).toMatchObject({
      RuleCondition: unless('Zone', 'none'),
      Assertions: [{ Assert: unless('Domain', 'none') }],
    });
    expect(at(template, 'Rules', 'DomainHasAUse')).toMatchObject({
      RuleCondition: {
        'Fn::And': [{ 'Fn::Equals': [{ Ref: 'Tls' }, 'none'] }, { 'Fn::Equals': [{ Ref: 'Zone' }, 'none'] }],
      },
      Assertions: [{ Assert: { 'Fn::Equals': [{ Ref: 'Domain' }, 'none'] } }],
    });
  });

  test('is refused by CloudFormation itself with TLS and no domain, or with a command and none given', () => {
    expect(at(template, 'Rules', 'TlsNeedsDomain')).toMatchObject({
      RuleCondition: unless('Tls', 'none'),
      Assertions: [{ Assert: unless('Domain', 'none') }],
    });
    expect(at(template, 'Rules', 'CommandIsGiven')).toMatchObject({
      RuleCondition: { 'Fn::Equals': [{ Ref: 'Tls' }, 'command'] },
      Assertions: [{ Assert: unless('TlsCommand', '') }],
    });
  });

  test('takes the graces that the autopilot would take by itself', () => {
    const graces = property('Registration', 'Config', 'graceSeconds');
    const defaults = Object.entries(isTree(graces) ? graces : {}).map(([name, value]) => [
      name,
      at(template, 'Parameters', String(at(value, 'Ref')), 'Default'),
    ]);
    expect(Object.fromEntries(defaults)).toEqual(DEFAULT_GRACE_SECONDS);
  });
});

describe('the outputs', () => {
  const outputs = at(template, 'Outputs');
  const names = Object.keys(isTree(outputs) ? outputs : {});

  test('are all exported under the name of the stack, for the stacks of workers', () => {
    expect(names).toEqual([
      ...[
        'Cluster',
        'AutopilotStack',
        'Group',
        'EndpointsParameter',
        'PeersParameter',
        'ClientSecurityGroup',
      ],
      ...['VpcId', 'SubnetIds', 'EtcdVersion', 'EtcdSha256', 'EtcdReleases'],
      ...['Tls', 'SecretsPath', 'SecretsKeyArn', 'Domain', 'Zone'],
    ]);
    for (const name of names)
      expect(at(outputs, name, 'Export')).toEqual({ Name: { 'Fn::Sub': `\${AWS::StackName}-${name}` } });
  });

  test('are never empty, for CloudFormation exports nothing that is', () => {
    const isMaybeEmpty = (name: string) =>
      at(template, 'Parameters', name, 'AllowedPattern') !== undefined &&
      new RegExp(String(at(template, 'Parameters', name, 'AllowedPattern'))).test('');
    expect(names.filter(isMaybeEmpty)).toEqual(['EtcdVersion', 'EtcdSha256']);
    for (const name of ['EtcdVersion', 'EtcdSha256'])
      expect(at(outputs, name, 'Value')).toEqual({ 'Fn::If': ['HasRelease', { Ref: name }, 'none'] });
    expect(at(template, 'Conditions', 'HasRelease')).toEqual(unless('EtcdVersion', ''));
    expect(at(template, 'Rules', 'ReleaseHasChecksum')).toMatchObject({
      RuleCondition: unless('EtcdVersion', ''),
      Assertions: [{ Assert: unless('EtcdSha256', '') }],
    });
  });
});

describe('the alarms', () => {
  const figuresOf = (file: string) =>
    [
      ...readFileSync(new URL(`../../functions/${file}`, import.meta.url), 'utf8').matchAll(/^ {4}(\w+): /gm),
    ].map(([, name]) => name);
  const [membership, dns, registry] = [
    figuresOf('membership/room.ts'),
    figuresOf('dns/telling.ts'),
    figuresOf('registry/telling.ts'),
  ];

  test('take silence from a figure that membership alone has: the others go on when it does not', () => {
    const metric = property('SilenceAlarm', 'MetricName');
    expect(membership).toContain(metric);
    expect([...dns, ...registry]).not.toContain(metric);
    expect(property('SilenceAlarm', 'TreatMissingData')).toBe('breaching');
  });

  test('take findings from a figure that both have who publish', () => {
    const metric = property('FindingsAlarm', 'MetricName');
    expect(dns).toContain(metric);
    expect(registry).toContain(metric);
  });
});
