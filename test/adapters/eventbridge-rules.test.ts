import { EventBridgeClient, ListRulesCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRulePort, createScheduleLook } from '../../functions/adapters/eventbridge-rules.ts';
import { OperationError } from '../../functions/core/errors.ts';
import { eitherWay } from '../../functions/edge/either-way.ts';
import { expectFailure, throttled } from './aws-failures.ts';

const client = new EventBridgeClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const QUEUE_URL = 'https://sqs.eu-west-1.amazonaws.com/123456789012/etcd-autopilot-queue.fifo';
const QUEUE_ARN = 'arn:aws:sqs:eu-west-1:123456789012:etcd-autopilot-queue.fifo';
const port = createRulePort(client, QUEUE_URL);

const rule = (Name: string, more: object = {}) => ({ Name, State: 'ENABLED' as const, ...more });
const target = (Arn: string, MessageGroupId: string) => ({
  Id: 'queue',
  Arn,
  SqsParameters: { MessageGroupId },
});

beforeEach(() => {
  aws.reset();
  aws.on(ListTargetsByRuleCommand).resolves({ Targets: [target(QUEUE_ARN, 'core')] });
});

describe('the rules of a cluster', () => {
  test('are read with all pages, and told by what they do', async () => {
    aws
      .on(ListRulesCommand)
      .resolvesOnce({ Rules: [rule('etcd-autopilot-core-events')], NextToken: 'more' })
      .resolvesOnce({
        Rules: [
          rule('etcd-autopilot-core-schedule', { State: 'DISABLED', ScheduleExpression: 'rate(1 minute)' }),
        ],
      });
    expect(await port.listRules('core')).toEqual([
      { name: 'etcd-autopilot-core-events', isEnabled: true, isSchedule: false, isHeard: true },
      { name: 'etcd-autopilot-core-schedule', isEnabled: false, isSchedule: true, isHeard: true },
    ]);
    const asked = aws.commandCalls(ListRulesCommand).map(({ args }) => args[0].input.NamePrefix);
    expect(asked).toEqual(['etcd-autopilot-core-', 'etcd-autopilot-core-']);
  });

  test('are not those of a cluster whose name begins alike: their messages go to another group', async () => {
    aws.on(ListRulesCommand).resolves({ Rules: [rule('etcd-autopilot-core-2-events')] });
    aws.on(ListTargetsByRuleCommand).resolves({ Targets: [target(QUEUE_ARN, 'core-2')] });
    expect(await port.listRules('core')).toEqual([]);
  });

  test('are not heard where they send elsewhere, or nowhere', async () => {
    aws.on(ListRulesCommand).resolves({ Rules: [rule('etcd-autopilot-core-events')] });
    for (const Targets of [[], [target('arn:aws:sqs:eu-west-1:123456789012:another.fifo', 'core')]]) {
      aws.on(ListTargetsByRuleCommand).resolves({ Targets });
      expect(await port.listRules('core')).toMatchObject([{ isHeard: false }]);
    }
  });

  test('are unknown, never none, when a page or a target cannot be read', async () => {
    aws.on(ListRulesCommand).rejects(throttled());
    await expectFailure(port.listRules('core'), 'AWS_THROTTLED', 'nextLook');
    aws.on(ListRulesCommand).resolves({});
    await expectFailure(port.listRules('core'), 'AWS_UNAVAILABLE', 'nextLook');
    aws.on(ListRulesCommand).resolves({ Rules: [rule('etcd-autopilot-core-events')] });
    aws.on(ListTargetsByRuleCommand).resolves({});
    await expectFailure(port.listRules('core'), 'AWS_UNAVAILABLE', 'nextLook');
  });
});

describe('clusters', () => {
  const schedules = createScheduleLook(client);
  const groups = (...names: readonly string[]) => ({ listClusters: async () => names });

  test('are told by their schedules, too: one whose group lost its tags is looked after all the same', async () => {
    const names = ['core-schedule', 'edge-schedule', 'core-events', 'Not A Name-schedule'];
    aws.on(ListRulesCommand).resolves({ Rules: names.map((name) => rule(`etcd-autopilot-${name}`)) });
    expect(await schedules.listClusters()).toEqual(['core', 'edge']);
    expect(await eitherWay(groups('core', 'web'), schedules).listClusters()).toEqual(['core', 'edge', 'web']);
  });

  test('are those of the groups where schedules cannot be read, and unknown where groups cannot', async () => {
    aws.on(ListRulesCommand).rejects(throttled());
    expect(await eitherWay(groups('core'), schedules).listClusters()).toEqual(['core']);
    const error = new OperationError('AWS_DENIED', 'never', 'no');
    const failing = { listClusters: () => Promise.reject(error) };
    await expect(eitherWay(failing, groups('core')).listClusters()).rejects.toBe(error);
  });
});
