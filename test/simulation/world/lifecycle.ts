import type { HookResult } from '../../../functions/core/ports.ts';
import type { FakeWorld } from './fake-world.ts';
import { expireHook, holdIn } from './hooks.ts';
import { countsForCapacity, type FakeInstance, isOnItsWayOut, isOver } from './instance.ts';

/** What an instance passes through by itself, for so many seconds. */
export function pass(world: FakeWorld, instance: FakeInstance, lifecycle: string, seconds: number): void {
  instance.lifecycle = lifecycle;
  instance.nextAtMs = world.nowMs + seconds * 1_000;
}

/** A second of an instance in its group and in EC2. */
export function liveOn(world: FakeWorld, instance: FakeInstance): void {
  if (instance.state === 'shutting-down' && world.nowMs >= instance.endedAtMs) instance.state = 'terminated';
  if (world.nowMs >= instance.diesAtMs && !isOver(instance)) world.doomed.add(instance.id);
  if (!instance.listed) return;
  if (instance.state === 'terminated') noticeEnd(world, instance);
  if (world.nowMs >= instance.nextAtMs) arrive(world, instance);
  if (world.hooks.enforced) expireHook(world, instance);
}

/** Health checks find a machine that EC2 has ended after a while; in standby nobody checks. */
function noticeEnd(world: FakeWorld, instance: FakeInstance): void {
  if (world.nowMs < instance.endedAtMs + world.times.noticeSeconds * 1_000) return;
  if (world.suspended.has('HealthCheck')) return;
  if (instance.lifecycle === 'Terminating:Retained') instance.listed = false;
  else if (countsForCapacity(instance)) world.terminate(instance.id);
}

/** The state that it passed through is over. */
function arrive(world: FakeWorld, instance: FakeInstance): void {
  switch (instance.lifecycle) {
    case 'Pending':
      if (instance.state !== 'pending' || world.times.bootSeconds === 0) return;
      instance.state = 'running';
      holdIn(world, instance, 'Pending:Wait');
      return;
    case 'Warmed:Pending':
      if (instance.state !== 'pending') return;
      instance.state = 'running';
      holdIn(world, instance, 'Warmed:Pending:Wait');
      return;
    case 'Pending:Proceed':
      enterService(world, instance);
      return;
    case 'Terminating:Proceed':
      if (instance.state === 'terminated') leave(world, instance);
      return;
    case 'ReplacingRootVolume:Proceed':
      instance.disk = null;
      instance.used.clear();
      holdIn(world, instance, 'Pending:Wait');
      return;
    default:
  }
}

function enterService(world: FakeWorld, instance: FakeInstance): void {
  instance.lifecycle = 'InService';
  world.mail.tellResult(world, instance, 'Launch');
}

function leave(world: FakeWorld, instance: FakeInstance): void {
  instance.listed = false;
  world.mail.tellResult(world, instance, 'Terminate');
}

/** Into the terminate hook; who is on the way out already stays there. */
export function terminate(world: FakeWorld, instance: FakeInstance): void {
  if (world.hooks.enforced && isOnItsWayOut(instance)) return;
  instance.terminatingAtMs = world.nowMs;
  if (isOver(instance) && !world.hooks.holdsGone) {
    instance.lifecycle = 'Terminating:Proceed';
    instance.nextAtMs = world.nowMs;
    return;
  }
  const isWarm = world.hooks.enforced && instance.lifecycle.startsWith('Warmed:');
  holdIn(world, instance, isWarm ? 'Warmed:Terminating:Wait' : 'Terminating:Wait');
}

/** An answer to the hook that an instance waits in, of whomever. */
export function answer(world: FakeWorld, instance: FakeInstance, result: HookResult): void {
  switch (instance.lifecycle) {
    case 'Warmed:Pending:Wait':
      restInPool(world, instance);
      return;
    case 'Pending:Wait':
      if (result === 'ABANDON') world.terminate(instance.id);
      else if (world.times.proceedSeconds === 0) enterService(world, instance);
      else pass(world, instance, 'Pending:Proceed', world.times.proceedSeconds);
      return;
    case 'ReplacingRootVolume:Wait':
      world.stopEtcd(instance);
      pass(world, instance, 'ReplacingRootVolume:Proceed', world.times.bootSeconds);
      return;
    default:
      if (result === 'ABANDON' && world.hooks.retains && !isOver(instance))
        instance.lifecycle = 'Terminating:Retained';
      else end(world, instance);
  }
}

/** A stopped machine keeps its disk. */
function restInPool(world: FakeWorld, instance: FakeInstance): void {
  instance.lifecycle = 'Warmed:Stopped';
  if (!world.hooks.enforced) return;
  world.stopEtcd(instance);
  instance.state = 'stopped';
}

/** The machine goes, and then its place in the group. */
function end(world: FakeWorld, instance: FakeInstance): void {
  if (!isOver(instance)) world.kill(instance.id);
  pass(world, instance, 'Terminating:Proceed', 0);
  if (instance.state === 'terminated') leave(world, instance);
}
