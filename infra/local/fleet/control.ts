import { join } from 'node:path';
import { type FaultWorld, inflict } from './faults/inflict.ts';
import { readFault } from './faults/kinds.ts';
import { wipe } from './faults/on-machines.ts';
import { viewOf as faultView } from './faults/register.ts';
import { FleetError } from './model.ts';
import { instanceView, type NameService, statusOf } from './status.ts';
import type { Targets } from './targets.ts';
import type { StackService } from './updates/stack-service.ts';
import { record, text, textList } from './wire.ts';

export interface ControlContext extends FaultWorld {
  readonly dns: NameService;
  readonly stacks: StackService;
  readonly targets: Targets;
  readonly endpoint: string;
  /** The same, as machines with a network of their own reach it, too. */
  readonly endpointForAll: string;
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

/** What the stage asks: of load balancers here, of groups the service that answers for stacks. */
async function serveStage(
  context: ControlContext,
  operation: string,
  body: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  if (operation === 'endpoint') return { endpoint: context.endpointForAll };
  if (operation !== 'targets') return context.stacks.serve(operation, body);
  const arn = text(body['name']);
  return { targets: textList(body['ids']).map((id) => targetView(context, arn, id)) };
}

/** What a load balancer must know of one of its targets; nulls for who is none of fleet's. */
function targetView({ groups, targets }: ControlContext, arn: string, id: string) {
  const instance = groups.instances().find((one) => one.id === id);
  const address = instance === undefined || instance.ec2State === 'terminated' ? null : instance.address;
  return { id, address, state: targets.stateOf(arn, id) };
}
