import { CLUSTER, ZONE_ID } from './crowd.ts';
import { publishersOf } from './publishers.ts';
import { GroupQueue } from './queue.ts';
import type { Ground } from './storm.ts';
import { DAWN_MS } from './virtual-time.ts';

const SCHEDULE_MS = 60_000;
const DAY_MS = 4 * 3_600_000;

/** The functions of this project behind their queues. The schedule ticks by itself, events are told. */
export class Ours {
  readonly troubles: readonly string[];
  readonly #queues: readonly GroupQueue[];
  readonly #passes: () => number;

  constructor(ground: Ground) {
    const { time } = ground;
    const publishers = publishersOf(ground);
    this.troubles = publishers.troubles;
    this.#passes = publishers.passes;
    this.#queues = [
      new GroupQueue(time, ZONE_ID, publishers.dns),
      new GroupQueue(time, CLUSTER, publishers.registry),
    ];
    for (let atMs = SCHEDULE_MS; atMs < DAY_MS; atMs += SCHEDULE_MS)
      time.at(DAWN_MS + atMs, () => this.tell(tickOf(atMs)));
  }

  get passes(): number {
    return this.#passes();
  }

  /** Invocations that Lambda would have broken off. */
  get overruns(): number {
    return this.#queues.reduce((sum, { overruns }) => sum + overruns, 0);
  }

  get isIdle(): boolean {
    return this.#queues.every(({ isIdle }) => isIdle);
  }

  tell(body: string): void {
    for (const queue of this.#queues) queue.send(body);
  }
}

/** As the rules of infra/workers.yml make it of a tick: it names cluster and zone, and differs each time. */
const tickOf = (atMs: number): string =>
  JSON.stringify({
    etcdAutopilot: 1,
    request: 'look',
    cluster: CLUSTER,
    zone: ZONE_ID,
    from: 'schedule',
    nonce: `tick-${atMs}`,
  });
