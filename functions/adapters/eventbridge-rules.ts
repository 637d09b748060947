import {
  type EventBridgeClient,
  type Rule as ListedRule,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  type Target,
} from '@aws-sdk/client-eventbridge';
import type { Rule, RulePort } from '../core/checks/ports.ts';
import { CLUSTER_NAME } from '../core/names.ts';
import type { ClusterPort } from '../core/tick.ts';
import type { OnCall } from './aws-calls.ts';
import { type Call, createCall, readAllPages } from './aws-client.ts';
import { present } from './aws-errors.ts';

const RULES = 'events:ListRules';
const TARGETS = 'events:ListTargetsByRule';

const PAGE_SIZE = 100;

/** Rules of the default bus. `queueUrl`: of membership, where every cluster's rules must send to. */
export function createRulePort(client: EventBridgeClient, queueUrl: string, onCall?: OnCall): RulePort {
  const call = createCall(onCall);
  const queueName = queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
  return {
    listRules: async (cluster) => {
      const listed = await rulesNamed(client, call, `etcd-autopilot-${cluster}-`);
      const rules = await Promise.all(listed.map((rule) => toRule(client, call, rule, queueName, cluster)));
      return rules.flatMap((rule) => rule ?? []);
    },
  };
}

const SCHEDULE = /^etcd-autopilot-(.+)-schedule$/;

/** The clusters that have a schedule, by its name: who has lost the tags of its group is found here. */
export function createScheduleLook(client: EventBridgeClient, onCall?: OnCall): ClusterPort {
  const call = createCall(onCall);
  return {
    listClusters: async () => {
      const rules = await rulesNamed(client, call, 'etcd-autopilot-');
      const names = rules.flatMap(({ Name }) => SCHEDULE.exec(Name ?? '')?.[1] ?? []);
      return names.filter((name) => CLUSTER_NAME.test(name)).sort();
    },
  };
}

function rulesNamed(
  client: EventBridgeClient,
  call: Call,
  NamePrefix: string,
): Promise<readonly ListedRule[]> {
  return readAllPages(RULES, async (NextToken) => {
    const command = new ListRulesCommand({ NamePrefix, Limit: PAGE_SIZE, NextToken });
    const answer = await call(RULES, (options) => client.send(command, options));
    return { items: present(answer.Rules, RULES, 'rules'), nextToken: answer.NextToken };
  });
}

/** `null`: it is of a cluster whose name begins like this one's, as all that it sends there says. */
async function toRule(
  client: EventBridgeClient,
  call: Call,
  rule: ListedRule,
  queueName: string,
  cluster: string,
): Promise<Rule | null> {
  const name = present(rule.Name, RULES, 'the name of a rule');
  const targets = await targetsOf(client, call, name);
  const toQueue = targets.filter(({ Arn }) => Arn?.endsWith(`:${queueName}`) === true);
  const isHeard = toQueue.some((target) => target.SqsParameters?.MessageGroupId === cluster);
  if (toQueue.length > 0 && !isHeard) return null;
  const isSchedule = rule.ScheduleExpression !== undefined && rule.ScheduleExpression !== '';
  return { name, isEnabled: rule.State !== 'DISABLED', isSchedule, isHeard };
}

function targetsOf(client: EventBridgeClient, call: Call, name: string): Promise<readonly Target[]> {
  return readAllPages(TARGETS, async (NextToken) => {
    const command = new ListTargetsByRuleCommand({ Rule: name, Limit: PAGE_SIZE, NextToken });
    const answer = await call(TARGETS, (options) => client.send(command, options), { rule: name });
    return { items: present(answer.Targets, TARGETS, 'targets'), nextToken: answer.NextToken };
  });
}
