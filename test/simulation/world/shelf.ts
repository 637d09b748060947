/** Parameter Store: what was read of it once is read again as it is, until something is written. */
export class Shelf extends Map<string, string> {
  readonly #read = new Map<string, ReadonlyMap<string, string>>();

  override set(name: string, text: string): this {
    this.#read.clear();
    return super.set(name, text);
  }

  override delete(name: string): boolean {
    this.#read.clear();
    return super.delete(name);
  }

  override clear(): void {
    this.#read.clear();
    super.clear();
  }

  /** What stands in a folder now, by the names below it. */
  under(folder: string): ReadonlyMap<string, string> {
    const known = this.#read.get(folder);
    if (known !== undefined) return known;
    const found = new Map<string, string>();
    for (const [name, text] of this) if (name.startsWith(folder)) found.set(name.slice(folder.length), text);
    this.#read.set(folder, found);
    return found;
  }
}
