/** So many at once are answered quickly, and leave room for others who ask the same service. */
const AT_ONCE = 10;

/**
 * Does the work for each item, some of them at a time; the first failure ends it when those under way
 * ended. Once `mayGoOn` says no, nothing more is begun: the results are those of the first items.
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  mayGoOn: () => boolean = () => true,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length && mayGoOn(); at += AT_ONCE) {
    const settled = await Promise.allSettled(items.slice(at, at + AT_ONCE).map(work));
    for (const one of settled) {
      if (one.status === 'rejected') throw one.reason;
      results.push(one.value);
    }
  }
  return results;
}
