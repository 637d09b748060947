import type { Group } from './model.ts';

/** Between two tries to launch in a zone without capacity, in health checks. */
const RETRY_CHECKS = 5;

/** Which zones have capacity, for all groups. */
export class Zones {
  readonly #closed = new Set<string>();
  readonly #triedAtMs = new Map<string, number>();
  readonly #retryMs: number;

  constructor(healthCheckMs: number) {
    this.#retryMs = RETRY_CHECKS * healthCheckMs;
  }

  /** From now on no instance can be launched there. Running instances stay. */
  close(zone: string): void {
    this.#closed.add(zone);
  }

  open(zone: string): void {
    this.#closed.delete(zone);
    this.#triedAtMs.clear();
  }

  closed(): readonly string[] {
    return [...this.#closed].sort();
  }

  isClosed(zone: string): boolean {
    return this.#closed.has(zone);
  }

  /** Whether the group is to find out again that a zone has no capacity. It tries now and then. */
  isTimeToTry(group: Group, zone: string): boolean {
    const key = `${group.name} ${zone}`;
    const isTime = Date.now() - (this.#triedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) >= this.#retryMs;
    if (isTime) this.#triedAtMs.set(key, Date.now());
    return isTime;
  }
}
