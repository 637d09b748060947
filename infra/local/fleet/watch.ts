import { at } from './activities.ts';
import { hasEnded, noticeEnd } from './health.ts';
import type { Lifecycle } from './lifecycle.ts';
import { type Group, type Instance, isLive } from './model.ts';

/** What time does to groups: hooks expire, and instances are found to be unhealthy. */
export class Watch {
  readonly #groups: () => Iterable<Group>;
  readonly #lifecycle: Lifecycle;

  constructor(groups: () => Iterable<Group>, lifecycle: Lifecycle) {
    this.#groups = groups;
    this.#lifecycle = lifecycle;
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

  /** Calls `settle` for every group: what could not be launched is tried again. */
  checkHealth(settle: (group: Group) => void): void {
    for (const group of this.#groups()) {
      for (const instance of group.instances.filter(isLive)) {
        if (!group.suspended.has('HealthCheck')) noticeEnd(instance);
        if (!group.suspended.has('ReplaceUnhealthy') && !group.suspended.has('Terminate'))
          this.#replaceIfUnhealthy(group, instance);
      }
      settle(group);
    }
  }

  #replaceIfUnhealthy(group: Group, instance: Instance): void {
    if (instance.health === 'Healthy') return;
    const why = hasEnded(instance)
      ? 'an EC2 health check indicating it has been terminated or stopped'
      : 'a user health-check';
    this.#lifecycle.terminate(
      group,
      instance,
      `At ${at()} an instance was taken out of service in response to ${why}.`,
    );
  }
}
