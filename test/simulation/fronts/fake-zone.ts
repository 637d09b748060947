import type {
  ChangeAnswer,
  RecordChange,
  RecordSet,
  Zone,
  ZonePort,
} from '../../../functions/core/dns/zone-port.ts';
import { OperationError } from '../../../functions/core/errors.ts';

const keyOf = ({ name, type, setIdentifier }: RecordSet): string => `${name}|${type}|${setIdentifier ?? ''}`;
const ELEMENTS_MAX = 1_000;
const CHARACTERS_MAX = 32_000;
const MULTIVALUE_MAX = 100;

interface Past {
  readonly record: RecordSet;
  /** When the last name server stopped answering with it. */
  readonly goneAtMs: number;
}

/** One hosted zone as Route 53 keeps it: batches whole or not at all, name servers that follow, caches that remember. */
export class FakeZone {
  readonly id: string;
  zone: Zone | 'unknown';
  readonly records = new Map<string, RecordSet>();
  /** Keys (`name|type|identifier`) that nobody may change. */
  readonly protected = new Set<string>();
  /** Every batch that was taken, in order. */
  readonly batches: (readonly RecordChange[])[] = [];
  /** How many of the next changes are answered with `PriorRequestNotComplete`. */
  busyCount = 0;
  /** How long name servers take to follow. */
  syncMs = 0;
  /** Told before a batch is taken. */
  onBatch: (changes: readonly RecordChange[]) => void = () => undefined;
  /** Told after a batch was taken. */
  onTaken: () => void = () => undefined;
  readonly #nowMs: () => number;
  readonly #changes = new Map<string, number>();
  readonly #past: Past[] = [];

  constructor(id: string, name: string, nowMs: () => number) {
    this.id = id;
    this.zone = { name, isPrivate: false };
    this.#nowMs = nowMs;
  }

  at(name: string): readonly RecordSet[] {
    return [...this.records.values()].filter((record) => record.name === name);
  }

  /** The addresses that the zone answers with, sorted. */
  addresses(name: string): readonly string[] {
    return this.at(name)
      .filter(({ type }) => type === 'A' || type === 'AAAA')
      .flatMap(({ values }) => values)
      .sort();
  }

  /** Whether some resolver may still answer `name` with a record of that instance. */
  mayBeAnswered(setIdentifier: string): boolean {
    const isOf = (record: RecordSet): boolean => record.setIdentifier === setIdentifier;
    if ([...this.records.values()].some(isOf)) return true;
    return this.#past.some(
      ({ record, goneAtMs }) => isOf(record) && goneAtMs + (record.ttlSeconds ?? 0) * 1_000 > this.#nowMs(),
    );
  }

  /** As a person does by hand: no rules but those of the map. */
  put(record: RecordSet): void {
    this.records.set(keyOf(record), record);
  }

  delete(record: RecordSet): void {
    this.records.delete(keyOf(record));
  }

  readonly port: ZonePort = {
    describeZone: async (id) => (id === this.id ? this.zone : 'unknown'),
    listName: async (_, name) => this.at(name),
    change: async (_, changes) => this.#change(changes),
    isInSync: async (changeId) => (this.#changes.get(changeId) ?? Number.POSITIVE_INFINITY) <= this.#nowMs(),
  };

  #change(changes: readonly RecordChange[]): ChangeAnswer {
    if (this.busyCount > 0) {
      this.busyCount -= 1;
      throw new OperationError('AWS_THROTTLED', 'nextLook', 'the zone is busy: PriorRequestNotComplete');
    }
    const after = new Map(this.records);
    const reason = sizeProblem(changes) ?? this.#carryOut(changes, after) ?? mixtureProblem(after);
    if (reason !== null) return { kind: 'refused', reason };
    this.onBatch(changes);
    // Name servers take changes in order.
    const syncedAtMs = Math.max(this.#nowMs() + this.syncMs, ...this.#changes.values());
    for (const [key, record] of this.records) {
      if (!after.has(key)) this.#past.push({ record, goneAtMs: syncedAtMs });
    }
    this.records.clear();
    for (const [key, record] of after) this.records.set(key, record);
    this.batches.push(changes);
    const changeId = `C${this.batches.length}`;
    this.#changes.set(changeId, syncedAtMs);
    this.onTaken();
    return { kind: 'accepted', changeId };
  }

  #carryOut(changes: readonly RecordChange[], after: Map<string, RecordSet>): string | null {
    for (const { action, record } of changes) {
      const key = keyOf(record);
      const now = after.get(key);
      if (this.protected.has(key)) return `${key} is protected`;
      if (action === 'CREATE' && now !== undefined) return `tried to create ${key}, which exists`;
      if (action === 'DELETE' && (now === undefined || JSON.stringify(now) !== JSON.stringify(record)))
        return `tried to delete ${key}, which is not there or has other values`;
      if (action === 'DELETE') after.delete(key);
      else after.set(key, record);
    }
    return null;
  }
}

function sizeProblem(changes: readonly RecordChange[]): string | null {
  const weighed = changes.map(({ action, record }) => [action === 'UPSERT' ? 2 : 1, record.values] as const);
  const elements = weighed.reduce((sum, [times, values]) => sum + times * values.length, 0);
  const characters = weighed.reduce((sum, [times, values]) => sum + times * values.join('').length, 0);
  return elements > ELEMENTS_MAX || characters > CHARACTERS_MAX || elements === 0
    ? 'the batch has no right size'
    : null;
}

function mixtureProblem(after: ReadonlyMap<string, RecordSet>): string | null {
  const sets = new Map<string, RecordSet[]>();
  for (const record of after.values()) {
    const key = `${record.name}|${record.type}`;
    sets.set(key, [...(sets.get(key) ?? []), record]);
  }
  for (const [key, records] of sets) {
    const kinds = new Set(records.map(({ routing }) => routing));
    const multivalue = records.filter(({ routing }) => routing === 'multivalue').length;
    const others = [...sets.keys()].filter((other) => other.startsWith(`${key.split('|')[0]}|`)).length;
    if (kinds.size > 1) return `${key} would have record sets of several kinds`;
    if (multivalue > MULTIVALUE_MAX) return `${key} would have ${multivalue} record sets`;
    if (key.endsWith('|CNAME') && others > 1) return `${key} would stand beside others`;
  }
  return null;
}
