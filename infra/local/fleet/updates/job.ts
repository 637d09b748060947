import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 20;
/** CloudFormation gives a resource 36 hours in each direction. */
export const RESOURCE_MS_MAX = 36 * 3600_000;

export type SignalStatus = 'SUCCESS' | 'FAILURE';

/** What a stack's resource failed of: the reason of its event. */
export class WorkFailed extends Error {
  override readonly name = 'WorkFailed';
}

/** Work on one group that a stack waits for: what it has said so far, the signals it was sent, and how it ended. */
export class Job {
  readonly id = randomUUID();
  readonly groupName: string;
  /** Reasons of events of the resource while it is in progress, in order. */
  readonly notes: string[] = [];
  /** By UniqueId; the first of each counts. */
  readonly signals = new Map<string, SignalStatus>();
  /** Null while it works; then the empty text, or why it failed. */
  failure: string | null = null;
  readonly takesSignals: boolean;
  #cancelled = false;
  #stopped = false;

  constructor(groupName: string, takesSignals: boolean) {
    this.groupName = groupName;
    this.takesSignals = takesSignals;
  }

  note(words: string): void {
    this.notes.push(words);
  }

  /** False: nobody waits for a signal. One more of the same sender is taken, and changes nothing. */
  signal(uniqueId: string, status: SignalStatus): boolean {
    if (this.failure !== null || !this.takesSignals) return false;
    if (!this.signals.has(uniqueId)) {
      this.signals.set(uniqueId, status);
      this.note(`Received ${status} signal with UniqueId ${uniqueId}`);
    }
    return true;
  }

  signalCount(status: SignalStatus): number {
    return [...this.signals.values()].filter((one) => one === status).length;
  }

  cancel(): void {
    this.#cancelled = true;
  }

  /** The region ends: nobody waits for anything any more. */
  stop(): void {
    this.#cancelled = true;
    this.#stopped = true;
  }

  /**
   * Looks until it holds; false when it did not in that time.
   *
   * @throws {WorkFailed} the stack's operation was cancelled meanwhile
   */
  async until(allowedMs: number, holds: () => boolean): Promise<boolean> {
    const held = await look(allowedMs, () => this.#cancelled || holds());
    if (this.#cancelled && !holds()) throw new WorkFailed('Resource update cancelled');
    return held;
  }

  /** Waits for the end of what goes on whether it was cancelled or not; not after its region has ended. */
  async settle(hasEnded: () => boolean): Promise<void> {
    await look(RESOURCE_MS_MAX, () => this.#stopped || hasEnded());
  }

  /** @throws {WorkFailed} as `until` does */
  async pause(ms: number): Promise<void> {
    await this.until(ms, () => false);
  }

  async run(work: (job: Job) => Promise<void>): Promise<void> {
    this.failure = await work(this).then(
      () => '',
      (error: unknown) => (error instanceof Error ? error.message : String(error)) || 'Internal Failure',
    );
  }
}

async function look(allowedMs: number, holds: () => boolean): Promise<boolean> {
  const deadlineMs = Date.now() + Math.min(allowedMs, RESOURCE_MS_MAX);
  while (!holds()) {
    if (Date.now() >= deadlineMs) return false;
    await sleep(LOOK_MS);
  }
  return true;
}
