/** The only source of chance in a history: the same seed draws the same numbers on every machine. */
export class Random {
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b ^= Math.floor(seed / 0x100000000);
    for (let round = 0; round < 12; round += 1) this.#draw();
  }

  /** sfc32: small, fast, and good enough to tell histories apart. */
  #draw(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /** From 0 up to, and without, 1. */
  fraction(): number {
    return this.#draw() / 0x100000000;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of them; `null` of none. */
  pick<T>(items: readonly T[]): T | null {
    return items[this.whole(0, items.length - 1)] ?? null;
  }

  /** One of some that are known to be there. */
  oneOf<T>(first: T, ...others: readonly T[]): T {
    return [first, ...others][this.whole(0, others.length)] ?? first;
  }

  /** `count` of them at most, each once, in their order. */
  some<T>(items: readonly T[], count: number): readonly T[] {
    const weighed = items.map((item, at) => ({ item, at, weight: this.fraction() }));
    const chosen = weighed.sort((a, b) => a.weight - b.weight).slice(0, count);
    return chosen.sort((a, b) => a.at - b.at).map(({ item }) => item);
  }
}

/**
 * A source of its own for everything that has a name, so that leaving one fault out of a
 * history does not move what the others draw.
 */
export function randomFor(seed: number, name: string): Random {
  let mixed = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) mixed = Math.imul(mixed ^ name.charCodeAt(at), 0x01000193);
  return new Random(((seed ^ mixed) >>> 0) + Math.floor(seed / 0x100000000) * 0x100000000);
}
