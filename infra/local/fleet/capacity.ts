import { at } from './activities.ts';
import { nextPlace, scaleInOrder } from './choice.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type Group, type Instance, isLive } from './model.ts';
import type { World } from './ports.ts';

/** Brings groups to their desired capacity. */
export class Capacity {
  readonly #world: World;
  readonly #lifecycle: Lifecycle;
  readonly #launched: (instance: Instance) => void;
  readonly #settling = new Map<string, 'once' | 'again'>();

  constructor(world: World, lifecycle: Lifecycle, launched: (instance: Instance) => void) {
    this.#world = world;
    this.#lifecycle = lifecycle;
    this.#launched = launched;
  }

  /** Launches what is missing and terminates what is too much. One run per group at a time. */
  settle(group: Group): void {
    const busy = this.#settling.has(group.name);
    this.#settling.set(group.name, busy ? 'again' : 'once');
    if (!busy) void this.#settleUntilStill(group);
  }

  async #settleUntilStill(group: Group): Promise<void> {
    do {
      this.#settling.set(group.name, 'once');
      await this.#settleOnce(group).catch((error: unknown) =>
        this.#world.log(`${group.name}: cannot launch: ${String(error)}`),
      );
    } while (this.#settling.get(group.name) === 'again');
    this.#settling.delete(group.name);
  }

  async #settleOnce(group: Group): Promise<void> {
    if (group.deleting) return;
    const live = group.instances.filter(isLive);
    const words = `in response to a difference between desired and actual capacity`;
    for (const surplus of scaleInOrder(group).slice(0, Math.max(0, live.length - group.desired))) {
      const cause = `At ${at()} an instance was taken out of service ${words}, shrinking the capacity from ${live.length} to ${group.desired}.`;
      if (!group.suspended.has('Terminate')) this.#lifecycle.terminate(group, surplus, cause);
    }
    if (live.length >= group.desired || group.suspended.has('Launch')) return;
    const template = await this.#world.stage.template(group.template);
    while (group.instances.filter(isLive).length < group.desired && !group.suspended.has('Launch')) {
      const cause = `At ${at()} an instance was started ${words}, increasing the capacity from ${live.length} to ${group.desired}.`;
      const instance = this.#lifecycle.launch(group, template, nextPlace(group), cause);
      this.#launched(instance);
    }
  }
}
