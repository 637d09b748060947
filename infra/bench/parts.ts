import type { Region } from '../local/region.ts';
import type { BenchEtcd } from './etcd.ts';
import { functionsPart } from './functions-part.ts';
import { growthPart } from './growth-part.ts';
import { idlePart } from './idle-part.ts';
import { storiesPart } from './stories-part.ts';
import { stormPart } from './storm/storm-part.ts';
import type { Story } from './story.ts';
import type { Target } from './targets.ts';

/** What a part of the benchmark may use. */
export interface PartContext {
  readonly region: Region;
  readonly etcd: BenchEtcd;
  readonly stories: readonly Story[];
  readonly quick: boolean;
  readonly repetitions: number;
  readonly say: (line: string) => void;
}

/** What a part brings: keys of the JSON, words for the terminal, promises, and what went wrong. */
export interface PartResult {
  readonly keys: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly targets: readonly Target[];
  readonly problems: readonly string[];
}

export type Part = (context: PartContext) => Promise<PartResult>;

/** Every part of a run, in this order; where only some stories are asked for, these alone. */
export const partsOf = (isOnlyStories: boolean): readonly Part[] => {
  const others = [idlePart, functionsPart, growthPart, stormPart];
  return isOnlyStories ? [storiesPart] : [storiesPart, ...others];
};
