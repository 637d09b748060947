import { randomFillSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';

const VALUE_BYTES = 1_000_000;
const SIDE_BY_SIDE = 4;
const PUT_MS = 10_000;

/** Puts random values, which nothing compresses, until a database of this size stands. */
export async function fill(endpoint: string, bytes: number, say: (line: string) => void): Promise<void> {
  const port = openEtcd({ deadlineMs: PUT_MS });
  const count = Math.ceil(bytes / VALUE_BYTES);
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const value = randomFillSync(Buffer.alloc((VALUE_BYTES * 3) / 4)).toString('base64');
      await port.write(endpoint, `/filled/${index}`, value);
      if (index % 200 === 199) say(`${index + 1} of ${count} MB written`);
    }
  };
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, one));
  } finally {
    port.close();
  }
}

export interface Load {
  /** Keys whose write was acknowledged, in this order. */
  readonly acked: readonly string[];
  readonly failedCount: () => number;
  /** The longest time between two acknowledgements. */
  readonly longestGapMs: () => number;
  stop(): Promise<void>;
}

/** One put of a unique key every 20 ms. */
export function openLoad(endpoint: string): Load {
  const port = openEtcd({ deadlineMs: 2_000 });
  const acked: string[] = [];
  let failed = 0;
  let gapMs = 0;
  let lastMs = performance.now();
  let isOver = false;
  const run = (async () => {
    for (let serial = 0; !isOver; serial += 1) {
      const key = `/load/${serial}`;
      try {
        await port.write(endpoint, key, 'x'.repeat(200));
        acked.push(key);
        gapMs = Math.max(gapMs, performance.now() - lastMs);
        lastMs = performance.now();
      } catch {
        failed += 1;
      }
      await sleep(20);
    }
  })();
  return {
    acked,
    failedCount: () => failed,
    longestGapMs: () => Math.round(gapMs),
    stop: async () => {
      isOver = true;
      await run;
      port.close();
    },
  };
}
