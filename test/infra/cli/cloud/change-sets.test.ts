import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DescribeChangeSetCommand,
} from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createChangeSetPort } from '../../../../infra/cli/cloud/change-sets.ts';

const formation = mockClient(CloudFormationClient);
const settings = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const changeSets = createChangeSetPort(new CloudFormationClient(settings), () => 'plan-1');
const made = { id: 'arn:cs', stackId: 'arn:stack' };

beforeEach(() => {
  formation.reset();
});

describe('change sets', () => {
  test('are made with the given parameters, those that stay, and no more rights than IAM roles without names', async () => {
    formation.on(CreateChangeSetCommand).resolves({ Id: 'arn:cs', StackId: 'arn:stack' });
    const request = {
      stack: 's',
      isNew: true,
      templateText: '{}',
      given: new Map([['Size', '3']]),
      kept: ['Cluster'],
    };
    expect(await changeSets.make(request)).toEqual(made);
    await changeSets.make({ ...request, isNew: false, templateText: null });
    const inputs = formation.commandCalls(CreateChangeSetCommand).map(({ args }) => args[0].input);
    expect(inputs[0]).toMatchObject({
      StackName: 's',
      ChangeSetName: 'plan-1',
      ChangeSetType: 'CREATE',
      TemplateBody: '{}',
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: [
        { ParameterKey: 'Size', ParameterValue: '3' },
        { ParameterKey: 'Cluster', UsePreviousValue: true },
      ],
    });
    expect(inputs[1]).toMatchObject({ ChangeSetType: 'UPDATE', UsePreviousTemplate: true });
    expect(inputs[1]).not.toHaveProperty('TemplateBody');
  });

  test.each([
    ['CREATE_PENDING', 'UNAVAILABLE', '', 'pending'],
    ['CREATE_IN_PROGRESS', 'UNAVAILABLE', '', 'pending'],
    ['CREATE_COMPLETE', 'AVAILABLE', '', 'ready'],
    [
      'FAILED',
      'UNAVAILABLE',
      "The submitted information didn't contain changes. Submit different information",
      'empty',
    ],
    ['FAILED', 'UNAVAILABLE', 'No updates are to be performed.', 'empty'],
    ['FAILED', 'UNAVAILABLE', 'No export named x found', 'failed'],
    ['DELETE_COMPLETE', 'UNAVAILABLE', '', 'failed'],
  ] as const)('%s and %s "%s" is %s', async (Status, ExecutionStatus, StatusReason, state) => {
    formation.on(DescribeChangeSetCommand).resolves({ Status, ExecutionStatus, StatusReason });
    expect((await changeSets.look(made)).state).toBe(state);
  });

  test('changes of all pages, with replacements and what becomes of the old one', async () => {
    const change = {
      Action: 'Modify',
      LogicalResourceId: 'A',
      ResourceType: 'T',
      PhysicalResourceId: 'p',
    } as const;
    const always = { Attribute: 'Properties', Name: 'VpcId', RequiresRecreation: 'Always' } as const;
    formation
      .on(DescribeChangeSetCommand, { NextToken: undefined })
      .resolves({
        Status: 'CREATE_COMPLETE',
        ExecutionStatus: 'AVAILABLE',
        NextToken: 'more',
        Changes: [
          {
            ResourceChange: {
              ...change,
              Replacement: 'True',
              PolicyAction: 'ReplaceAndRetain',
              Details: [
                { Target: always, Evaluation: 'Static' },
                { Target: { Attribute: 'Tags', RequiresRecreation: 'Never' }, Evaluation: 'Static' },
              ],
            },
          },
        ],
      })
      .on(DescribeChangeSetCommand, { NextToken: 'more' })
      .resolves({
        Changes: [
          {
            ResourceChange: {
              ...change,
              LogicalResourceId: 'B',
              Replacement: 'Conditional',
              Details: [{ Target: always, Evaluation: 'Dynamic' }],
            },
          },
          { ResourceChange: { ...change, LogicalResourceId: 'C', Replacement: 'False', Scope: ['Tags'] } },
          { ResourceChange: { Action: 'Remove', LogicalResourceId: 'D', PolicyAction: 'Retain' } },
          { ResourceChange: { Action: 'Add', LogicalResourceId: 'E' } },
        ],
      });
    const seen = await changeSets.look(made);
    expect(seen.state).toBe('ready');
    expect(seen.changes).toMatchObject([
      {
        logicalId: 'A',
        physicalId: 'p',
        action: 'change',
        replacement: 'yes',
        old: 'kept',
        because: [
          { name: 'VpcId', replaces: 'yes' },
          { name: 'Tags', replaces: 'no' },
        ],
      },
      { logicalId: 'B', replacement: 'maybe', because: [{ name: 'VpcId', replaces: 'maybe' }] },
      { logicalId: 'C', replacement: 'no', because: [{ name: 'Tags', replaces: 'no' }] },
      { logicalId: 'D', action: 'remove', replacement: 'no', old: 'kept' },
      { logicalId: 'E', action: 'add', replacement: 'no', physicalId: null },
    ]);
  });

  test('a change of which nothing is told, or an action that nobody knows, may replace', async () => {
    const Changes = [
      { ResourceChange: { Action: 'Modify' as const, LogicalResourceId: 'A' } },
      { ResourceChange: { Action: 'Dynamic' as const, LogicalResourceId: 'B' } },
    ];
    formation
      .on(DescribeChangeSetCommand)
      .resolves({ Status: 'CREATE_COMPLETE', ExecutionStatus: 'AVAILABLE', Changes });
    const { changes } = await changeSets.look(made);
    expect(changes.map(({ action, replacement }) => [action, replacement])).toEqual([
      ['change', 'maybe'],
      ['unknown', 'maybe'],
    ]);
  });
});
