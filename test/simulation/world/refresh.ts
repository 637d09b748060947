import type { FakeWorld } from './fake-world.ts';
import { countsForCapacity, type FakeInstance, isInService, isOnItsWayOut } from './instance.ts';

/**
 * `launchFirst`: the group may exceed its capacity by one. `terminateFirst`: it may fall below by one, and
 * not exceed it. `both`: no upper bound was given, so one goes while its replacement comes.
 */
export type RefreshWay = 'launchFirst' | 'terminateFirst' | 'both';

/** An instance refresh: one after the other, at the pace of the hooks. */
export class Refresh {
  #way: RefreshWay | null = null;
  #startedAtMs = 0;
  #todo = new Set<string>();

  get isRunning(): boolean {
    return this.#way !== null;
  }

  /** Whether the one that runs now had begun by then. */
  wasRunning(atMs: number): boolean {
    return this.isRunning && this.#startedAtMs <= atMs;
  }

  /** Whether those that leave take the place of their replacements until they have left. */
  get countsLeavers(): boolean {
    return this.#way === 'terminateFirst';
  }

  start(world: FakeWorld, way: RefreshWay): void {
    this.#way = way;
    this.#startedAtMs = world.nowMs;
    this.#todo = new Set(world.instances.filter(isInService).map(({ id }) => id));
    world.mail.tellRefresh(world, 'Started');
  }

  cancel(world: FakeWorld): void {
    if (!this.isRunning) return;
    this.#end(world, 'Cancelled');
    world.swaps.giveUp();
  }

  /** As the platform cancels it unless told otherwise: launches and terminations under way come to their end. */
  cancelGently(world: FakeWorld): void {
    if (!this.isRunning) return;
    this.#end(world, 'Cancelled');
    world.swaps.finish();
  }

  tick(world: FakeWorld): void {
    if (this.#way === null || !world.swaps.isEmpty || !isCalm(world)) return;
    const left = world.instances.filter((one) => this.#todo.has(one.id) && one.listed);
    if (left.length === 0) {
      this.#end(world, 'Succeeded');
      return;
    }
    const next = this.#next(
      world,
      left.filter((one) => isInService(one) && !one.isProtected),
    );
    if (next === null) return;
    this.#todo.delete(next.id);
    if (this.#way === 'launchFirst') world.swaps.begin(next);
    else world.terminate(next.id);
  }

  /** What it launched is of the next version of the template. */
  versionOf(one: FakeInstance): number {
    return this.#startedAtMs > 0 && one.launchedAtMs >= this.#startedAtMs ? 2 : 1;
  }

  #next(world: FakeWorld, free: readonly FakeInstance[]): FakeInstance | null {
    const [first = null] = free;
    if (first === null || !world.termination.isOn) return first;
    return world.termination.choose(world, free, 'INSTANCE_REFRESH');
  }

  #end(world: FakeWorld, how: 'Succeeded' | 'Cancelled'): void {
    this.#way = null;
    world.mail.tellRefresh(world, how);
  }
}

/** Everything that the group wants is in service and healthy, and nobody is leaving. */
function isCalm(world: FakeWorld): boolean {
  const listed = world.instances.filter((one: FakeInstance) => one.listed);
  const staying = listed.filter(countsForCapacity);
  return (
    staying.length === world.desired &&
    staying.every((one) => one.lifecycle === 'InService' && one.health === 'Healthy') &&
    !listed.some((one) => isOnItsWayOut(one) && one.lifecycle !== 'Terminating:Retained')
  );
}
