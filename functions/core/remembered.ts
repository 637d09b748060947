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

/**
 * The same maker, which makes nothing anew of the very thing that it was last given, or of one that is the same by
 * what is said here: one look asks several times, and looks follow each other closely. As above, what it makes is shared.
 */
export function rememberedLast<Thing extends object, Value>(
  make: (thing: Thing) => Value,
  isSame: (one: Thing, other: Thing) => boolean = () => false,
): (thing: Thing) => Value {
  let last: { readonly thing: Thing; readonly value: Value } | null = null;
  return (thing) => {
    if (last === null || (last.thing !== thing && !isSame(last.thing, thing)))
      last = { thing, value: make(thing) };
    return last.value;
  };
}

/** Whether both hold the same texts by the same names. */
export function areSameTexts(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, text] of one) if (other.get(name) !== text) return false;
  return true;
}
