import { at } from './activities.ts';
import type { Capacity } from './capacity.ts';
import { hasEnded, heedTargets, noticeEnd } from './health.ts';
import type { Lifecycle } from './lifecycle.ts';
import { treatUnhealthy } from './maintenance.ts';
import { type Group, type Instance, isLive, isWarm } from './model.ts';
import { rebalance } from './rebalance.ts';
import type { Zones } from './zones.ts';

/** What time does to groups: hooks expire, instances are found to be unhealthy, zones drift apart. */
export class Watch {
  readonly #groups: () => Iterable<Group>;
  readonly #lifecycle: Lifecycle;
  readonly #capacity: Capacity;
  readonly #zones: Zones;

  constructor(groups: () => Iterable<Group>, lifecycle: Lifecycle, capacity: Capacity, zones: Zones) {
    this.#groups = groups;
    this.#lifecycle = lifecycle;
    this.#capacity = capacity;
    this.#zones = zones;
  }

  /** Answers for those who did not. */
  expireHooks(): void {
    const now = Date.now();
    for (const group of this.#groups()) {
      for (const instance of group.instances) {
        const late = instance.actions.find((action) => action.deadlineMs <= now);
        if (late !== undefined)
          this.#lifecycle.complete(group, instance, late, late.hook.defaultResult, 'no answer in time');
      }
    }
  }

  /** Looks at every group; what could not be launched is tried again. */
  async checkHealth(): Promise<void> {
    for (const group of [...this.#groups()]) {
      for (const instance of group.instances) await this.#check(group, instance);
      await rebalance(this.#lifecycle.world, this.#capacity, this.#zones, group);
      this.#capacity.settle(group);
    }
  }

  async #check(group: Group, instance: Instance): Promise<void> {
    if (instance.state === 'Terminating:Retained' && hasEnded(instance))
      this.#lifecycle.release(group, instance);
    if (!isLive(instance) && !isWarm(instance)) return;
    if (!group.suspended.has('HealthCheck')) noticeEnd(instance);
    if (!group.suspended.has('HealthCheck')) heedTargets(group, instance, this.#lifecycle.world.targets);
    if (instance.health === 'Healthy') return;
    if (group.suspended.has('ReplaceUnhealthy') || group.suspended.has('Terminate')) return;
    await this.#replace(group, instance);
  }

  async #replace(group: Group, instance: Instance): Promise<void> {
    const gone = hasEnded(instance);
    const why = gone
      ? 'an EC2 health check indicating it has been terminated or stopped'
      : this.#lifecycle.world.targets.isUnhealthy(group, instance)
        ? 'an ELB system health check failure'
        : 'a user health-check';
    const cause = `At ${at()} an instance was taken out of service in response to ${why}.`;
    const treatment = gone || isWarm(instance) ? 'terminate' : treatUnhealthy(group);
    if (treatment === 'terminate') this.#lifecycle.terminate(group, instance, cause);
    if (treatment === 'replaceFirst')
      await this.#capacity.replace(group, instance, cause, 0, instance.place.zone);
  }
}
