import { type Change, InvalidChangeBatch, type ResourceRecordSet } from '@aws-sdk/client-route-53';
import { ZONE_NAME } from './crowd.ts';
import { SYNC_MS } from './limits.ts';
import type { VirtualTime } from './virtual-time.ts';

const PAGE_SIZE = 300;

const keyOf = ({ Name = '', Type, SetIdentifier = '' }: ResourceRecordSet): string =>
  `${rowOf(Name)} ${Type ?? ''} ${SetIdentifier}`;

/** Route 53 puts names in a row by their labels from the end: all that is below a name comes after it. */
const rowOf = (name: string): string => `${name.replace(/\.$/, '').split('.').reverse().join('.')}.`;

/** One hosted zone, as Route 53 keeps it: batches are atomic, deletions exact, answers in pages. */
export class StormZone {
  /** When the addresses of an instance were first in the zone. */
  readonly publishedAtMs = new Map<string, number>();
  /** When they were last taken out. */
  readonly withdrawnAtMs = new Map<string, number>();
  batches = 0;
  readonly #sets = new Map<string, ResourceRecordSet>();
  readonly #changes = new Map<string, number>();
  readonly #time: VirtualTime;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  describe() {
    return {
      HostedZone: {
        Id: '/hostedzone/Z',
        Name: `${ZONE_NAME}.`,
        CallerReference: 'x',
        Config: { PrivateZone: true },
      },
    };
  }

  list(start: { readonly name: string; readonly type: string; readonly identifier: string }) {
    const from = `${rowOf(start.name)} ${start.type} ${start.identifier}`;
    // By name first, as Route 53 does; within one name its order is ours.
    const keys = [...this.#sets.keys()].filter((key) => key >= from.trim()).sort();
    const sets = keys.slice(0, PAGE_SIZE).flatMap((key) => this.#sets.get(key) ?? []);
    const next = this.#sets.get(keys[PAGE_SIZE] ?? '');
    return {
      ResourceRecordSets: sets,
      IsTruncated: next !== undefined,
      NextRecordName: next?.Name,
      NextRecordType: next?.Type,
      NextRecordIdentifier: next?.SetIdentifier,
      MaxItems: PAGE_SIZE,
    };
  }

  /** @throws {InvalidChangeBatch} as Route 53 does, and then nothing was changed. */
  change(changes: readonly Change[]) {
    const staged = new Map(this.#sets);
    for (const { Action, ResourceRecordSet: set } of changes) {
      if (set === undefined) throw refused('a change without a record set');
      const there = staged.get(keyOf(set));
      if (Action === 'CREATE' && there !== undefined) throw refused(`${keyOf(set)} already exists`);
      if (Action === 'DELETE') {
        const isSame = JSON.stringify(valuesOf(there)) === JSON.stringify(valuesOf(set));
        if (!isSame) throw refused(`the values of ${keyOf(set)} do not match`);
        staged.delete(keyOf(set));
      } else staged.set(keyOf(set), { ...set, Name: `${set.Name?.replace(/\.$/, '')}.` });
    }
    this.#sets.clear();
    for (const [key, set] of staged) this.#sets.set(key, set);
    this.batches += 1;
    this.#note(changes);
    const Id = `C${this.batches}`;
    this.#changes.set(Id, this.#time.nowMs());
    return { ChangeInfo: { Id: `/change/${Id}`, Status: 'PENDING' as const, SubmittedAt: new Date() } };
  }

  progress(id: string) {
    const isDone = this.#time.nowMs() - (this.#changes.get(id) ?? 0) >= SYNC_MS;
    const Status = isDone ? ('INSYNC' as const) : ('PENDING' as const);
    return { ChangeInfo: { Id: `/change/${id}`, Status, SubmittedAt: new Date() } };
  }

  #note(changes: readonly Change[]): void {
    for (const { Action, ResourceRecordSet: set } of changes) {
      const id = set?.SetIdentifier;
      if (id === undefined) continue;
      if (Action === 'DELETE') {
        this.publishedAtMs.delete(id);
        this.withdrawnAtMs.set(id, this.#time.nowMs());
      } else if (!this.publishedAtMs.has(id)) this.publishedAtMs.set(id, this.#time.nowMs());
    }
  }
}

const valuesOf = (set: ResourceRecordSet | undefined) => [
  set?.TTL,
  (set?.ResourceRecords ?? []).map(({ Value }) => Value),
];

const refused = (message: string): InvalidChangeBatch =>
  new InvalidChangeBatch({ message, $metadata: { httpStatusCode: 400 } });
