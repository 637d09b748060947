import type { InstanceId } from '../../core/identity.ts';
import type { HookOfInstance, HookSettings, ScalingActivity } from '../../core/ports.ts';
import { type BeatPorts, sendBeats } from '../beats.ts';

/** Every zone is looked at each minute: who was not seen for longer did not wait meanwhile, or nobody knows. */
const SEEN_GAP_MS = 5 * 60_000;
/** Longer than any hook is left without a heartbeat. */
const KEPT_MS = 2 * 3_600_000;

/**
 * What the function remembers of heartbeats and waits for as long as its container lives. It spares calls;
 * nothing in it is needed, and a new container begins without.
 */
export class BeatMemory {
  readonly #lastMs = new Map<InstanceId, number>();
  readonly #hooks = new Map<string, readonly HookSettings[]>();
  readonly #seen = new Map<InstanceId, { readonly sinceMs: number; readonly lastMs: number }>();

  /** What was read of a group that somebody leaves: its hooks, and since when its instances wait. */
  note(
    hooks: ReadonlyMap<string, readonly HookSettings[]>,
    activities: ReadonlyMap<string, readonly ScalingActivity[]>,
  ): void {
    for (const [group, settings] of hooks) this.#hooks.set(group, settings);
    for (const { instanceId, kind, startedAtMs } of [...activities.values()].flat())
      if (kind === 'terminate') this.#extend(instanceId, startedAtMs);
  }

  /**
   * Extends hooks that somebody waits in, where it is due (rule R7); of a group that was never read
   * all are. Returns how many are not extended that should be.
   */
  send(ports: BeatPorts, hooks: readonly HookOfInstance[]): Promise<number> {
    const waiting = hooks.map((hook) => ({
      hook,
      settings: this.#hooks.get(hook.groupName)?.find(({ name }) => name === hook.hookName),
      lastMs: this.#lastMs.get(hook.instanceId) ?? 0,
    }));
    this.#forgetOthers(hooks, ports.clock.nowMs());
    this.#see(hooks, ports.clock.nowMs());
    return sendBeats(ports, waiting, ({ instanceId }, atMs) => this.#extend(instanceId, atMs));
  }

  /** Since when instances have been seen waiting, without a gap. */
  get seenWaitingMs(): ReadonlyMap<InstanceId, number> {
    return new Map([...this.#seen].map(([id, { sinceMs }]) => [id, sinceMs]));
  }

  #see(hooks: readonly HookOfInstance[], nowMs: number): void {
    for (const [id, { lastMs }] of this.#seen) if (nowMs - lastMs > SEEN_GAP_MS) this.#seen.delete(id);
    for (const { instanceId } of hooks) {
      const sinceMs = this.#seen.get(instanceId)?.sinceMs ?? nowMs;
      this.#seen.set(instanceId, { sinceMs, lastMs: nowMs });
    }
  }

  #extend(id: InstanceId, atMs: number): void {
    this.#lastMs.set(id, Math.max(atMs, this.#lastMs.get(id) ?? 0));
  }

  /** Other zones have waiting instances too; but nobody who is still waiting was extended so long ago. */
  #forgetOthers(hooks: readonly HookOfInstance[], nowMs: number): void {
    const waiting = new Set(hooks.map(({ instanceId }) => instanceId));
    for (const [id, lastMs] of this.#lastMs)
      if (!waiting.has(id) && nowMs - lastMs > KEPT_MS) this.#lastMs.delete(id);
  }
}
