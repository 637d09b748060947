import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Groups } from './groups.ts';
import type { Machines } from './machines.ts';
import { FleetError, type Instance, type Waits } from './model.ts';
import { hookOf } from './settings.ts';
import { record, text } from './wire.ts';

export interface ControlContext {
  readonly groups: Groups;
  readonly machines: Machines;
  readonly waits: Waits;
}

/** What `/_fleet/instances` says of one instance. */
export interface InstanceView {
  readonly id: string;
  readonly group: string;
  readonly address: string;
  readonly zone: string;
  readonly state: string;
  readonly ec2State: string;
  readonly health: string;
  readonly templateVersion: string;
  /** Process group of the machine; null when it is off. */
  readonly pid: number | null;
  readonly root: string;
}

/** The part of the platform that no API has: faults, and what the stage asks for its stacks. */
export async function answerControl(context: ControlContext, path: string, body: unknown): Promise<unknown> {
  const [area, first, second] = path.split('/').filter((part) => part !== '');
  if (area === 'waits') return context.waits;
  if (area === 'instances' && first === undefined) {
    return { instances: context.groups.instances().map((one) => viewOf(context, one)) };
  }
  if (area === 'instances' && first !== undefined) return inflict(context, first, second ?? '');
  if (area === 'stage') return serveStage(context.groups, first ?? '', record(body));
  throw new FleetError('NotFound', `no such path: ${path}`);
}

function viewOf(context: ControlContext, instance: Instance): InstanceView {
  return {
    id: instance.id,
    group: instance.groupName,
    address: instance.address,
    zone: instance.place.zone,
    state: instance.state,
    ec2State: instance.ec2State,
    health: instance.health,
    templateVersion: instance.template.version,
    pid: context.machines.pidOf(instance.id),
    root: context.machines.rootOf(instance.id),
  };
}

async function inflict(context: ControlContext, id: string, fault: string): Promise<unknown> {
  const instance = context.groups.instance(id);
  switch (fault) {
    case '':
      return viewOf(context, instance);
    case 'kill':
      await context.groups.lifecycle.endMachine(instance, false);
      return viewOf(context, instance);
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
      return viewOf(context, instance);
    default:
      throw new FleetError('NotFound', `no such fault: ${fault}`);
  }
}

function wipe(dir: string): readonly string[] {
  const entries = readdirSync(dir);
  for (const entry of entries) rmSync(join(dir, entry), { recursive: true, force: true });
  return entries;
}

/** Answers when it is done: the stage's stack waits for it. */
async function serveStage(
  groups: Groups,
  operation: string,
  body: Readonly<Record<string, unknown>>,
): Promise<unknown> {
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
      return { arn: await updateGroup(groups, name, record(body['properties'])) };
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
    default:
      throw new FleetError('NotFound', `no such operation: ${operation}`);
  }
}

/** Tags that CloudFormation or the autopilot put on the group outlive an update of the template's own. */
async function updateGroup(
  groups: Groups,
  name: string,
  properties: Readonly<Record<string, unknown>>,
): Promise<string> {
  const before = groups.get(name).tags;
  const group = await groups.update(name, properties);
  const kept = before.filter((tag) => !group.tags.some((other) => other.key === tag.key));
  group.tags = [...group.tags, ...kept];
  return group.arn;
}
