import { join } from 'node:path';
import { type FaultWorld, inflict } from './faults/inflict.ts';
import { readFault } from './faults/kinds.ts';
import { wipe } from './faults/on-machines.ts';
import { viewOf as faultView } from './faults/register.ts';
import type { Groups } from './groups.ts';
import { FleetError } from './model.ts';
import { hookOf } from './settings.ts';
import { instanceView, type NameService, statusOf } from './status.ts';
import type { Targets } from './targets.ts';
import { record, text, textList } from './wire.ts';

export interface ControlContext extends FaultWorld {
  readonly dns: NameService;
  readonly targets: Targets;
  readonly endpoint: string;
  readonly region: string;
}

/** The part of the platform that no API has: faults, and what the stage asks for its stacks. */
export async function answerControl(
  context: ControlContext,
  method: string,
  path: string,
  body: unknown,
): Promise<unknown> {
  const [area, first, second] = path.split('/').filter((part) => part !== '');
  if (area === 'waits') return context.waits;
  if (area === 'status') return statusOf(context);
  if (area === 'faults') return answerFaults(context, method, first ?? null, body);
  if (area === 'instances' && first === undefined) {
    return { instances: context.groups.instances().map((one) => instanceView(context, one)) };
  }
  if (area === 'instances' && first !== undefined) return inflictOn(context, first, second ?? '');
  if (area === 'stage') return serveStage(context, first ?? '', record(body));
  throw new FleetError('NotFound', `no such path: ${path}`);
}

async function answerFaults(
  context: ControlContext,
  method: string,
  id: string | null,
  body: unknown,
): Promise<unknown> {
  const { faults } = context;
  if (method === 'POST' && id === null) {
    const request = readFault(body);
    return { kind: request.kind, ...(await inflict(context, request)) };
  }
  if (method === 'DELETE') {
    const cleared = id === null ? faults.clearAll() : [faults.clear(id)];
    return { cleared: cleared.map(faultView) };
  }
  if (method === 'GET' && id === null) {
    return { faults: faults.inForce().map(faultView), ended: faults.ended().map(faultView) };
  }
  throw new FleetError('NotFound', `faults are not asked for by ${method} of ${id ?? 'all'}`);
}

async function inflictOn(context: ControlContext, id: string, fault: string): Promise<unknown> {
  const instance = context.groups.instance(id);
  switch (fault) {
    case '':
      return instanceView(context, instance);
    case 'kill':
      await context.groups.lifecycle.endMachine(instance, false);
      return instanceView(context, instance);
    case 'kill-etcd':
      return { processes: context.machines.signal(id, 'etcd', 'SIGKILL') };
    case 'pause-etcd':
      return { processes: context.machines.signal(id, 'etcd', 'SIGSTOP') };
    case 'resume-etcd':
      return { processes: context.machines.signal(id, 'etcd', 'SIGCONT') };
    case 'wipe':
      return { removed: wipe(join(context.machines.rootOf(id), 'var/lib/etcd')) };
    case 'reboot':
      await context.machines.reboot(id, context.waits.terminationMs);
      return instanceView(context, instance);
    default:
      throw new FleetError('NotFound', `no such fault: ${fault}`);
  }
}

/** Answers when it is done: the stage's stack waits for it. */
async function serveStage(
  context: ControlContext,
  operation: string,
  body: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { groups } = context;
  const name = text(body['name']);
  switch (operation) {
    case 'create-group': {
      const group = await groups.create(name, record(body['properties']));
      const tag = (key: string, value: unknown) => ({
        key: `aws:cloudformation:${key}`,
        value: text(value),
        propagate: true,
      });
      group.tags.push(tag('stack-name', body['stackName']), tag('logical-id', body['logicalId']));
      return { arn: group.arn };
    }
    case 'update-group':
      return {
        arn: await updateGroup(groups, name, record(body['properties']), textList(body['droppedTags'])),
      };
    case 'delete-group':
      await groups.remove(name, true);
      return {};
    case 'put-hook': {
      const hook = hookOf(body['hook']);
      const group = groups.get(name);
      group.hooks = [...group.hooks.filter((other) => other.name !== hook.name), hook];
      return {};
    }
    case 'delete-hook': {
      const group = groups.all().find((one) => one.name === name);
      if (group !== undefined)
        group.hooks = group.hooks.filter((hook) => hook.name !== text(body['hookName']));
      return {};
    }
    case 'targets':
      return { targets: textList(body['ids']).map((id) => targetView(context, name, id)) };
    default:
      throw new FleetError('NotFound', `no such operation: ${operation}`);
  }
}

/** What a load balancer must know of one of its targets; nulls for who is none of fleet's. */
function targetView({ groups, targets }: ControlContext, arn: string, id: string) {
  const instance = groups.instances().find((one) => one.id === id);
  const address = instance === undefined || instance.ec2State === 'terminated' ? null : instance.address;
  return { id, address, state: targets.stateOf(arn, id) };
}

/** Tags that CloudFormation or the autopilot put on the group outlive an update; those that the template dropped do not. */
async function updateGroup(
  groups: Groups,
  name: string,
  properties: Readonly<Record<string, unknown>>,
  droppedTags: readonly string[],
): Promise<string> {
  const before = groups.get(name).tags;
  const group = await groups.update(name, properties);
  const kept = before.filter(
    ({ key }) => !droppedTags.includes(key) && !group.tags.some((other) => other.key === key),
  );
  group.tags = [...group.tags, ...kept];
  return group.arn;
}
