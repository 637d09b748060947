/** What a reader keeps: a look at seven members reads some twenty texts, and a function serves many clusters. */
const KEPT_MAX = 512;

/**
 * The same reader of texts, which reads equal texts once: looks follow each other closely, and
 * most records stand unchanged between them. What it answers is shared, so it must be immutable.
 */
export function remembered<Value>(read: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, { readonly value: Value }>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found.value;
    if (known.size >= KEPT_MAX) known.clear();
    const value = read(text);
    known.set(text, { value });
    return value;
  };
}

/** The same maker, which makes nothing anew of the very thing that it was last given: one look asks several times. */
export function rememberedLast<Thing extends object, Value>(
  make: (thing: Thing) => Value,
): (thing: Thing) => Value {
  let last: { readonly thing: Thing; readonly value: Value } | null = null;
  return (thing) => {
    if (last?.thing !== thing) last = { thing, value: make(thing) };
    return last.value;
  };
}
