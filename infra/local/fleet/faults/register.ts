import { type FaultRequest, invalid } from './kinds.ts';

const ENDED_KEPT = 50;

/** How a fault that lasts is begun. */
export interface FaultOptions {
  /** How often it may strike; null: until it is cleared. */
  readonly count?: number | null;
  /** When it is over by itself; null: never. */
  readonly untilMs?: number | null;
  /** Whether what it did is over, so that it is in force no more. */
  readonly isOver?: () => boolean;
  /** Undoes what still lasts of it. */
  readonly undo?: () => void;
}

/** A fault in force. */
export interface Fault {
  readonly id: string;
  readonly request: FaultRequest;
  readonly text: string;
  readonly sinceMs: number;
  readonly untilMs: number | null;
  readonly count: number | null;
  struck: number;
}

/** What `/_fleet/faults` says of one fault. */
export interface FaultView extends FaultRequest {
  readonly id: string;
  readonly text: string;
  readonly since: string;
  readonly until: string | null;
  readonly struck: number;
  /** How often it may strike yet; null: until it is cleared. */
  readonly remains: number | null;
}

interface Entry {
  readonly fault: Fault;
  readonly options: FaultOptions;
}

/** The faults of a region that last: each strikes until its count or time is used up, or until it is cleared. */
export class Faults {
  #entries: Entry[] = [];
  readonly #ended: Fault[] = [];
  #lastId = 0;

  add(request: FaultRequest, text: string, options: FaultOptions = {}): Fault {
    this.#lastId += 1;
    const { count = null, untilMs = null } = options;
    const fault: Fault = {
      id: `f${this.#lastId}`,
      request,
      text,
      sinceMs: Date.now(),
      untilMs,
      count,
      struck: 0,
    };
    this.#entries.push({ fault, options });
    return fault;
  }

  /** Looks only at those that are meant: whether one is over can take a look at a machine. */
  inForce(isMeant: (request: FaultRequest) => boolean = () => true): readonly Fault[] {
    return this.#entries
      .filter((entry) => isMeant(entry.fault.request) && !this.#endIfOver(entry))
      .map(({ fault }) => fault);
  }

  /** The last faults that are over, newest first. */
  ended(): readonly Fault[] {
    this.inForce();
    return this.#ended;
  }

  /** The oldest fault that is meant and may still strike; that counts as a strike. */
  strike(isMeant: (request: FaultRequest) => boolean): Fault | null {
    const fault = this.inForce(isMeant).find((one) => remains(one) !== 0) ?? null;
    if (fault !== null) fault.struck += 1;
    return fault;
  }

  /** @throws {FleetError} no fault with this id is in force */
  clear(id: string): Fault {
    const entry = this.#entries.find(({ fault }) => fault.id === id);
    if (entry === undefined || !this.inForce().includes(entry.fault)) {
      const known = this.inForce().map((fault) => fault.id);
      throw invalid(`no fault ${id} is in force${known.length > 0 ? `; in force: ${known.join(', ')}` : ''}`);
    }
    this.#end(entry);
    entry.options.undo?.();
    return entry.fault;
  }

  clearAll(): readonly Fault[] {
    // One may end by itself, or with another, while they are cleared.
    return this.inForce().flatMap((fault) => (this.inForce().includes(fault) ? [this.clear(fault.id)] : []));
  }

  #endIfOver(entry: Entry): boolean {
    const { fault, options } = entry;
    const isUsedUp = options.isOver === undefined ? remains(fault) === 0 : options.isOver();
    const isOver = isUsedUp || (fault.untilMs !== null && fault.untilMs <= Date.now());
    if (isOver) this.#end(entry);
    return isOver;
  }

  #end(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#ended.unshift(entry.fault);
    this.#ended.splice(ENDED_KEPT);
  }
}

function remains(fault: Fault): number | null {
  return fault.count === null ? null : Math.max(0, fault.count - fault.struck);
}

export function viewOf(fault: Fault): FaultView {
  return {
    ...fault.request,
    id: fault.id,
    text: fault.text,
    since: new Date(fault.sinceMs).toISOString(),
    until: fault.untilMs === null ? null : new Date(fault.untilMs).toISOString(),
    struck: fault.struck,
    remains: remains(fault),
  };
}
