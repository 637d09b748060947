import { at } from './activities.ts';
import { Launching } from './launching.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type Group, type Instance, isLeaving, isLive, isWarm, type LaunchTemplate } from './model.ts';
import { isResting, returnToPool } from './pool-life.ts';
import { currentTemplate } from './refresh-model.ts';
import { instanceOf, ripeSwaps, targetOf } from './swaps.ts';
import { chooseLeaving } from './termination.ts';
import { poolSizeOf } from './warm-pool.ts';
import type { Zones } from './zones.ts';

const WORDS = 'in response to a difference between desired and actual capacity';

/** Brings groups to their desired capacity. */
export class Capacity {
  readonly #lifecycle: Lifecycle;
  readonly #launching: Launching;
  readonly #settling = new Map<string, 'once' | 'again'>();

  constructor(lifecycle: Lifecycle, zones: Zones, launched: (instance: Instance) => void) {
    this.#lifecycle = lifecycle;
    this.#launching = new Launching(lifecycle, zones, launched);
  }

  /** Launches what is missing and terminates what is too much. One run per group at a time. */
  settle(group: Group): void {
    const busy = this.#settling.has(group.name);
    this.#settling.set(group.name, busy ? 'again' : 'once');
    if (!busy) void this.#settleUntilStill(group);
  }

  /** Launches a replacement; when it is in service its predecessor is terminated, for `cause`. False: there is no capacity. */
  async replace(
    group: Group,
    old: Instance,
    cause: string,
    warmupMs: number,
    zone: string,
  ): Promise<boolean> {
    if (group.deleting || group.suspended.has('Launch')) return false;
    const template = await this.#template(group);
    const launchCause = `At ${at()} an instance was started before ${old.id} is taken out of service.`;
    const isBound = group.swaps.some((swap) => swap.oldId === old.id);
    if (isBound || !isLive(old)) return false;
    const instance = this.#launching.one(group, template, launchCause, zone);
    if (instance === null) return false;
    group.swaps.push({ oldId: old.id, newId: instance.id, warmupMs, cause });
    return true;
  }

  async #settleUntilStill(group: Group): Promise<void> {
    do {
      this.#settling.set(group.name, 'once');
      await this.#settleOnce(group).catch((error: unknown) =>
        this.#lifecycle.world.log(`${group.name}: cannot launch: ${String(error)}`),
      );
    } while (this.#settling.get(group.name) === 'again');
    this.#settling.delete(group.name);
  }

  async #settleOnce(group: Group): Promise<void> {
    if (group.deleting) return;
    for (const swap of ripeSwaps(group)) {
      const old = instanceOf(group, swap.oldId);
      if (old !== undefined) this.#lifecycle.terminate(group, old, swap.cause);
    }
    await this.#shrink(group);
    await this.#grow(group);
    await this.#fillPool(group);
  }

  async #shrink(group: Group): Promise<void> {
    const before = group.instances.filter(isLive).length;
    if (before <= targetOf(group) || group.suspended.has('Terminate')) return;
    const leaving = await chooseLeaving(this.#lifecycle.world, group, before - targetOf(group), 'SCALE_IN');
    for (const instance of leaving.slice(0, group.instances.filter(isLive).length - targetOf(group))) {
      const cause = `At ${at()} an instance was taken out of service ${WORDS}, shrinking the capacity from ${before} to ${group.desired}.`;
      if (group.warmPool?.reuseOnScaleIn === true) returnToPool(this.#lifecycle, group, instance);
      else this.#lifecycle.terminate(group, instance, cause);
    }
  }

  async #grow(group: Group): Promise<void> {
    const before = group.instances.filter(isLive).length;
    if (before >= targetOf(group) || group.suspended.has('Launch')) return;
    const template = await this.#template(group);
    while (group.instances.filter(isLive).length < targetOf(group) && !group.suspended.has('Launch')) {
      const cause = `At ${at()} an instance was started ${WORDS}, increasing the capacity from ${before} to ${group.desired}.`;
      if (this.#launching.one(group, template, cause) === null) return;
    }
  }

  async #fillPool(group: Group): Promise<void> {
    const pool = (): readonly Instance[] => group.instances.filter((one) => isWarm(one) && !isLeaving(one));
    const wanted = poolSizeOf(group);
    const extra = pool()
      .filter(isResting)
      .slice(0, Math.max(0, pool().length - wanted));
    for (const instance of extra)
      this.#lifecycle.terminate(group, instance, `At ${at()} the warm pool was shrunk to ${wanted}.`);
    if (group.warmPool?.deleting === true && !group.instances.some(isWarm)) group.warmPool = null;
    if (pool().length >= wanted || group.suspended.has('Launch')) return;
    const template = await this.#template(group);
    while (pool().length < poolSizeOf(group)) if (this.#launching.warm(group, template) === null) return;
  }

  #template(group: Group): Promise<LaunchTemplate> {
    return this.#lifecycle.world.stage.template(currentTemplate(group));
  }
}
