import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import type { InjectedFault } from './fault.ts';
import type { Ground } from './ground.ts';

const scheduleOf = ({ name }: Ground): string => `etcd-autopilot-${name}-schedule`;
const eventsOf = ({ name }: Ground): string => `etcd-autopilot-${name}-events`;

async function disabled({ events }: Ground, Name: string) {
  await events.send(new DisableRuleCommand({ Name }));
  return { subject: Name, undo: () => events.send(new EnableRuleCommand({ Name })) };
}

/** Takes all targets off a rule; undone with the same. */
async function untargeted({ events }: Ground, Rule: string) {
  const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule }));
  const Ids = Targets.map(({ Id = '' }) => Id);
  await events.send(new RemoveTargetsCommand({ Rule, Ids }));
  return { subject: Rule, undo: () => events.send(new PutTargetsCommand({ Rule, Targets })) };
}

async function deleted(ground: Ground, Name: string) {
  const { events } = ground;
  const rule = await events.send(new DescribeRuleCommand({ Name }));
  const { subject, undo } = await untargeted(ground, Name);
  await events.send(new DeleteRuleCommand({ Name }));
  return {
    subject,
    undo: async () => {
      const { ScheduleExpression, EventPattern, State, Description } = rule;
      await events.send(new PutRuleCommand({ Name, ScheduleExpression, EventPattern, State, Description }));
      await undo();
    },
  };
}

/** What brings the autopilot its events and its minute. */
export const ON_RULES: readonly InjectedFault[] = [
  {
    name: 'the schedule of the cluster is disabled',
    codes: ['scheduleStopped'],
    end: 'left',
    inject: (ground) => disabled(ground, scheduleOf(ground)),
  },
  {
    name: 'the schedule of the cluster is deleted',
    codes: ['scheduleStopped'],
    end: 'left',
    inject: (ground) => deleted(ground, scheduleOf(ground)),
  },
  {
    name: 'the schedule of the cluster has lost its targets',
    codes: ['scheduleStopped'],
    end: 'left',
    inject: (ground) => untargeted(ground, scheduleOf(ground)),
  },
  {
    name: 'the rule for the events of the group is disabled',
    codes: ['eventsUnheard'],
    end: 'left',
    inject: (ground) => disabled(ground, eventsOf(ground)),
  },
  {
    name: 'the rule for the events of the group is deleted',
    codes: ['eventsUnheard'],
    end: 'left',
    inject: (ground) => deleted(ground, eventsOf(ground)),
  },
];
