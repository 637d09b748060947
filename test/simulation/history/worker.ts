import { parentPort, workerData } from 'node:worker_threads';
import type { Wishes } from './fate.ts';
import { play } from './play.ts';
import type { Brief } from './summary.ts';

/** Seeds that one thread is given at a time. */
export interface Batch {
  readonly from: number;
  readonly count: number;
}

const wishes: Wishes = workerData;

// Refusals are the daily bread of a history; whoever wants to know where one came from replays it.
Error.stackTraceLimit = 0;

parentPort?.on('message', async ({ from, count }: Batch) => {
  const briefs: Brief[] = [];
  for (let seed = from; seed < from + count; seed += 1) briefs.push(briefOf(await play(seed, wishes, false)));
  parentPort?.postMessage(briefs);
});

/** What is added up; the rest stays in its thread. */
function briefOf({ fate: _fate, lines: _lines, ...brief }: Awaited<ReturnType<typeof play>>): Brief {
  return brief;
}
