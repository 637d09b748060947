import type { Clock } from '../core/ports.ts';

/** SQS and the function do not share a clock: what was sent this shortly before may not have been seen. */
const CLOCK_SLACK_MS = 1_000;
/** A pass costs this many times its duration in rest, so that a storm of events leaves room for others. */
const REST_SHARE = 5;
const REST_MS_MIN = 1_000;
const REST_MS_MAX = 20_000;

interface Past {
  /** Start of the last pass that saw everything; what was sent before it is in what it saw. */
  readonly seenFromMs: number | null;
  /** The clusters that it looked at by their names. */
  readonly clusters: ReadonlySet<string>;
  readonly endedAtMs: number;
  readonly durationMs: number;
}

const NEVER = { seenFromMs: null, clusters: new Set<string>() };

/**
 * Makes few passes of many messages: an event is a hint to look, and one look answers all that was
 * sent before it. Lives as long as its container; another container only looks once more than it had to.
 */
export class Coalescer {
  readonly #clock: Clock;
  readonly #past = new Map<string, Past>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whether a message is answered by a pass that began after it was sent. `sentAtMs` `null` (not
   * told) never is, and one that names a cluster only by a pass that looked at it.
   */
  isAnswered(group: string, sentAtMs: number | null, cluster: string | null): boolean {
    const past = this.#past.get(group);
    if (past === undefined || past.seenFromMs === null || sentAtMs === null) return false;
    if (cluster !== null && !past.clusters.has(cluster)) return false;
    return sentAtMs < past.seenFromMs - CLOCK_SLACK_MS;
  }

  /** Sleeps until the next pass of `group` may begin, at most `budgetMs`. */
  async rest(group: string, budgetMs: number): Promise<void> {
    const past = this.#past.get(group);
    if (past === undefined) return;
    const restMs = Math.min(REST_MS_MAX, Math.max(REST_MS_MIN, REST_SHARE * past.durationMs));
    const leftMs = Math.min(budgetMs, past.endedAtMs + restMs - this.#clock.nowMs());
    if (leftMs > 0) await this.#clock.sleep(leftMs);
  }

  /**
   * Notes a pass that ended now. `clusters` `null`: it could not see everything, so it answers no message.
   * `waitedMs`: how long it only waited, which cost nobody anything.
   */
  note(group: string, startedAtMs: number, clusters: Iterable<string> | null, waitedMs = 0): void {
    const endedAtMs = this.#clock.nowMs();
    const seen =
      clusters === null
        ? (this.#past.get(group) ?? NEVER)
        : { seenFromMs: startedAtMs, clusters: new Set(clusters) };
    this.#past.set(group, { ...seen, endedAtMs, durationMs: endedAtMs - startedAtMs - waitedMs });
  }
}
