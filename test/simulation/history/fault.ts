import type { FakeWorld } from '../world/fake-world.ts';
import type { Random } from './random.ts';

/** How a fault that lasts is over; calling it twice is calling it once. */
export type Ending = () => void;

/** Something that can befall a world: of the platform, of etcd, of the function, or an operator's doing. */
export interface Fault {
  /** For whoever reads a history. */
  readonly about: string;
  /**
   * Makes it happen. `done`: it was over at once. `null`: there is nothing here that could
   * suffer it now, and nothing happened. Chance comes from `random` only.
   * `happened` is called by those that tell themselves when they happen, which may be later or never.
   */
  readonly apply: (world: FakeWorld, random: Random, happened?: () => void) => Ending | 'done' | null;
  readonly tellsItself?: true;
}

export type Faults = Readonly<Record<string, Fault>>;
