import { setTimeout as sleep } from 'node:timers/promises';
import type { View } from '../demo/look.ts';
import { firstAckMs, Load, longestGapMs } from './load.ts';
import { Observer } from './observer.ts';
import type { Deed } from './story.ts';
import { fewestVoters, quorumLostMs } from './strength.ts';

/** A run that takes longer did not converge. */
export const RUN_MS_MAX = 180_000;
const LEADER_MS_MAX = 20_000;
const LOOK_EVERY_MS = 25;
/** Gaps right after a run belong to it. */
const CALM_MS = 300;

/** How a story went, on our side or on the floor's. Times in milliseconds. */
export interface Measured {
  readonly fromMs: number;
  /** Until full voting strength; `null`: it did not get there. */
  readonly strengthMs: number | null;
  readonly gapMs: number | null;
  readonly quorumLostMs: number;
  /** The fewest voters that answered on the way; `null`: nobody could be asked, or there was no cluster yet. */
  readonly fewestVoters: number | null;
  /** From the start of the last process that quorum needed until the first write; `null`: not of this story. */
  readonly writableMs: number | null;
  readonly writes: number;
  readonly failedWrites: number;
  readonly lost: number;
}

export interface Subject {
  /** Its keys in etcd are named after it. */
  readonly name: string;
  readonly size: number;
  readonly listEndpoints: () => Promise<readonly string[]>;
  readonly views: () => readonly View[];
  /** Whether there is a cluster before anything is done, which is written to. */
  readonly isFounded: boolean;
}

/** Does something under load and under watch. `settle` ends the run: it resolves when nothing more is to come. */
export async function measure<D extends Deed>(
  subject: Subject,
  act: (observer: Observer) => Promise<D>,
  settle: (deed: D) => Promise<boolean>,
): Promise<{ readonly measured: Measured; readonly deed: D; readonly isSettled: boolean }> {
  const observer = new Observer(subject.views);
  const load = new Load(subject.listEndpoints, subject.name);
  try {
    observer.start();
    if (subject.isFounded) await load.untilSteady();
    if (subject.isFounded) await untilLed(observer);
    const deed = await act(observer);
    const { size } = subject;
    const strongMs = await observer.untilStrong({ size, gone: deed.gone }, deed.fromMs, RUN_MS_MAX);
    const isSettled = strongMs !== null && (await settle(deed));
    await sleep(CALM_MS);
    const toMs = performance.now();
    const { writes, failedWrites, lost } = await load.end();
    const startedMs = (await deed.quorumStartedMs?.()) ?? null;
    const ackMs = startedMs === null ? null : firstAckMs(load.writes, startedMs);
    const measured = {
      fromMs: deed.fromMs,
      strengthMs: strongMs === null ? null : strongMs - deed.fromMs,
      gapMs: longestGapMs(load.writes, deed.beganMs ?? deed.fromMs, toMs),
      quorumLostMs: subject.isFounded ? quorumLostMs(observer.samples, deed.beganMs ?? deed.fromMs, toMs) : 0,
      fewestVoters: subject.isFounded
        ? fewestVoters(observer.samples, deed.beganMs ?? deed.fromMs, toMs)
        : null,
      writableMs: startedMs === null || ackMs === null ? null : ackMs - startedMs,
      writes,
      failedWrites,
      lost,
    };
    return { measured, deed, isSettled };
  } finally {
    await observer.stop();
    await load.close();
  }
}

async function untilLed(observer: Observer): Promise<void> {
  const untilMs = performance.now() + LEADER_MS_MAX;
  while (observer.leader === null && performance.now() < untilMs) await sleep(LOOK_EVERY_MS);
}
