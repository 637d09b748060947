import { type FakeInstance, type FakeWorld, PATH } from '../world/fake-world.ts';
import { isSpared } from '../world/faults/targets.ts';
import { isInService } from '../world/instance.ts';
import { isLost } from './whole.ts';

const HOOK_TIMES = { heartbeatSeconds: 1_800, globalSeconds: 172_800 };

/** More voters than etcd advises are never made. */
const DESIRED_MAX = 7;

/** What an operator puts right at once when nothing disturbs the world any more. */
export function tidyUp(world: FakeWorld, size: number, config: string): void {
  // What is deleted stays so, its group, too.
  if (world.isTearingDown() || world.parameters.size === 0) {
    world.desired = 0;
    // The stack goes on to its group, and lets go whoever still waits there.
    world.stackDeletes = true;
    world.tags.set('aws:cloudformation:stack-name', 'stack');
    world.tags.set('aws:cloudformation:logical-id', 'MemberGroup');
    return;
  }
  world.parameters.set(`${PATH}config`, config);
  // Snapshots are made and verified again, where anybody cares.
  Object.assign(world.backups, { everySeconds: 60, verifySeconds: 5, captureSeconds: 5 });
  if (isLost(world)) world.backups.isOn = true;
  // Two faults at once may have restored what the other one had set.
  Object.assign(world.hooks, HOOK_TIMES);
  world.desired = Math.min(world.desired, DESIRED_MAX);
  // A cluster that is to be founded with more than its group wants waits for a person.
  if (world.etcd.clusterId === null) world.desired = Math.max(world.desired, size);
}

/**
 * What an operator puts right who finds that something waits for a person: a refresh that ends the
 * last voters before it launches others, a machine that was let into service before the founding, a deleted ticket
 * without which no etcd starts or nobody knows a member, an only voter whose machine is to end, a detached machine that still votes where no other could do without it.
 */
export function help(world: FakeWorld, claim: string | null): void {
  world.refresh.cancel(world);
  beginAnew(world, claim);
  for (const instance of world.instances) putTicketBack(world, instance);
  makeRoomForRetirement(world);
  takeAlarmsBack(world);
  for (const id of [...world.doomed]) {
    const instance = world.instance(id);
    if (isSpared(world, instance) || instance.listed) continue;
    world.doomed.delete(id);
    Object.assign(instance, { listed: true, lifecycle: 'InService' });
    world.desired += 1;
  }
}

/**
 * As the runbook says it of a founding that is refused: who is past the launch hook goes, and others come.
 * A claim that somebody deleted is restored from a copy; without one nothing was founded, and traces go.
 */
function beginAnew(world: FakeWorld, claim: string | null): void {
  const isMissing = !world.parameters.has(`${PATH}bootstrap`);
  // Without it nobody can tell whose survivors and snapshots these are.
  if (isMissing && claim !== null && isLost(world)) world.parameters.set(`${PATH}bootstrap`, claim);
  if (world.etcd.clusterId !== null) return;
  for (const { id } of world.instances.filter(isInService)) world.terminate(id);
  if (world.parameters.has(`${PATH}bootstrap`)) return;
  if (claim !== null) world.parameters.set(`${PATH}bootstrap`, claim);
  else for (const name of TRACES) world.parameters.delete(PATH + name);
}

const TRACES = ['status'];

/** As the runbook says it of databases that fill up too often: what fills them is found, and room is made by hand. */
function takeAlarmsBack({ etcd }: FakeWorld): void {
  // Where no majority is left that holds the same, a person finds out who is right.
  etcd.space.corrupt.clear();
  for (const [id, alarm] of [...etcd.alarms]) if (alarm === 'CORRUPT') etcd.alarms.delete(id);
  if (![...etcd.alarms.values()].includes('NOSPACE')) return;
  etcd.space.compact(etcd.revision);
  for (const { id } of etcd.members) etcd.space.defragment(id);
  for (const [id, alarm] of [...etcd.alarms]) if (alarm === 'NOSPACE') etcd.alarms.delete(id);
}

/** As the runbook says it: the only voter cannot go before another has come. */
function makeRoomForRetirement(world: FakeWorld): void {
  const [first, ...others] = world.instances.filter(isInService);
  if (first !== undefined && others.length === 0 && first.ending !== null) world.desired += 1;
}

/**
 * Deleted while no voter answers, nobody but a person can write it again; and no etcd starts without it. Where
 * the machine is gone, too, nothing else says any more that its member was ours.
 */
function putTicketBack(world: FakeWorld, { id, listed, disk, ticket }: FakeInstance): void {
  const name = `${PATH}members/${id}`;
  const isOurs = listed || world.etcd.members.some((member) => member.name === id);
  if (isOurs && disk !== null && ticket !== null && !world.parameters.has(name))
    world.parameters.set(name, ticket.text);
}

/** What the group shows of itself: while this changes, others than the autopilot are at work. */
export function groupText(world: FakeWorld): string {
  const listed = world.instances.filter((one) => one.listed || one.state !== 'terminated');
  const shown = listed.map((one) => `${one.id} ${one.state} ${one.listed} ${isInService(one)}`);
  return [world.desired, ...shown].join(';');
}
