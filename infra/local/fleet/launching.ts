import { at, endActivity, startActivity } from './activities.ts';
import { placesInOrder } from './choice.ts';
import { resultEvent } from './events.ts';
import type { Lifecycle } from './lifecycle.ts';
import { nextOf } from './mix.ts';
import { type Group, type Instance, isWarm, type LaunchTemplate, type Place } from './model.ts';
import { isResting, leavePool } from './pool-life.ts';
import { ROUTES } from './routes.ts';
import type { Zones } from './zones.ts';

/** Gets a group one more instance: from its warm pool, or from the first of its zones that has capacity. */
export class Launching {
  readonly #lifecycle: Lifecycle;
  readonly #zones: Zones;
  readonly #launched: (instance: Instance) => void;

  constructor(lifecycle: Lifecycle, zones: Zones, launched: (instance: Instance) => void) {
    this.#lifecycle = lifecycle;
    this.#zones = zones;
    this.#launched = launched;
  }

  /**
   * Prefers `zone` when it is given, and else what keeps the zones balanced. Null: there is no capacity, and the
   * group's activities say so.
   */
  one(group: Group, template: LaunchTemplate, cause: string, zone: string | null = null): Instance | null {
    const resting = group.instances.find((one) => isResting(one) && one.health === 'Healthy');
    if (resting !== undefined) {
      leavePool(this.#lifecycle, group, resting, cause);
      return resting;
    }
    const place = this.#placeAmong(group, preferring(zone, placesInOrder(group)), cause);
    return place === null ? null : this.#launch(group, template, place, cause);
  }

  /** One more for the warm pool. */
  warm(group: Group, template: LaunchTemplate): Instance | null {
    const cause = `At ${at()} an instance was started to fill the warm pool.`;
    const place = this.#placeAmong(group, placesInOrder(group, isWarm), cause);
    return place === null ? null : this.#launch(group, template, place, cause, ROUTES.enterPool);
  }

  #launch(
    group: Group,
    template: LaunchTemplate,
    place: Place,
    cause: string,
    way: (typeof ROUTES)['launch' | 'enterPool'] = ROUTES.launch,
  ): Instance {
    const instance = this.#lifecycle.launch(group, nextOf(group, template), place, cause, way);
    this.#launched(instance);
    return instance;
  }

  #placeAmong(group: Group, places: readonly Place[], cause: string): Place | null {
    for (const place of group.balancedOnly ? places.slice(0, 1) : places) {
      if (!this.#zones.isClosed(place.zone)) return place;
      if (this.#zones.isTimeToTry(group, place.zone)) this.#fail(group, place, cause);
    }
    return null;
  }

  #fail(group: Group, place: Place, cause: string): void {
    const type = 'the requested instance type';
    const description = 'Launching a new EC2 instance';
    const activity = startActivity(group, '', place, description, cause);
    activity.message = `We currently do not have sufficient capacity of ${type} in the Availability Zone you requested (${place.zone}). Launching EC2 instance failed.`;
    endActivity(activity, 'Failed');
    this.#lifecycle.world.log(`${group.name}: no capacity in ${place.zone}`);
    this.#lifecycle.publish(group, resultEvent(activity, ROUTES.launch));
  }
}

function preferring(zone: string | null, places: readonly Place[]): readonly Place[] {
  return [...places.filter((place) => place.zone === zone), ...places.filter((place) => place.zone !== zone)];
}
