import type { FakeWorld } from './fake-world.ts';
import { type FakeInstance, isInService, isOnItsWayOut } from './instance.ts';

/** An instance that is to go once its replacement is in service. */
export interface Swap {
  readonly oldId: string;
  readonly zone: string;
  newId: string | null;
  /** What was begun is finished; nobody is launched for it once more. */
  isLast: boolean;
}

/** Replacements that launch first: of a refresh, and between zones. */
export class Swaps {
  #open: readonly Swap[] = [];

  get isEmpty(): boolean {
    return this.#open.length === 0;
  }

  /** Instances above the desired capacity that they stand for. */
  get extraCount(): number {
    return this.#open.filter(({ newId }) => newId !== null).length;
  }

  /** Whether the group must leave this one alone. */
  binds(id: string): boolean {
    return this.#open.some(({ oldId, newId }) => oldId === id || newId === id);
  }

  begin(old: FakeInstance, zone = old.zone): void {
    if (!this.binds(old.id))
      this.#open = [...this.#open, { oldId: old.id, zone, newId: null, isLast: false }];
  }

  giveUp(): void {
    this.#open = [];
  }

  /** Those whose replacement has been launched go on to their end. */
  finish(): void {
    this.#open = this.#open.filter(({ newId }) => newId !== null);
    for (const swap of this.#open) swap.isLast = true;
  }

  tick(world: FakeWorld): void {
    if (this.isEmpty) return;
    // Nobody is replaced in a group that is to hold nobody.
    if (world.desired === 0) this.giveUp();
    this.#open = this.#open.filter((swap) => this.#goesOn(world, swap));
  }

  /** False: it is over, or there is nothing left to replace. */
  #goesOn(world: FakeWorld, swap: Swap): boolean {
    const old = world.instance(swap.oldId);
    if (!old.listed || isOnItsWayOut(old)) return false;
    const next = swap.newId === null ? null : world.instance(swap.newId);
    if (next !== null && isInService(next)) {
      world.terminate(old.id);
      return false;
    }
    if (next?.listed && !isOnItsWayOut(next)) return true;
    if (swap.isLast) return false;
    swap.newId = this.#launch(world, swap.zone);
    return true;
  }

  #launch(world: FakeWorld, zone: string): string | null {
    if (world.suspended.has('Launch') || world.zones.full.has(zone)) return null;
    return world.launch(zone).id;
  }
}
