import type { Route53Client } from '@aws-sdk/client-route-53';
import type { RecordSet } from '../core/dns/zone-port.ts';
import type { Call } from './aws-client.ts';
import type { ZonePage } from './route53-page.ts';
import { inOrder, listRecordSets, readPage } from './route53-records.ts';

/** No look at a zone takes longer: what was read before is read again. */
const KEPT_MS = 10_000;

interface Kept {
  readonly pages: ZonePage[];
  readonly untilMs: number;
}

/**
 * Reads the names of a zone one after the other, and a page of 300 record sets for all names that it
 * tells of: Route 53 answers ten questions a second for a whole account, and a zone of many clusters
 * has hundreds of names. What was read is forgotten when a look begins, and when records are changed.
 */
export class ZoneNames {
  readonly #client: Route53Client;
  readonly #call: Call;
  readonly #kept = new Map<string, Kept>();
  /** By zone, what ends when everybody who asked before has an answer. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(client: Route53Client, call: Call) {
    this.#client = client;
    this.#call = call;
  }

  forget(zone: string): void {
    this.#kept.delete(zone);
  }

  list(zone: string, name: string): Promise<readonly RecordSet[]> {
    const work = () => this.#find(zone, name);
    const found = (this.#last.get(zone) ?? Promise.resolve()).then(work);
    this.#last.set(
      zone,
      found.catch(() => undefined),
    );
    return found;
  }

  async #find(zone: string, name: string): Promise<readonly RecordSet[]> {
    const pages = this.#pagesOf(zone);
    for (const page of pages) {
      const known = page.find(name);
      if (known !== null) return inOrder(known);
    }
    const { page, rest } = await readPage(this.#client, this.#call, zone, name);
    pages.push(page);
    if (rest === undefined) return inOrder(page.shown(name));
    const others = await listRecordSets(this.#client, this.#call, zone, name, rest);
    return inOrder([...page.shown(name), ...others]);
  }

  #pagesOf(zone: string): ZonePage[] {
    const kept = this.#kept.get(zone);
    if (kept !== undefined && Date.now() < kept.untilMs) return kept.pages;
    const pages: ZonePage[] = [];
    this.#kept.set(zone, { pages, untilMs: Date.now() + KEPT_MS });
    return pages;
  }
}
