import type { InstanceId } from '../../core/identity.ts';
import { waitsIn } from '../../core/lifecycle.ts';
import type { HookSettings, ScalingGroup } from '../../core/ports.ts';
import type { RegistryPast } from '../../core/registry/world.ts';

/** After this an answer is given again: an instance may come back into service, and leave once more. */
const ANSWERED_MS = 60_000;

/**
 * What the function remembers of one cluster for as long as its container lives. It spares calls and
 * tells edits; nothing in it is needed, and a new container begins without.
 */
export class RegistryMemory {
  readonly #answeredAtMs = new Map<InstanceId, number>();
  readonly #beatAtMs = new Map<InstanceId, number>();
  readonly #waitingSinceMs = new Map<InstanceId, number>();
  readonly #unlistedSinceMs = new Map<InstanceId, number>();
  readonly #hooks = new Map<string, HookSettings | null>();
  #placed: ReadonlyMap<string, string> = new Map();

  /** Forgets whoever does not wait any more, and notes since when the others do. */
  noteWaiting(groups: readonly ScalingGroup[], nowMs: number): void {
    const waiting = new Set(
      groups.flatMap(({ instances }) =>
        instances.filter(({ lifecycle }) => waitsIn(lifecycle) === 'terminate').map(({ id }) => id),
      ),
    );
    for (const known of [this.#answeredAtMs, this.#beatAtMs, this.#waitingSinceMs])
      for (const id of known.keys()) if (!waiting.has(id)) known.delete(id);
    for (const id of waiting) if (!this.#waitingSinceMs.has(id)) this.#waitingSinceMs.set(id, nowMs);
    for (const [id, atMs] of this.#answeredAtMs)
      if (nowMs - atMs >= ANSWERED_MS) this.#answeredAtMs.delete(id);
  }

  noteAnswered(id: InstanceId, nowMs: number): void {
    this.#answeredAtMs.set(id, nowMs);
  }

  noteBeat(id: InstanceId, nowMs: number): void {
    this.#beatAtMs.set(id, nowMs);
  }

  /** Of the groups that could be read now; of the others what was known stays. */
  noteHooks(hooks: ReadonlyMap<string, HookSettings | null>): void {
    for (const [group, hook] of hooks) this.#hooks.set(group, hook);
  }

  /** Our hook of a group; `null`: it has none; `undefined`: it was never read. */
  hookOf(group: string): HookSettings | null | undefined {
    return this.#hooks.get(group);
  }

  /** `null`: no heartbeat was sent from here. */
  lastBeatMs(id: InstanceId): number | null {
    return this.#beatAtMs.get(id) ?? null;
  }

  /** Since when it has been seen waiting: no earlier than it began, and so never too long. */
  get waitingSinceMs(): ReadonlyMap<InstanceId, number> {
    return this.#waitingSinceMs;
  }

  get answered(): ReadonlySet<InstanceId> {
    return new Set(this.#answeredAtMs.keys());
  }

  /** Instances that have keys and that no group lists; the others are forgotten. */
  noteUnlisted(ids: readonly InstanceId[], nowMs: number): void {
    for (const id of this.#unlistedSinceMs.keys()) if (!ids.includes(id)) this.#unlistedSinceMs.delete(id);
    for (const id of ids) if (!this.#unlistedSinceMs.has(id)) this.#unlistedSinceMs.set(id, nowMs);
  }

  /** What stands there now that all is in place. */
  notePlaced(values: ReadonlyMap<string, string>): void {
    this.#placed = values;
  }

  pastAt(nowMs: number): RegistryPast {
    const unlisted = [...this.#unlistedSinceMs].map(([id, sinceMs]) => [id, nowMs - sinceMs] as const);
    return { placed: this.#placed, unlistedForMs: new Map(unlisted) };
  }
}
