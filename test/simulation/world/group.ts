import type { FakeWorld } from './fake-world.ts';
import { holdIn } from './hooks.ts';
import {
  countsForCapacity,
  type FakeInstance,
  isInService,
  isOnItsWayOut,
  isOver,
  isWarm,
} from './instance.ts';
import { populationOf } from './zones.ts';

/** How the group chooses whom scale-in takes; it looks for a balance of zones before. */
export type TerminationPolicy = 'OldestInstance' | 'NewestInstance';

/** What can be suspended of the group's doings. */
export type GroupProcess = 'Launch' | 'Terminate' | 'HealthCheck' | 'ReplaceUnhealthy' | 'AZRebalance';

/** A second of the group: it replaces what is unhealthy, and keeps its desired capacity. */
export function keepCapacity(world: FakeWorld): void {
  const unhealthyCount = replaceUnhealthy(world);
  world.swaps.tick(world);
  world.refresh.tick(world);
  const wanted = world.instances.filter(countsForCapacity);
  const extraCount = unhealthyCount + world.swaps.extraCount;
  grow(world, Math.min(world.desired + extraCount, world.capacity) - wanted.length);
  shrink(world, wanted, wanted.length - world.desired - extraCount);
  rebalance(world, wanted);
  if (world.poolSize > 0) fillPool(world);
}

/** Ends what is unhealthy, and returns how many have to wait for their replacements. */
function replaceUnhealthy(world: FakeWorld): number {
  const unhealthy: FakeInstance[] = [];
  let healthyCount = 0;
  for (const instance of world.instances) {
    if (!isInService(instance)) continue;
    if (instance.health === 'Unhealthy') unhealthy.push(instance);
    else healthyCount += 1;
  }
  if (unhealthy.length === 0 || world.suspended.has('ReplaceUnhealthy')) return 0;
  if (world.launchesFirst && healthyCount < world.desired)
    return unhealthy.filter((one) => !isOver(one)).length;
  for (const { id } of unhealthy) world.terminate(id);
  return 0;
}

function grow(world: FakeWorld, missingCount: number): void {
  if (missingCount <= 0 || world.suspended.has('Launch') || world.deleting) return;
  const leaving = world.refresh.countsLeavers ? world.instances.filter(isLeaving).length : 0;
  for (let missing = missingCount - leaving; missing > 0; missing -= 1) {
    if (world.poolSize > 0 && leavePool(world)) continue;
    const zone = world.zones.next(world);
    if (zone === null) {
      world.mail.tellNoCapacity(world);
      return;
    }
    world.launch(zone);
  }
}

const isLeaving = (one: FakeInstance): boolean =>
  one.listed && isOnItsWayOut(one) && one.lifecycle !== 'Terminating:Retained';

function shrink(world: FakeWorld, wanted: readonly FakeInstance[], surplusCount: number): void {
  if (surplusCount <= 0 || world.suspended.has('Terminate')) return;
  const left = wanted.filter(
    (one) => !one.isProtected && !world.swaps.binds(one.id) && countsForCapacity(one),
  );
  for (let surplus = surplusCount; surplus > 0; surplus -= 1) {
    const next = choose(world, left, 'SCALE_IN');
    if (next === null) return;
    left.splice(left.indexOf(next), 1);
    if (world.poolTakesBack) holdIn(world, next, 'Warmed:Pending:Wait');
    else world.terminate(next.id);
  }
}

function fillPool(world: FakeWorld): void {
  const pooled = world.instances.filter((one) => one.listed && isWarm(one) && !isOnItsWayOut(one));
  if (pooled.length < world.poolSize && !world.suspended.has('Launch')) world.launchWarm();
}

/** A resting machine starts again with its disk, and passes the launch hook once more. */
function leavePool(world: FakeWorld): boolean {
  const resting = world.instances.find(({ listed, lifecycle }) => listed && lifecycle === 'Warmed:Stopped');
  if (resting === undefined) return false;
  resting.state = 'running';
  holdIn(world, resting, 'Pending:Wait');
  return true;
}

/** From the most populated zone of those that have a candidate (from all, where they are even), by the policy. */
function choose(
  world: FakeWorld,
  candidates: readonly FakeInstance[],
  cause: 'SCALE_IN' | 'REBALANCE',
): FakeInstance | null {
  if (candidates.length === 0) return null;
  const crowds = new Map(candidates.map(({ zone }) => [zone, populationOf(world, zone)]));
  const most = Math.max(...crowds.values());
  const fittest = candidates.filter(({ zone }) => crowds.get(zone) === most);
  if (world.termination.isOn) return world.termination.choose(world, fittest, cause);
  return fittest.at(world.policy === 'OldestInstance' ? 0 : -1) ?? null;
}

/** Zones that differ by two or more are evened out, one at a time: launch there, then terminate here. */
function rebalance(world: FakeWorld, wanted: readonly FakeInstance[]): void {
  if (world.zones.names.length === 1 || world.suspended.has('AZRebalance') || !world.swaps.isEmpty) return;
  if (wanted.length !== world.desired || world.refresh.isRunning || !wanted.every(isInService)) return;
  const crowds = new Map(world.zones.open().map((zone) => [zone, 0]));
  for (const { zone } of wanted) crowds.set(zone, (crowds.get(zone) ?? 0) + 1);
  const fewest = Math.min(...world.zones.open().map((zone) => crowds.get(zone) ?? 0));
  const isCrowded = ({ zone }: FakeInstance) =>
    !world.zones.names.includes(zone) || (crowds.get(zone) ?? 0) - fewest >= 2;
  const crowded = wanted.filter((one) => isCrowded(one) && !one.isProtected);
  if (crowded.length === 0) return;
  const [to, old] = [world.zones.next(world), choose(world, crowded, 'REBALANCE')];
  if (to !== null && old !== null) world.swaps.begin(old, to);
}
