import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AWS_CALLS } from '../../functions/adapters/aws-calls.ts';
import {
  actionsOf,
  namesOf,
  packagedTemplate,
  resourceOf,
  type Statement,
  statementsOf,
} from './packaged.ts';

const template = packagedTemplate();
const FUNCTIONS = [
  { name: 'membership', role: 'MembershipRole' },
  { name: 'dns', role: 'DnsRole' },
  { name: 'registry', role: 'RegistryRole' },
  { name: 'gate', role: 'GateRole' },
  { name: 'custom-resources', role: 'CustomResourcesRole' },
  { name: 'reboot-gate', role: 'RebootGateRole' },
  { name: 'termination-policy', role: 'TerminationPolicyRole' },
  { name: 'checks', role: 'ChecksRole' },
  { name: 'backup', role: 'BackupRole' },
  { name: 'verification', role: 'VerificationRole' },
] as const;

const PREFIX_OF_CLIENT: Readonly<Record<string, string>> = {
  'auto-scaling': 'autoscaling',
  ec2: 'ec2',
  eventbridge: 'events',
  'route-53': 'route53',
  sqs: 'sqs',
  ssm: 'ssm',
};

/** What S3 calls a command and what IAM calls its permission are two things; a read may need the second to be told "no such key". */
const S3_PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  AbortMultipartUpload: ['s3:AbortMultipartUpload'],
  CompleteMultipartUpload: ['s3:PutObject'],
  // The client carries it for directory buckets, which the settings of clusters refuse.
  CreateSession: [],
  CreateMultipartUpload: ['s3:PutObject'],
  DeleteObjects: ['s3:DeleteObject'],
  GetObject: ['s3:GetObject', 's3:ListBucket'],
  HeadObject: ['s3:GetObject', 's3:ListBucket'],
  ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
  ListObjectsV2: ['s3:ListBucket'],
  PutObject: ['s3:PutObject'],
  UploadPart: ['s3:PutObject'],
};

const permissionsOf = (client: string, command: string): readonly string[] =>
  client === 's3'
    ? (S3_PERMISSIONS[command] ?? [`s3:${command}`])
    : [`${PREFIX_OF_CLIENT[client] ?? client}:${command}`];

/** A command of the SDK that made it into a bundle: what its code can call, whoever in it calls. */
const COMMAND_FILE = /@aws-sdk\/client-([a-z0-9-]+)\/dist-es\/commands\/(\w+)Command\.js$/;

/** What a bundle can call, as IAM names it, from esbuild's account of what went in. */
function callsInBundle(name: string): readonly string[] {
  const metafile: unknown = JSON.parse(readFileSync(`.build/${name}.meta.json`, 'utf8'));
  const calls = Object.values(Object(Object(metafile).outputs))
    .flatMap((output) => Object.entries(Object(Object(output).inputs)))
    .filter(([, part]) => Object(part).bytesInOutput > 0)
    .flatMap(([path]) => {
      const [, client = '', command] = COMMAND_FILE.exec(path) ?? [];
      return command === undefined ? [] : permissionsOf(client, command);
    });
  return [...new Set(calls)].sort();
}

describe.each(FUNCTIONS)('$name', ({ name, role }) => {
  test('may make exactly the calls that its bundle can make', () => {
    const calls = callsInBundle(name);
    expect(calls.length).toBeGreaterThan(2);
    expect(actionsOf(statementsOf(template, role, 'calls'))).toEqual(calls);
  });

  test('makes exactly the calls that its adapters say they make', () => {
    expect([...AWS_CALLS[name]].sort()).toEqual(callsInBundle(name));
  });

  test('may call nothing by a pattern', () => {
    const actions = [...statementsOf(template, role, 'calls'), ...statementsOf(template, role, 'platform')];
    expect(actionsOf(actions).filter((action) => action.includes('*'))).toEqual([]);
  });

  test('changes nothing whose name or tag is not ours', () => {
    const writes = statementsOf(template, role, 'calls').filter((statement) => !isReadOnly(statement));
    expect(writes.length).toBeGreaterThan(0);
    for (const statement of writes) {
      const of = (service: string) => [statement.Action].flat().every((action) => action.startsWith(service));
      expect(statement.Resource, statement.Sid).not.toBe('*');
      // Whose a record is, says the mark beside it: IAM knows zones, and types of records.
      if (of('route53:')) continue;
      // Only a stack that asked for signals takes one, and nobody knows the names of the clusters' stacks.
      if (of('cloudformation:SignalResource')) continue;
      const bound = JSON.stringify(of('autoscaling:') ? statement.Condition : statement.Resource);
      expect(bound, statement.Sid).toMatch(/etcd-autopilot|event-bus\/default|Queue|SnapshotBucket/);
    }
  });
});

describe('dns', () => {
  const statements = statementsOf(template, 'DnsRole', 'calls');
  const about = (action: string) => statements.filter(({ Action }) => [Action].flat().includes(action));

  test('changes records of the types that it writes, and none of another type', () => {
    expect(about('route53:ChangeResourceRecordSets')).toEqual([
      expect.objectContaining({
        Action: 'route53:ChangeResourceRecordSets',
        Resource: { 'Fn::Sub': `arn:\${AWS::Partition}:route53:::hostedzone/*` },
        Condition: {
          'ForAllValues:StringEquals': {
            'route53:ChangeResourceRecordSetsRecordTypes': ['A', 'AAAA', 'SRV', 'TXT'],
          },
        },
      }),
    ]);
  });

  test('reads no secrets', () => {
    expect(about('ssm:GetParameters')).toEqual([]);
  });
});

test.each([
  ['DnsRole', 'parameter/etcd-autopilot/*/dns/*'],
  ['RegistryRole', 'parameter/etcd-autopilot/*/registry'],
  ['ChecksRole', 'parameter/etcd-autopilot/*/checks'],
] as const)('%s writes no parameter but its own %s', (role, path) => {
  const writing = statementsOf(template, role, 'calls').filter((statement) =>
    actionsOf([statement]).some((action) => /^ssm:(?:Put|Delete)/.test(action)),
  );
  expect(writing.map(({ Resource }) => JSON.stringify(Resource))).toEqual([
    expect.stringMatching(new RegExp(`:${path.replaceAll('*', '\\*')}"}$`)),
  ]);
});

test.each(['MembershipRole', 'DnsRole', 'RegistryRole'])('%s answers hooks of clusters only', (role) => {
  const answering = statementsOf(template, role, 'calls').filter((statement) =>
    actionsOf([statement]).includes('autoscaling:CompleteLifecycleAction'),
  );
  expect(answering.map(({ Condition }) => Condition)).toEqual([
    { Null: { 'aws:ResourceTag/etcd-autopilot:cluster': 'false' } },
  ]);
});

test('membership signals stacks of this account, and ends refreshes of clusters only', () => {
  const of = (action: string) =>
    statementsOf(template, 'MembershipRole', 'calls').filter((one) => actionsOf([one]).includes(action));
  expect(of('cloudformation:SignalResource')).toEqual([
    expect.objectContaining({
      Action: 'cloudformation:SignalResource',
      Resource: {
        'Fn::Sub': `arn:\${AWS::Partition}:cloudformation:\${AWS::Region}:\${AWS::AccountId}:stack/*`,
      },
    }),
  ]);
  expect(of('autoscaling:CancelInstanceRefresh').map(({ Condition }) => Condition)).toEqual([
    { Null: { 'aws:ResourceTag/etcd-autopilot:cluster': 'false' } },
  ]);
});

describe('secrets of clusters', () => {
  /** Others read what clusters publish, by name. */
  const readers = FUNCTIONS.filter(({ role }) =>
    statementsOf(template, role, 'calls').some(
      (statement) =>
        actionsOf([statement]).includes('ssm:GetParameters') &&
        !JSON.stringify(statement.Resource).endsWith(':parameter/etcd-autopilot/*"}'),
    ),
  );

  test('are read by the functions that ask etcd, below the path that the stack names, and nowhere else', () => {
    expect(readers.map(({ name }) => name)).toEqual([
      'membership',
      'registry',
      'reboot-gate',
      'checks',
      'backup',
    ]);
    for (const { role } of readers) {
      const [reading, ...others] = statementsOf(template, role, 'calls').filter(({ Action }) =>
        [Action].flat().includes('ssm:GetParameters'),
      );
      expect(others, role).toEqual([]);
      expect(reading, role).toMatchObject({ Action: 'ssm:GetParameters' });
      expect(JSON.stringify(reading?.Resource), role).toContain(`:parameter\${SecretsPath}/*`);
    }
  });

  test('are decrypted with the one key that is given, through Parameter Store only', () => {
    const policy = resourceOf(template, 'SecretsKeyPolicy');
    expect(policy.Condition).toBe('HasSecretsKey');
    expect(policy.Properties['Roles']).toEqual([
      { Ref: 'MembershipRole' },
      { Ref: 'RegistryRole' },
      { Ref: 'RebootGateRole' },
      { Ref: 'ChecksRole' },
      { Ref: 'BackupRole' },
    ]);
    expect(Object(policy.Properties['PolicyDocument']).Statement).toEqual([
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: { Ref: 'SecretsKeyArn' },
        Condition: {
          StringEquals: {
            'kms:ViaService': { 'Fn::Sub': `ssm.\${AWS::Region}.\${AWS::URLSuffix}` },
          },
        },
      }),
    ]);
    expect(namesOf(template, 'AWS::IAM::Policy')).toEqual(['SecretsKeyPolicy']);
    expect(template.Parameters['SecretsKeyArn']).toMatchObject({ Default: 'none' });
    expect(template.Parameters['SecretsPath']).toMatchObject({ Default: '/etcd-autopilot-secrets' });
  });
});

function isReadOnly({ Action }: Statement): boolean {
  return [Action].flat().every((action) => /:(?:Describe|Get|List)/.test(action));
}

test('what Lambda itself needs is all that the platform policies add', () => {
  const log = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  const interfaces = [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ];
  const queue = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
  const platform = (role: string) => statementsOf(template, role, 'platform');
  expect(actionsOf(platform('CustomResourcesRole'))).toEqual(log);
  expect(actionsOf(platform('DnsRole'))).toEqual([...log, ...queue]);
  expect(actionsOf(platform('GateRole'))).toEqual([...log, ...queue]);
  expect(actionsOf(platform('TerminationPolicyRole'))).toEqual(log);
  expect(actionsOf(platform('VerificationRole'))).toEqual([...log, ...queue]);
  for (const role of ['MembershipRole', 'RegistryRole', 'ChecksRole', 'BackupRole']) {
    expect(actionsOf(platform(role)), role).toEqual([...interfaces, ...log, ...queue]);
    const denied = platform(role).filter(({ Effect }) => Effect === 'Deny');
    expect(actionsOf(denied), role).toEqual(interfaces);
    expect(JSON.stringify(denied[0]?.Condition), role).toContain(
      `function:\${AWS::StackName}-${role.replace('Role', '').toLowerCase()}"`,
    );
  }
});

test.each([
  ['MembershipRole', 'Queue'],
  ['DnsRole', 'DnsQueue'],
  ['RegistryRole', 'RegistryQueue'],
  ['GateRole', 'GateQueue'],
  ['ChecksRole', 'ChecksQueue'],
  ['BackupRole', 'BackupQueue'],
  ['VerificationRole', 'VerificationQueue'],
])('%s takes messages of %s, and of no other', (role, queue) => {
  const taking = statementsOf(template, role, 'platform').filter((statement) =>
    actionsOf([statement]).includes('sqs:ReceiveMessage'),
  );
  expect(taking.map(({ Resource }) => Resource)).toEqual([{ 'Fn::GetAtt': [queue, 'Arn'] }]);
});

test.each([
  ['MembershipRole', ['Queue', 'BackupQueue', 'DeadLetterQueue']],
  ['DnsRole', ['DeadLetterQueue']],
  ['RegistryRole', ['DeadLetterQueue']],
  ['GateRole', ['Queue', 'DeadLetterQueue']],
  ['TerminationPolicyRole', ['Queue']],
  ['ChecksRole', ['Queue', 'ChecksQueue', 'BackupQueue', 'DeadLetterQueue']],
  ['BackupRole', ['Queue', 'BackupQueue', 'VerificationQueue', 'DeadLetterQueue']],
  ['VerificationRole', ['BackupQueue', 'DeadLetterQueue']],
  ['CustomResourcesRole', ['Queue', 'DnsQueue', 'RegistryQueue', 'GateQueue']],
] as const)('%s sends messages to %j, and to no other queue', (role, queues) => {
  const sending = statementsOf(template, role, 'calls').filter((statement) =>
    actionsOf([statement]).includes('sqs:SendMessage'),
  );
  expect(sending.flatMap(({ Resource }) => Resource)).toEqual(
    queues.map((queue) => ({ 'Fn::GetAtt': [queue, 'Arn'] })),
  );
});

describe('snapshots', () => {
  const own = { 'Fn::GetAtt': ['SnapshotBucket', 'Arn'] };
  const other = (path: string) => ({
    'Fn::If': [
      'HasOtherBuckets',
      { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::\${OtherSnapshotBuckets}${path}` },
      { Ref: 'AWS::NoValue' },
    ],
  });
  const objects = (path: string) => [{ 'Fn::Sub': `\${SnapshotBucket.Arn}${path}` }, other(path)];
  const of = (role: string, action: string) =>
    statementsOf(template, role, 'calls').filter((statement) => actionsOf([statement]).includes(action));

  test.each([
    ['MembershipRole', 's3:PutObject', null],
    ['MembershipRole', 's3:DeleteObject', null],
    ['ChecksRole', 's3:PutObject', '/*/sight.json'],
    ['ChecksRole', 's3:DeleteObject', null],
    ['BackupRole', 's3:PutObject', '/*'],
    ['BackupRole', 's3:DeleteObject', '/*'],
    ['VerificationRole', 's3:PutObject', '/*.verified.json'],
    ['VerificationRole', 's3:DeleteObject', null],
  ])('%s may %s of %j', (role, action, path) => {
    expect(of(role, action).map(({ Resource }) => Resource)).toEqual(path === null ? [] : [objects(path)]);
  });

  test.each(['MembershipRole', 'ChecksRole', 'BackupRole', 'VerificationRole'])(
    '%s reads those of the stack, and of the buckets that it names',
    (role) => {
      expect(of(role, 's3:GetObject').map(({ Resource }) => Resource)).toEqual([objects('/*')]);
      expect(of(role, 's3:ListBucket').map(({ Resource }) => Resource)).toEqual([[own, other('')]]);
    },
  );

  test.each([
    'DnsRole',
    'RegistryRole',
    'GateRole',
    'CustomResourcesRole',
    'RebootGateRole',
    'TerminationPolicyRole',
  ])('%s has nothing to do with them', (role) => {
    expect(
      actionsOf(statementsOf(template, role, 'calls')).filter((action) => action.startsWith('s3:')),
    ).toEqual([]);
  });
});
