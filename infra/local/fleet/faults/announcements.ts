import type { Instance, Notice } from '../model.ts';
import { timeText } from '../wire.ts';
import type { EventLine } from './event-line.ts';
import { type FaultRequest, invalid } from './kinds.ts';
import { type Inflicted, type MachineWorld, needMachine, undoOf } from './on-machines.ts';
import { toldInstance } from './targets.ts';

/** The platform's notice before a spot instance ends. */
const INTERRUPTION_SECONDS = 120;
const RETIREMENT_MS = 14 * 24 * 3600_000;
const ACCOUNT = '000000000000';

export interface AnnouncingWorld extends MachineWorld {
  readonly events: Pick<EventLine, 'put'>;
}

/** Tells everybody that asks EC2, and the bus, then ends the machine. It is a spot instance from then on. */
export function interrupt(world: AnnouncingWorld, one: Instance, request: FaultRequest): Inflicted {
  needQuiet(one);
  const seconds = request.seconds ?? INTERRUPTION_SECONDS;
  const end = (): void => void world.groups.lifecycle.endMachine(one, true);
  const timer = setTimeout(end, seconds * 1_000);
  one.notice = noticeOf('interruption', seconds * 1_000);
  world.events.put({
    source: 'aws.ec2',
    detailType: 'EC2 Spot Instance Interruption Warning',
    resources: [`arn:aws:ec2:${one.place.zone}:${ACCOUNT}:instance/${one.id}`],
    detail: { 'instance-id': one.id, 'instance-action': 'terminate' },
    group: one.groupName,
  });
  const text = `announced a spot interruption of ${toldInstance(world.groups, one)} in ${seconds} s`;
  return lasting(world, one, request, text, () => clearTimeout(timer));
}

export function retire(world: AnnouncingWorld, one: Instance, request: FaultRequest): Inflicted {
  needQuiet(one);
  one.notice = noticeOf('retirement', RETIREMENT_MS);
  const day = timeText(one.notice.atMs).slice(0, 10);
  const text = `announced the retirement of ${toldInstance(world.groups, one)} on ${day}`;
  return lasting(world, one, request, text, () => undefined);
}

function needQuiet(instance: Instance): void {
  needMachine(instance);
  if (instance.notice !== null)
    throw invalid(`the ${instance.notice.kind} of ${instance.id} is announced already`);
}

function noticeOf(kind: Notice['kind'], inMs: number): Notice {
  const sinceMs = Date.now();
  return { kind, sinceMs, atMs: sinceMs + inMs };
}

function lasting(
  world: AnnouncingWorld,
  one: Instance,
  request: FaultRequest,
  text: string,
  withdraw: () => void,
): Inflicted {
  const fault = world.faults.add(request, text, {
    isOver: () => one.ec2State === 'terminated',
    undo: () => {
      withdraw();
      one.notice = null;
    },
  });
  return { id: fault.id, text, undo: undoOf(fault) };
}
