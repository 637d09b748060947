import { FakeWorld } from '../world/fake-world.ts';
import { noTimes, usualTimes } from '../world/times.ts';
import type { Fate } from './fate.ts';

/** What a history hears of its world while it lives on. */
export interface Listener {
  readonly onSecond: () => void;
  readonly onEffect: (name: string) => void;
}

/** A world that tells its history of every second and of every effect. */
export class HistoryWorld extends FakeWorld {
  listener: Listener | null = null;

  constructor(fate: Fate) {
    super(fate.size, fate.config);
    this.mail.isOpen = true;
    this.hooks.enforced = true;
    this.launchesFirst = fate.launchesFirst;
    this.policy = fate.policy;
    this.zones.names = fate.zones;
    this.times = fate.takesTime ? usualTimes() : noTimes();
    this.mayRemoveStrangers = fate.config['removeForeign'] === true;
    this.lifeSeconds = fate.functionSeconds;
  }

  override tick(): void {
    super.tick();
    this.listener?.onSecond();
  }

  override effect(name: string): void {
    this.listener?.onEffect(name);
    super.effect(name);
  }
}

/** Tells what changed in the group since the last time, for readers. */
export class GroupNews {
  readonly #told = new Map<string, string>();

  take(world: FakeWorld): readonly string[] {
    return world.instances.flatMap((instance) => {
      const state = `${instance.listed ? instance.lifecycle : 'not listed'}, ${instance.state}`;
      if (this.#told.get(instance.id) === state) return [];
      this.#told.set(instance.id, state);
      return [`${instance.id} (${instance.address}) is ${state}`];
    });
  }
}
