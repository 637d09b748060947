import { KEY } from '../names.ts';
import type { Entry } from './desired.ts';
import { CHANGES_MAX, type KeyChange } from './key-port.ts';

/** The keys of one instance: they are changed together, or not at all. */
export type Bundle = readonly KeyChange[];

/** What makes the keys of an instance what they should be. */
export function changesOf(entry: Entry, mayDrop: (key: string) => boolean): Bundle {
  const wanted = entry.wanted ?? entry.held;
  const puts = [...wanted].filter(([key, value]) => entry.held.get(key) !== value);
  const drops = [...entry.held.keys()].filter((key) => !wanted.has(key) && mayDrop(key));
  return [...puts.map(([key, value]) => ({ key, value })), ...drops.map((key) => ({ key, value: null }))];
}

/** What brings keys goes before what only takes them away, so that no list is empty in between. */
export function inOrder(bundles: readonly Bundle[]): readonly Bundle[] {
  return [...bundles.filter(brings), ...bundles.filter((bundle) => !brings(bundle))];
}

const brings = (bundle: Bundle): boolean =>
  bundle.some(({ key, value }) => value !== null && !key.startsWith(KEY.leaving));

/** As few transactions as it takes, each with whole bundles. */
export function inChunks(bundles: readonly Bundle[]): readonly (readonly KeyChange[])[] {
  const chunks: KeyChange[][] = [];
  let room = 0;
  for (const part of bundles.flatMap(parts)) {
    if (part.length > room) {
      chunks.push([]);
      room = CHANGES_MAX;
    }
    chunks.at(-1)?.push(...part);
    room -= part.length;
  }
  return chunks;
}

/** Whole, but for an instance with more services than one transaction can hold: they come before they go. */
const parts = (bundle: Bundle): readonly Bundle[] =>
  bundle.length <= CHANGES_MAX
    ? [bundle]
    : [bundle.slice(0, CHANGES_MAX), ...parts(bundle.slice(CHANGES_MAX))];
