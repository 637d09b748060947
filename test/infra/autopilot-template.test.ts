import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../functions/edge/environment.ts';
import { CREATE_TEMPLATE, UPDATE_TEMPLATE } from '../../infra/build/package.ts';
import { namesOf, packagedTemplate, resourceOf, statementsOf } from './packaged.ts';

const template = packagedTemplate();
const propertiesOf = (name: string) => resourceOf(template, name).Properties;

test.each([CREATE_TEMPLATE, UPDATE_TEMPLATE])(
  '%s has no error that the validator of CloudFormation knows',
  (path) => {
    const engine = new RegoEngine();
    try {
      const { diagnostics } = engine.validateStandard(new TemplateFile(path));
      expect(diagnostics.length).toBeGreaterThan(0); // hints: it did look
      expect(diagnostics.filter(({ severity }) => severity === 'FATAL' || severity === 'ERROR')).toEqual([]);
    } finally {
      engine.free();
    }
  },
);

describe('the queue', () => {
  test('serialises by message group, drops repeated bodies and forgets what is 10 minutes old', () => {
    expect(propertiesOf('Queue')).toMatchObject({
      QueueName: { 'Fn::Sub': `\${AWS::StackName}.fifo` },
      FifoQueue: true,
      ContentBasedDeduplication: true,
      MessageRetentionPeriod: 600,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] } },
    });
  });

  test('hides a message for the timeout of the function and 10 seconds', () => {
    expect(propertiesOf('MembershipLambdaFunction')['Timeout']).toBe(60);
    expect(propertiesOf('Queue')['VisibilityTimeout']).toBe(70);
  });

  test('has a FIFO dead letter queue, as FIFO queues must; rules have a standard one, as rules must', () => {
    expect(propertiesOf('DeadLetterQueue')).toMatchObject({
      QueueName: { 'Fn::Sub': `\${AWS::StackName}-dead.fifo` },
      FifoQueue: true,
    });
    expect(propertiesOf('UndeliveredQueue')).toMatchObject({
      QueueName: { 'Fn::Sub': `\${AWS::StackName}-undelivered` },
    });
    expect(propertiesOf('UndeliveredQueue')['FifoQueue']).toBeUndefined();
  });

  test('admits rules of clusters, of this account and region, and nobody else', () => {
    expect(namesOf(template, 'AWS::SQS::QueuePolicy')).toEqual(['QueuePolicy']);
    expect(propertiesOf('QueuePolicy')).toMatchObject({
      Queues: [{ Ref: 'Queue' }, { Ref: 'UndeliveredQueue' }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Sub': expect.stringMatching(/^arn:.*:events:.*:rule\/etcd-autopilot-\*$/),
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

  test('takes one message at a time, and says which one failed', () => {
    expect(namesOf(template, 'AWS::Lambda::EventSourceMapping')).toHaveLength(1);
    expect(propertiesOf('MembershipEventSourceMappingSQSQueue')).toMatchObject({
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
    });
  });

  test('S70 works for as many clusters at once as have messages: nothing limits it', () => {
    expect(propertiesOf('MembershipEventSourceMappingSQSQueue')).not.toHaveProperty('ScalingConfig');
    expect(propertiesOf('MembershipLambdaFunction')).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('lives in the VPC, with an endpoint for every service that it calls', () => {
    expect(propertiesOf('MembershipLambdaFunction')['VpcConfig']).toEqual({
      SecurityGroupIds: [{ Ref: 'FunctionSecurityGroup' }],
      SubnetIds: { Ref: 'SubnetIds' },
    });
    const services = statementsOf(template, 'MembershipRole', 'calls')
      .flatMap(({ Action }) => Action)
      .map((action) => action.split(':')[0]);
    const endpoints = namesOf(template, 'AWS::EC2::VPCEndpoint').map(
      (name) => propertiesOf(name)['ServiceName'],
    );
    expect(endpoints.map((name) => Object(name)['Fn::Sub'].split('.').at(-1)).sort()).toEqual(
      [...new Set(services)].sort(),
    );
  });

  test('does without the endpoints where the VPC has its own', () => {
    for (const name of namesOf(template, 'AWS::EC2::VPCEndpoint')) {
      expect(resourceOf(template, name).Condition, name).toBe('HasEndpoints');
    }
  });
});

describe('every function', () => {
  const names = namesOf(template, 'AWS::Lambda::Function');

  test('runs on Node 24 with 256 MB, under a name of the stack, with a log that ends', () => {
    expect(names).toEqual(['CustomDashresourcesLambdaFunction', 'MembershipLambdaFunction']);
    for (const name of names) {
      expect(propertiesOf(name), name).toMatchObject({
        Runtime: 'nodejs24.x',
        Handler: 'handler.handler',
        MemorySize: 256,
        Architectures: ['arm64'],
        FunctionName: {
          'Fn::Sub': expect.stringMatching(/^\$\{AWS::StackName\}-(?:membership|custom-resources)$/),
        },
      });
    }
    for (const name of namesOf(template, 'AWS::Logs::LogGroup')) {
      expect(propertiesOf(name), name).toMatchObject({ RetentionInDays: 30 });
    }
  });

  test('is told every setting that it reads', () => {
    const settings = {
      QUEUE_URL: 'https://a/b',
      DEAD_LETTER_QUEUE_URL: 'https://a/c',
      DRY_RUN: 'true',
      LOG_LEVEL: 'debug',
    };
    expect(readEnvironment(settings)).toMatchObject({ dryRun: true, logLevel: 'debug' });
    for (const name of names) {
      const variables = Object(propertiesOf(name)['Environment']).Variables;
      expect(Object.keys(variables).sort(), name).toEqual(Object.keys(settings).sort());
    }
  });

  test('raises an alarm when it fails, as unread and undelivered messages do', () => {
    const watched = namesOf(template, 'AWS::CloudWatch::Alarm').map((name) =>
      JSON.stringify(propertiesOf(name)['Dimensions']),
    );
    for (const name of [...names, 'DeadLetterQueue', 'UndeliveredQueue']) {
      expect(
        watched.some((dimensions) => dimensions.includes(`"${name}"`)),
        name,
      ).toBe(true);
    }
  });
});

test('a cluster stack finds what it imports', () => {
  const names = Object.values(template.Outputs).map(({ Export }) => Object(Object(Export).Name)['Fn::Sub']);
  const suffixes = ['CustomResourcesArn', 'FunctionSecurityGroup', 'QueueArn', 'QueueUrl', 'UndeliveredArn'];
  expect(names.filter(Boolean).sort()).toEqual(suffixes.map((suffix) => `\${AWS::StackName}-${suffix}`));
});

test('the parameters are those that the guide names', () => {
  expect(Object.keys(template.Parameters).sort()).toEqual([
    'AlarmTopicArn',
    'CreateEndpoints',
    'DryRun',
    'LogLevel',
    'SecretsKeyArn',
    'SecretsPath',
    'SubnetIds',
    'VpcId',
  ]);
  expect(template.Parameters['DryRun']).toMatchObject({ Default: 'false' });
});
