import type { FakeWorld } from './fake-world.ts';
import { holdIn } from './hooks.ts';

/** What operators do to instances of a group: they step aside, come back, or go their own way. */

/** It goes on running, and is not the group's to count. */
export function enterStandby(world: FakeWorld, id: string, lowersDesired: boolean): void {
  world.instance(id).lifecycle = 'Standby';
  if (lowersDesired) world.desired -= 1;
}

/** Through the launch hook again; the desired capacity grows by it. */
export function exitStandby(world: FakeWorld, id: string): void {
  const instance = world.instance(id);
  if (instance.lifecycle !== 'Standby' || !instance.listed) return;
  world.desired += 1;
  holdIn(world, instance, 'Pending:Wait');
}

/** The machine goes on running, without any hook, and belongs to nobody. */
export function detach(world: FakeWorld, id: string, lowersDesired: boolean): void {
  const instance = world.instance(id);
  instance.lifecycle = 'Detached';
  instance.listed = false;
  if (lowersDesired) world.desired -= 1;
}

/** Its root volume is replaced in place: it waits in the terminate hook, and comes back with an empty disk. */
export function replaceRoot(world: FakeWorld, id: string): void {
  const instance = world.instance(id);
  instance.terminatingAtMs = world.nowMs;
  holdIn(world, instance, 'ReplacingRootVolume:Wait');
}

/** Those that an abandoned terminate hook has kept, as an operator ends them: once the cluster gets over it. */
export function endRetained(world: FakeWorld): void {
  for (const { id, listed, lifecycle } of world.instances)
    if (listed && lifecycle === 'Terminating:Retained') world.doomed.add(id);
}
