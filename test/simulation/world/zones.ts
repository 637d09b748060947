import type { FakeWorld } from './fake-world.ts';
import { countsForCapacity } from './instance.ts';

/** Where the group may launch. */
export class Zones {
  /** In the order of the group's subnets. */
  names: readonly string[] = ['a'];
  /** Without capacity for us now. */
  readonly full = new Set<string>();

  open(): readonly string[] {
    return this.full.size === 0 ? this.names : this.names.filter((zone) => !this.full.has(zone));
  }

  /** The emptiest that has capacity, the first of equals; `null`: none has. */
  next(world: FakeWorld): string | null {
    const [only] = this.names;
    if (this.names.length === 1) return only === undefined || this.full.has(only) ? null : only;
    const open = [...this.open()];
    const populations = new Map(open.map((zone) => [zone, populationOf(world, zone)]));
    return open.sort((a, b) => (populations.get(a) ?? 0) - (populations.get(b) ?? 0))[0] ?? null;
  }
}

export const populationOf = (world: FakeWorld, zone: string): number =>
  world.instances.filter((instance) => instance.zone === zone && countsForCapacity(instance)).length;
