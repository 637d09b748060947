import type { RecordSet } from '../core/dns/zone-port.ts';

/** One record set of a page, in the order of the zone. `record` `null`: its name only looks like one. */
export interface Listed {
  readonly name: string;
  readonly record: RecordSet | null;
}

/**
 * What one page of a zone tells of names besides the one that it was asked for. Route 53 lists names
 * by their labels from the right, so whatever lies below a name stands right after it, in one row: a
 * row that the page shows from its beginning to its end tells of every name in it, also that there is none.
 */
export class ZonePage {
  readonly #start: string;
  readonly #next: string | null;
  readonly #sets = new Map<string, RecordSet[]>();
  /** Names of which the page shows something, of their own or below them. */
  readonly #rows = new Set<string>();

  /** @param next the name that comes after this page; `null`: it is the last one. */
  constructor(start: string, listed: readonly Listed[], next: string | null) {
    this.#start = start;
    this.#next = next;
    for (const { name, record } of listed) {
      if (record === null) continue;
      const sets = this.#sets.get(name);
      if (sets === undefined) this.#sets.set(name, [record]);
      else sets.push(record);
      for (const above of selfAndAbove(name)) this.#rows.add(above);
    }
  }

  /** Every record set of the name; `null`: this page does not tell. */
  find(name: string): readonly RecordSet[] | null {
    const isKnown = this.#sets.has(name)
      ? this.#next !== name
      : selfAndAbove(name).some((one) => this.#isWhole(one));
    return isKnown ? this.shown(name) : null;
  }

  /** What of the name is on this page. */
  shown(name: string): readonly RecordSet[] {
    return this.#sets.get(name) ?? [];
  }

  #isWhole(name: string): boolean {
    const isCut = this.#next === name || this.#next?.endsWith(`.${name}`) === true;
    // A page that starts below the name leaves out what comes before.
    if (isCut || this.#start.endsWith(`.${name}`)) return false;
    return this.#rows.has(name) || this.#start === name;
  }
}

function selfAndAbove(name: string): readonly string[] {
  const labels = name.split('.');
  return labels.map((_, at) => labels.slice(at).join('.'));
}
