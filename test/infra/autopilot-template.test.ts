import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { describe, expect, test } from 'vitest';
import { RECEIVES_MAX } from '../../functions/core/gate/timing.ts';
import {
  readBackupEnvironment,
  readCareEnvironment,
  readChecksEnvironment,
  readVerificationEnvironment,
} from '../../functions/edge/care-environment.ts';
import {
  readDnsEnvironment,
  readEnvironment,
  readRebootEnvironment,
  readRegistrationEnvironment,
} from '../../functions/edge/environment.ts';
import { CREATE_TEMPLATE, UPDATE_TEMPLATE } from '../../infra/build/package.ts';
import { namesOf, packagedTemplate, resourceOf, statementsOf } from './packaged.ts';

const template = packagedTemplate();
const propertiesOf = (name: string) => resourceOf(template, name).Properties;

/** It tries the layer's default where the condition says that there is a layer, which cannot be. */
const isAboutNoLayer = ({
  message,
  propertyPath,
}: {
  readonly message: string;
  readonly propertyPath?: string;
}) => propertyPath?.startsWith('Properties.Layers') === true && message.startsWith("'none' does not match");

test.each([CREATE_TEMPLATE, UPDATE_TEMPLATE])(
  '%s has no error that the validator of CloudFormation knows',
  (path) => {
    const engine = new RegoEngine();
    try {
      const { diagnostics } = engine.validateStandard(new TemplateFile(path));
      expect(diagnostics.length).toBeGreaterThan(0); // hints: it did look
      const errors = diagnostics.filter(({ severity }) => severity === 'FATAL' || severity === 'ERROR');
      expect(errors.filter((one) => !isAboutNoLayer(one))).toEqual([]);
    } finally {
      engine.free();
    }
  },
);

/** Of those that work for long, orders wait meanwhile. */
const [SHORT, LONG] = [
  { timeout: 60, keeps: 600 },
  { timeout: 900, keeps: 3_600 },
];
const WORKING = [
  { queue: 'Queue', name: '.fifo', fn: 'Membership', ...SHORT },
  { queue: 'DnsQueue', name: '-dns.fifo', fn: 'Dns', ...SHORT },
  { queue: 'RegistryQueue', name: '-registry.fifo', fn: 'Registry', ...SHORT },
  { queue: 'ChecksQueue', name: '-checks.fifo', fn: 'Checks', ...SHORT },
  { queue: 'BackupQueue', name: '-backup.fifo', fn: 'Backup', ...LONG },
  { queue: 'VerificationQueue', name: '-verification.fifo', fn: 'Verification', ...LONG },
];

describe.each(WORKING)('the $queue', ({ queue, name, fn, timeout, keeps }) => {
  test(`serialises by message group, drops repeated bodies and forgets what is ${keeps} seconds old`, () => {
    expect(propertiesOf(queue)).toMatchObject({
      QueueName: { 'Fn::Sub': `\${AWS::StackName}${name}` },
      FifoQueue: true,
      ContentBasedDeduplication: true,
      MessageRetentionPeriod: keeps,
      SqsManagedSseEnabled: true,
      RedrivePolicy: {
        deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] },
        maxReceiveCount: 3,
      },
    });
  });

  test('hides a message for the timeout of the function and 10 seconds', () => {
    expect(propertiesOf(`${fn}LambdaFunction`)['Timeout']).toBe(timeout);
    expect(propertiesOf(queue)['VisibilityTimeout']).toBe(timeout + 10);
    expect(keeps).toBeGreaterThan(timeout + 10);
  });

  test('starts its function, which says which message failed', () => {
    expect(propertiesOf(`${fn}EventSourceMappingSQS${queue}`)).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
    });
  });
});

describe('the queue of the gates', () => {
  const queue = propertiesOf('GateQueue');

  test('is in order for each request, drops what comes again, and starts its function with one at a time', () => {
    expect(queue).toMatchObject({
      QueueName: { 'Fn::Sub': `\${AWS::StackName}-gate.fifo` },
      FifoQueue: true,
      SqsManagedSseEnabled: true,
    });
    expect(queue).not.toHaveProperty('ContentBasedDeduplication');
    expect(propertiesOf('GateEventSourceMappingSQSGateQueue')).toMatchObject({
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      EventSourceArn: { 'Fn::GetAtt': ['GateQueue', 'Arn'] },
    });
  });

  test('keeps a request for longer than CloudFormation waits, and far from the dead letters meanwhile', () => {
    const visibility = Number(queue['VisibilityTimeout']);
    const receivesInAnHour = 3_600 / visibility;
    expect(visibility).toBeGreaterThanOrEqual(Number(propertiesOf('GateLambdaFunction')['Timeout']) + 5);
    expect(queue['MessageRetentionPeriod']).toBeGreaterThan(3_600 + 2 * visibility);
    expect(Object(queue['RedrivePolicy'])).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] },
      maxReceiveCount: 1_000,
    });
    // The function answers in any case at the receive of RECEIVES_MAX: after every deadline, before the dead letters.
    expect(RECEIVES_MAX).toBeGreaterThan(receivesInAnHour);
    expect(RECEIVES_MAX).toBeLessThan(1_000);
  });
});

describe('the queues', () => {
  test('have one FIFO dead letter queue, as FIFO queues must; rules have a standard one, as rules must', () => {
    expect(propertiesOf('DeadLetterQueue')).toMatchObject({
      QueueName: { 'Fn::Sub': `\${AWS::StackName}-dead.fifo` },
      FifoQueue: true,
    });
    expect(propertiesOf('UndeliveredQueue')).toMatchObject({
      QueueName: { 'Fn::Sub': `\${AWS::StackName}-undelivered` },
    });
    expect(propertiesOf('UndeliveredQueue')['FifoQueue']).toBeUndefined();
  });

  test('admit rules of clusters, of this account and region, and nobody else', () => {
    expect(namesOf(template, 'AWS::SQS::QueuePolicy')).toEqual(['QueuePolicy']);
    expect(propertiesOf('QueuePolicy')).toMatchObject({
      Queues: ['Queue', 'DnsQueue', 'RegistryQueue', 'UndeliveredQueue'].map((name) => ({ Ref: name })),
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: ['Queue', 'DnsQueue', 'RegistryQueue', 'UndeliveredQueue'].map((name) => ({
              'Fn::GetAtt': [name, 'Arn'],
            })),
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Sub': expect.stringMatching(/^arn:.*:events:.*:rule\/etcd-autopilot-\*$/),
                },
              },
            },
          },
          {
            Sid: 'TheTick',
            Principal: { Service: 'events.amazonaws.com' },
            Resource: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] },
            Condition: {
              ArnEquals: {
                'aws:SourceArn': {
                  'Fn::Sub': expect.stringMatching(/^arn:.*:rule\/\$\{AWS::StackName\}-tick$/),
                },
              },
            },
          },
        ],
      },
    });
  });
});

describe('membership', () => {
  test('may send messages to its own queue for longer than 16 rounds', () => {
    expect(propertiesOf('MembershipLambdaFunction')['RecursiveLoop']).toBe('Allow');
  });

  test('takes one message at a time', () => {
    expect(namesOf(template, 'AWS::Lambda::EventSourceMapping')).toHaveLength(WORKING.length + 1);
    expect(propertiesOf('MembershipEventSourceMappingSQSQueue')['BatchSize']).toBe(1);
  });

  test('S70 works for as many clusters at once as have messages: nothing limits it', () => {
    expect(propertiesOf('MembershipEventSourceMappingSQSQueue')).not.toHaveProperty('ScalingConfig');
    expect(propertiesOf('MembershipLambdaFunction')).not.toHaveProperty('ReservedConcurrentExecutions');
  });
});

describe('the minute', () => {
  const checks = { 'Fn::GetAtt': ['ChecksLambdaFunction', 'Arn'] };

  test('is of the stack, so that no cluster is looked after by the schedule that may be what is broken', () => {
    expect(namesOf(template, 'AWS::Events::Rule')).toEqual(['Tick']);
    expect(propertiesOf('Tick')).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Targets: [{ Arn: checks, DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } } }],
    });
    expect(propertiesOf('TickPermission')).toEqual({
      FunctionName: checks,
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': ['Tick', 'Arn'] },
    });
  });

  test('is missed when it does not come: silence raises an alarm', () => {
    expect(propertiesOf('TickAlarm')).toMatchObject({
      MetricName: 'Invocations',
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
      EvaluationPeriods: 5,
    });
  });
});

describe('the snapshots', () => {
  const bucket = propertiesOf('SnapshotBucket');

  test('stay when the stack goes, and when their bucket would be replaced', () => {
    for (const name of ['SnapshotBucket', 'SnapshotBucketPolicy'])
      expect(resourceOf(template, name)).toMatchObject({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
      });
    expect(resourceOf(template, 'SnapshotBucket').Condition).toBeUndefined();
  });

  test('are encrypted, out of reach of the public, and never sent in the clear', () => {
    expect(bucket['BucketEncryption']).toBeDefined();
    expect(Object.values(Object(bucket['PublicAccessBlockConfiguration']))).toEqual([true, true, true, true]);
    expect(Object(propertiesOf('SnapshotBucketPolicy')['PolicyDocument']).Statement).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    ]);
  });

  test('are pruned by who knows which is good: the bucket drops only uploads that nobody ended', () => {
    expect(Object(bucket['LifecycleConfiguration']).Rules).toEqual([
      {
        Id: 'abandoned-uploads',
        Status: 'Enabled',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
    expect(bucket['VersioningConfiguration']).toEqual({ Status: 'Suspended' });
  });
});

describe('dns and registry', () => {
  test.each(['Dns', 'Registry'])('%s takes what a storm brings ten at a time', (fn) => {
    expect(propertiesOf(`${fn}EventSourceMappingSQS${fn}Queue`)['BatchSize']).toBe(10);
  });

  test('dns lives outside the VPC, where Route 53 is, and knows whose records it marks', () => {
    expect(propertiesOf('DnsLambdaFunction')).not.toHaveProperty('VpcConfig');
    expect(Object(propertiesOf('DnsLambdaFunction')['Environment']).Variables).toMatchObject({
      OWNER: { 'Fn::Sub': `\${AWS::AccountId}/\${AWS::Region}/\${AWS::StackName}` },
    });
  });
});

describe('the termination policy', () => {
  test('is called by the role that is linked to groups, and by nobody else', () => {
    const isAbout = (name: string): boolean =>
      JSON.stringify(propertiesOf(name)['FunctionName']).includes('TerminationDashpolicy');
    expect(namesOf(template, 'AWS::Lambda::Permission').filter(isAbout)).toEqual([
      'TerminationPolicyPermission',
    ]);
    expect(propertiesOf('TerminationPolicyPermission')).toEqual({
      FunctionName: { 'Fn::GetAtt': ['TerminationDashpolicyLambdaFunction', 'Arn'] },
      Action: 'lambda:InvokeFunction',
      Principal: {
        'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/aws-service-role/autoscaling.amazonaws.com/\${AutoScalingRole}`,
      },
    });
    expect(template.Parameters['AutoScalingRole']).toMatchObject({ Default: 'AWSServiceRoleForAutoScaling' });
  });

  test('is exported without a version, which the permission would not hold for', () => {
    expect(template.Outputs['TerminationPolicyArn']?.['Value']).toEqual({
      'Fn::GetAtt': ['TerminationDashpolicyLambdaFunction', 'Arn'],
    });
  });

  test('has the two seconds that Auto Scaling waits, and starts outside the VPC', () => {
    expect(propertiesOf('TerminationDashpolicyLambdaFunction')['Timeout']).toBe(2);
    expect(propertiesOf('TerminationDashpolicyLambdaFunction')).not.toHaveProperty('VpcConfig');
  });
});

describe('the VPC', () => {
  const servicesOf = (role: string): readonly string[] =>
    statementsOf(template, role, 'calls')
      .flatMap(({ Action }) => Action)
      .map((action) => action.split(':')[0] ?? '');

  test.each(['Membership', 'Registry', 'Checks', 'Backup'])('%s lives in it', (fn) => {
    expect(propertiesOf(`${fn}LambdaFunction`)['VpcConfig']).toEqual({
      SecurityGroupIds: [{ Ref: 'FunctionSecurityGroup' }],
      SubnetIds: { Ref: 'SubnetIds' },
    });
  });

  const inside = ['MembershipRole', 'RegistryRole', 'RebootGateRole', 'ChecksRole', 'BackupRole'];

  test('has an endpoint for every service that is called from inside, and no other', () => {
    const endpoints = namesOf(template, 'AWS::EC2::VPCEndpoint').map(
      (name) => propertiesOf(name)['ServiceName'],
    );
    expect(endpoints.map((name) => Object(name)['Fn::Sub'].split('.').at(-1)).sort()).toEqual(
      [...new Set(inside.flatMap(servicesOf))].sort(),
    );
  });

  test('does without the endpoints where the VPC has its own', () => {
    for (const name of namesOf(template, 'AWS::EC2::VPCEndpoint')) {
      const isGateway = name === 'SnapshotEndpoint';
      expect(resourceOf(template, name).Condition, name).toBe(isGateway ? 'HasRouteTables' : 'HasEndpoints');
    }
  });

  test('has a way to snapshots that costs nothing, where its route tables are named', () => {
    expect(propertiesOf('SnapshotEndpoint')).toMatchObject({
      VpcEndpointType: 'Gateway',
      RouteTableIds: { Ref: 'RouteTableIds' },
    });
    expect(propertiesOf('VerificationLambdaFunction')).not.toHaveProperty('VpcConfig');
  });
});

describe('the gate for reboots', () => {
  const fn = { 'Fn::GetAtt': ['RebootDashgateLambdaFunction', 'Arn'] };

  test('is reached by nobody unless the stack says how', () => {
    expect(template.Parameters['RebootGate']).toMatchObject({
      Default: 'none',
      AllowedValues: ['none', 'url', 'load-balancer'],
    });
    const ways = {
      HasRebootUrl: ['RebootUrl', 'RebootUrlPermission', 'RebootInvokePermission'],
      HasRebootBalancer: [
        'RebootBalancer',
        'RebootBalancerPermission',
        'RebootBalancerSecurityGroup',
        'RebootListener',
        'RebootTargets',
      ],
    };
    for (const [condition, names] of Object.entries(ways))
      for (const name of names) expect(resourceOf(template, name).Condition, name).toBe(condition);
  });

  test('may be invoked through its URL without a signature, and through nothing else', () => {
    expect(propertiesOf('RebootUrl')).toEqual({ TargetFunctionArn: fn, AuthType: 'NONE' });
    expect(propertiesOf('RebootUrlPermission')).toEqual({
      FunctionName: fn,
      Action: 'lambda:InvokeFunctionUrl',
      Principal: '*',
      FunctionUrlAuthType: 'NONE',
    });
    expect(propertiesOf('RebootInvokePermission')).toEqual({
      FunctionName: fn,
      Action: 'lambda:InvokeFunction',
      Principal: '*',
      InvokedViaFunctionUrl: true,
    });
  });

  test('takes no turns of other functions, however often strangers call its public URL', () => {
    expect(propertiesOf('RebootDashgateLambdaFunction')['ReservedConcurrentExecutions']).toEqual({
      'Fn::If': ['HasRebootUrl', 10, { Ref: 'AWS::NoValue' }],
    });
  });

  test('stands behind an internal load balancer of this account, with TLS where there is a certificate', () => {
    expect(propertiesOf('RebootBalancer')).toMatchObject({ Type: 'application', Scheme: 'internal' });
    expect(propertiesOf('RebootTargets')).toEqual({ TargetType: 'lambda', Targets: [{ Id: fn }] });
    expect(resourceOf(template, 'RebootTargets').DependsOn).toEqual(['RebootBalancerPermission']);
    expect(propertiesOf('RebootBalancerPermission')).toEqual({
      FunctionName: fn,
      Action: 'lambda:InvokeFunction',
      Principal: 'elasticloadbalancing.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
    const secured = (yes: unknown, no: unknown) => ({ 'Fn::If': ['HasRebootCertificate', yes, no] });
    expect(propertiesOf('RebootListener')).toMatchObject({
      Port: secured(443, 80),
      Protocol: secured('HTTPS', 'HTTP'),
      Certificates: secured([{ CertificateArn: { Ref: 'RebootCertificateArn' } }], { Ref: 'AWS::NoValue' }),
    });
  });

  test('knows where the secrets lie, and looks from inside of the VPC', () => {
    const variables = Object(propertiesOf('RebootDashgateLambdaFunction')['Environment']).Variables;
    expect(variables['SECRETS_PATH']).toEqual({ Ref: 'SecretsPath' });
    const names = Object.keys(variables);
    const given = { SECRETS_PATH: '/s', QUEUE_URL: 'https://q/a', DEAD_LETTER_QUEUE_URL: 'https://q/b' };
    expect(() => readRebootEnvironment(given)).not.toThrow();
    expect(names).toEqual(expect.arrayContaining(Object.keys(given)));
    expect(propertiesOf('RebootDashgateLambdaFunction')).toHaveProperty('VpcConfig');
  });
});

/** What whoever has to do with snapshots is told. */
const CARE = ['SNAPSHOT_BUCKET', 'BACKUP_QUEUE_URL'];

describe('every function', () => {
  const names = namesOf(template, 'AWS::Lambda::Function');

  test('runs on Node 24, under a name of the stack, with a log that ends', () => {
    expect(names).toEqual([
      'BackupLambdaFunction',
      'ChecksLambdaFunction',
      'CustomDashresourcesLambdaFunction',
      'DnsLambdaFunction',
      'GateLambdaFunction',
      'MembershipLambdaFunction',
      'RebootDashgateLambdaFunction',
      'RegistryLambdaFunction',
      'TerminationDashpolicyLambdaFunction',
      'VerificationLambdaFunction',
    ]);
    for (const name of names) {
      expect(propertiesOf(name), name).toMatchObject({
        Runtime: 'nodejs24.x',
        Handler: 'handler.handler',
        Architectures: ['arm64'],
        FunctionName: {
          'Fn::Sub': expect.stringMatching(
            /^\$\{AWS::StackName\}-(?:membership|dns|registry|gate|custom-resources|reboot-gate|termination-policy|checks|backup|verification)$/,
          ),
        },
      });
    }
    const memory = Object.fromEntries(names.map((name) => [name, propertiesOf(name)['MemorySize']]));
    expect(memory).toEqual({
      BackupLambdaFunction: 512,
      ChecksLambdaFunction: 512,
      CustomDashresourcesLambdaFunction: 256,
      DnsLambdaFunction: 512,
      GateLambdaFunction: 256,
      MembershipLambdaFunction: 256,
      RebootDashgateLambdaFunction: 256,
      RegistryLambdaFunction: 512,
      TerminationDashpolicyLambdaFunction: 1024,
      VerificationLambdaFunction: 2048,
    });
    expect(propertiesOf('VerificationLambdaFunction')['EphemeralStorage']).toEqual({ Size: 10_240 });
    for (const name of namesOf(template, 'AWS::Logs::LogGroup')) {
      expect(propertiesOf(name), name).toMatchObject({ RetentionInDays: 30 });
    }
  });

  test.each([
    ['Membership', [...CARE], readCareEnvironment],
    ['Checks', [...CARE, 'CHECKS_QUEUE_URL'], readChecksEnvironment],
    ['Backup', [...CARE, 'VERIFICATION_QUEUE_URL'], readBackupEnvironment],
    ['Verification', [...CARE, 'ETCD_TOOLS_DIR'], readVerificationEnvironment],
    ['Dns', ['OWNER'], readDnsEnvironment],
    ['Registry', [], readEnvironment],
    ['Gate', [], readEnvironment],
    ['TerminationDashpolicy', [], readEnvironment],
    [
      'CustomDashresources',
      ['DNS_QUEUE_URL', 'REGISTRY_QUEUE_URL', 'GATE_QUEUE_URL'],
      readRegistrationEnvironment,
    ],
  ] as const)('%s is told every setting that it reads', (fn, own, read) => {
    const common = ['QUEUE_URL', 'DEAD_LETTER_QUEUE_URL', 'DRY_RUN', 'LOG_LEVEL'];
    const { Variables } = Object(propertiesOf(`${fn}LambdaFunction`)['Environment']);
    expect(Object.keys(Variables).sort()).toEqual([...common, ...own].sort());
    const missing = () => read({});
    for (const name of ['QUEUE_URL', 'DEAD_LETTER_QUEUE_URL', ...own])
      expect(missing).toThrow(`${name} is not set`);
  });

  test('asks for looks in the queue that starts it; the others ask membership', () => {
    const own = { Dns: 'DnsQueue', Registry: 'RegistryQueue' };
    const asking = [
      'Checks',
      'Backup',
      'Verification',
      'Membership',
      'CustomDashresources',
      'Gate',
      'TerminationDashpolicy',
    ];
    const wanted = { ...own, ...Object.fromEntries(asking.map((fn) => [fn, 'Queue'])) };
    const queues = Object.keys(wanted).map(
      (fn) => Object(propertiesOf(`${fn}LambdaFunction`)['Environment']).Variables.QUEUE_URL,
    );
    expect(queues).toEqual(Object.values(wanted).map((name) => ({ Ref: name })));
  });

  test('raises an alarm when it fails, as messages do that are unread, undelivered or wait for long', () => {
    const watched = namesOf(template, 'AWS::CloudWatch::Alarm').map((name) =>
      JSON.stringify(propertiesOf(name)['Dimensions']),
    );
    const queues = ['DeadLetterQueue', 'UndeliveredQueue', 'GateQueue', ...WORKING.map(({ queue }) => queue)];
    for (const name of [...names, ...queues]) {
      expect(
        watched.some((dimensions) => dimensions.includes(`"${name}"`)),
        name,
      ).toBe(true);
    }
  });
});

test('a cluster stack, or whoever tells reboot clients, finds what it imports', () => {
  const names = Object.values(template.Outputs).map(({ Export }) => Object(Object(Export).Name)['Fn::Sub']);
  const suffixes = [
    'CustomResourcesArn',
    'DnsQueueArn',
    'DnsQueueUrl',
    'FunctionSecurityGroup',
    'QueueArn',
    'QueueUrl',
    'RebootGateUrl',
    'RegistryQueueArn',
    'RegistryQueueUrl',
    'SnapshotBucket',
    'TerminationPolicyArn',
    'UndeliveredArn',
  ];
  expect(names.filter(Boolean).sort()).toEqual(suffixes.map((suffix) => `\${AWS::StackName}-${suffix}`));
});

test('the command line finds where clusters belong', () => {
  expect(template.Outputs).toMatchObject({
    VpcId: { Value: { Ref: 'VpcId' } },
    SubnetIds: { Value: { 'Fn::Join': [',', { Ref: 'SubnetIds' }] } },
  });
});

test('the parameters are those that the guide names', () => {
  expect(Object.keys(template.Parameters).sort()).toEqual([
    'AlarmTopicArn',
    'AutoScalingRole',
    'CreateEndpoints',
    'DryRun',
    'EtcdToolsDir',
    'EtcdToolsLayerArn',
    'LogLevel',
    'OtherSnapshotBuckets',
    'RebootCertificateArn',
    'RebootGate',
    'RouteTableIds',
    'SecretsKeyArn',
    'SecretsPath',
    'SubnetIds',
    'VpcId',
  ]);
  expect(template.Parameters['DryRun']).toMatchObject({ Default: 'false' });
});
