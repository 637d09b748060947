import type { ParameterPort } from '../clusters.ts';
import type { Instance } from '../model.ts';
import { interrupt, retire } from './announcements.ts';
import type { EventLine } from './event-line.ts';
import type { FrontDoor } from './front-door.ts';
import { type FaultKind, type FaultRequest, invalid, KINDS, type KindRule } from './kinds.ts';
import { type Inflicted, type MachineWorld, ON_MACHINES, undoOf } from './on-machines.ts';
import { inflictOnZone } from './on-zones.ts';
import { apiTargetOf } from './operations.ts';
import { instanceOf, toldInstance } from './targets.ts';

export interface FaultWorld extends MachineWorld {
  readonly stage: ParameterPort;
  readonly events: EventLine;
  readonly door: FrontDoor;
  readonly log: (line: string) => void;
}

const VERBS: Readonly<Partial<Record<FaultKind, string>>> = {
  'drop-events': 'dropping',
  'duplicate-events': 'duplicating',
  'delay-events': 'delaying',
  'reorder-events': 'reordering',
  'throttle-api': 'throttling',
  'deny-api': 'denying',
  'break-api': 'breaking',
  'lose-reply': 'losing the replies of',
  'black-hole-api': 'never answering',
};

/**
 * Makes it go wrong. Resolves when it is done, or in force.
 *
 * @throws {FleetError} `InvalidFault`: what it is about is not there, or not in a state for it
 */
export async function inflict(world: FaultWorld, request: FaultRequest): Promise<Inflicted> {
  const inflicted = await dispatch(world, request);
  world.log(`fault ${inflicted.id ?? request.kind}: ${inflicted.text}`);
  return inflicted;
}

async function dispatch(world: FaultWorld, request: FaultRequest): Promise<Inflicted> {
  const rule: KindRule = KINDS[request.kind];
  switch (rule.target) {
    case 'instance':
      return onInstance(world, await instanceOf(world, request.target), request);
    case 'zone':
      return inflictOnZone(world, request);
    case 'api':
      return onApi(world, request);
    case 'none':
      needGroup(world, request);
      return request.kind === 'broken-boot' ? breakBoot(world, request) : onEvents(world, request);
  }
}

function onInstance(world: FaultWorld, one: Instance, given: FaultRequest): Promise<Inflicted> | Inflicted {
  const request = { ...given, target: one.id };
  switch (request.kind) {
    case 'interrupt':
      return interrupt(world, one, request);
    case 'retire':
      return retire(world, one, request);
    case 'reuse-address': {
      const text = `the next instance gets the address of ${toldInstance(world.groups, one)} once that is free`;
      return inForce(world, request, text, 1);
    }
    default: {
      const work = ON_MACHINES[request.kind];
      if (work === undefined) throw invalid(`${request.kind} has no effect on an instance`);
      return work(world, one, request);
    }
  }
}

async function onApi(world: FaultWorld, given: FaultRequest): Promise<Inflicted> {
  const { service, operation } = await apiTargetOf(given.target);
  const target = operation === null ? service : `${service}:${operation}`;
  const calls = countOf(given, 'call');
  const text = `${VERBS[given.kind] ?? given.kind} ${calls} of ${target}, whoever makes it`;
  let id = '';
  const fault = world.faults.add({ ...given, target }, text, {
    count: given.count,
    undo: () => world.door.hangUp(id),
    ...(given.kind === 'black-hole-api'
      ? { isOver: () => given.count !== null && fault.struck >= given.count && !world.door.isMute(id) }
      : {}),
  });
  id = fault.id;
  return { id, text, undo: undoOf(fault) };
}

function onEvents(world: FaultWorld, request: FaultRequest): Inflicted {
  const isHeld = request.kind === 'delay-events' || request.kind === 'reorder-events';
  const words = [
    `${VERBS[request.kind] ?? request.kind} ${countOf(request, 'event')}`,
    request.type === null ? '' : ` of type "${request.type}"`,
    request.group === null ? '' : ` of group ${request.group}`,
    request.seconds === null ? '' : isHeld ? ` by ${request.seconds} s` : ` for ${request.seconds} s`,
  ];
  const text = words.join('');
  const untilMs = isHeld || request.seconds === null ? null : Date.now() + request.seconds * 1_000;
  const undo = (): void => world.events.releaseAll(request);
  const fault = world.faults.add(request, text, { count: request.count, untilMs, undo });
  return { id: fault.id, text, undo: undoOf(fault) };
}

function breakBoot(world: FaultWorld, request: FaultRequest): Inflicted {
  const count = request.count ?? 1;
  const machines = count === 1 ? 'the next machine' : `the next ${count} machines`;
  const group = request.group === null ? '' : ` of group ${request.group}`;
  return inForce(world, request, `the boot script of ${machines}${group} will not run`, count);
}

function inForce({ faults }: FaultWorld, request: FaultRequest, text: string, count: number): Inflicted {
  const fault = faults.add(request, text, { count });
  return { id: fault.id, text, undo: undoOf(fault) };
}

function needGroup({ groups }: FaultWorld, { group }: FaultRequest): void {
  const names = groups.all().map(({ name }) => name);
  if (group !== null && !names.includes(group)) {
    throw invalid(`there is no group ${group}; there are: ${names.join(', ') || 'none'}`);
  }
}

function countOf({ count }: FaultRequest, what: string): string {
  if (count === null) return `every ${what}`;
  return count === 1 ? `the next ${what}` : `the next ${count} ${what}s`;
}
