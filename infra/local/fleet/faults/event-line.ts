import type { FaultKind, FaultRequest } from './kinds.ts';
import type { Fault, Faults } from './register.ts';

/** An event on its way to the bus. */
export interface BusEvent {
  readonly source: 'aws.autoscaling' | 'aws.ec2';
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
  /** The group that it is about. */
  readonly group: string;
}

interface Held {
  readonly event: BusEvent;
  readonly fault: Fault;
  readonly timer: NodeJS.Timeout;
}

const EVENT_KINDS: readonly FaultKind[] = [
  'drop-events',
  'duplicate-events',
  'delay-events',
  'reorder-events',
];
const HOLD_SECONDS = 10;

/** The way of fleet's events to the bus: one after the other, unless a fault is in force. */
export class EventLine {
  readonly #faults: Faults;
  readonly #send: (event: BusEvent) => Promise<unknown>;
  #queue: Promise<unknown> = Promise.resolve();
  #held: readonly Held[] = [];

  /** `send` never rejects. */
  constructor(faults: Faults, send: (event: BusEvent) => Promise<unknown>) {
    this.#faults = faults;
    this.#send = send;
  }

  put(event: BusEvent): void {
    const overtaken = this.#held.find(
      ({ fault }) => fault.request.kind === 'reorder-events' && isMeant(fault.request, event),
    );
    if (overtaken !== undefined) {
      this.#enqueue(event);
      this.#release(overtaken);
      return;
    }
    const fault = this.#faults.strike(
      (request) => EVENT_KINDS.includes(request.kind) && isMeant(request, event),
    );
    if (fault === null) this.#enqueue(event);
    else this.#misdeliver(event, fault);
  }

  /** Sends what that fault still holds back. */
  releaseAll(fault: FaultRequest): void {
    for (const held of this.#held.filter((one) => one.fault.request === fault)) this.#release(held);
  }

  close(): void {
    for (const { timer } of this.#held) clearTimeout(timer);
    this.#held = [];
  }

  #misdeliver(event: BusEvent, fault: Fault): void {
    const { kind, seconds } = fault.request;
    if (kind === 'duplicate-events') {
      this.#enqueue(event);
      this.#enqueue(event);
    } else if (kind !== 'drop-events') {
      this.#hold(event, fault, (seconds ?? HOLD_SECONDS) * 1_000);
    }
  }

  #hold(event: BusEvent, fault: Fault, ms: number): void {
    const held: Held = { event, fault, timer: setTimeout(() => this.#release(held), ms) };
    this.#held = [...this.#held, held];
  }

  #release(held: Held): void {
    clearTimeout(held.timer);
    this.#held = this.#held.filter((other) => other !== held);
    this.#enqueue(held.event);
  }

  #enqueue(event: BusEvent): void {
    this.#queue = this.#queue.then(() => this.#send(event));
  }
}

function isMeant({ type, group }: FaultRequest, event: BusEvent): boolean {
  return (
    (type === null || event.detailType.toLowerCase().includes(type.toLowerCase())) &&
    (group === null || group === event.group)
  );
}
