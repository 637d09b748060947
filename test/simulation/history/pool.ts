import { Worker } from 'node:worker_threads';
import type { Wishes } from './fate.ts';
import type { Brief } from './summary.ts';
import type { Batch } from './worker.ts';

/** Most of what a history makes is dropped at once: room for it spares a quarter of the time in collecting it. */
const YOUNG_MB = 64;

/** Small enough that threads end together, large enough that messages cost nothing. */
const BATCH = 50;

export interface Job {
  readonly from: number;
  readonly count: number;
  readonly threads: number;
  readonly wishes: Wishes;
}

/** Runs the histories of many seeds side by side, and tells each batch as it is done. */
export async function runPool(job: Job, onBatch: (briefs: readonly Brief[]) => void): Promise<void> {
  const batches = batchesOf(job);
  const threads = Array.from({ length: Math.min(job.threads, batches.length) }, () => job.wishes);
  await Promise.all(threads.map((wishes) => runThread(wishes, batches, onBatch)));
}

function batchesOf({ from, count }: Job): Batch[] {
  const starts = Array.from({ length: Math.ceil(count / BATCH) }, (_, index) => index * BATCH);
  return starts.map((start) => ({ from: from + start, count: Math.min(BATCH, count - start) }));
}

/** One thread, until no batch is left. What fails in it is a mistake of the simulation, and ends the run. */
function runThread(
  wishes: Wishes,
  batches: Batch[],
  onBatch: (briefs: readonly Brief[]) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: wishes,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const next = (): void => {
      const batch = batches.shift();
      if (batch !== undefined) worker.postMessage(batch);
      else void worker.terminate().then(() => resolve());
    };
    worker.on('message', (briefs: readonly Brief[]) => {
      onBatch(briefs);
      next();
    });
    worker.on('error', (error) => {
      batches.length = 0;
      reject(error);
    });
    next();
  });
}
