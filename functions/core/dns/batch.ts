import type { RecordChange } from './zone-port.ts';

/** What Route 53 takes in one batch; an `UPSERT` counts twice, for it may be a deletion and a creation. */
const ELEMENTS_MAX = 1_000;
const CHARACTERS_MAX = 32_000;

interface Weight {
  readonly elements: number;
  readonly characters: number;
}

/**
 * As few batches as their limits allow, in the order given. What belongs together stays in one
 * batch: each is safe by itself, whatever becomes of the others.
 */
export function packBatches<Unit extends { readonly changes: readonly RecordChange[] }>(
  units: readonly Unit[],
): readonly (readonly Unit[])[] {
  const batches: Unit[][] = [];
  let weight: Weight = { elements: 0, characters: 0 };
  for (const unit of units) {
    const own = weigh(unit.changes);
    const sum = add(weight, own);
    const last = batches.at(-1);
    if (last !== undefined && fits(sum)) {
      last.push(unit);
      weight = sum;
    } else {
      batches.push([unit]);
      weight = own;
    }
  }
  return batches;
}

export const weigh = (changes: readonly RecordChange[]): Weight =>
  changes.map(weighOne).reduce(add, { elements: 0, characters: 0 });

function weighOne({ action, record }: RecordChange): Weight {
  const times = action === 'UPSERT' ? 2 : 1;
  const characters = record.values.reduce((sum, value) => sum + value.length, 0);
  return { elements: times * Math.max(1, record.values.length), characters: times * characters };
}

const add = (a: Weight, b: Weight): Weight => ({
  elements: a.elements + b.elements,
  characters: a.characters + b.characters,
});

const fits = ({ elements, characters }: Weight): boolean =>
  elements <= ELEMENTS_MAX && characters <= CHARACTERS_MAX;
