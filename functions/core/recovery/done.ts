import { isRecord, parseJson } from '../json.ts';
import { type LastSeen, lastSeenIn } from './record.ts';

/** The parameter `recovery/<number>/done`, written last: what it came to. */
export interface RecoveryDone {
  /** `calledOff`: the old cluster had its quorum again before anything of it was lost. */
  readonly outcome: 'recovered' | 'calledOff';
  readonly at: string;
  /** What the new cluster began with, in revisions of the old one; decimal text. */
  readonly restoredRevision: string | null;
  readonly lastSeen: LastSeen | null;
  /** Writes (revisions) that are known to be lost, decimal text; `null`: nobody had seen the lost cluster. */
  readonly lostAtLeast: string | null;
  /** The loss in words. It never says "none". */
  readonly text: string;
}

export const encodeDone = (done: RecoveryDone): string => JSON.stringify({ version: 1, ...done });

/** `null` for what is none. It stands all the same, and then says only that the recovery is over. */
export function decodeDone(text: string): RecoveryDone | null {
  const value = parseJson(text);
  if (!isRecord(value)) return null;
  const { outcome, at, restoredRevision, lostAtLeast, text: words } = value;
  if ((outcome !== 'recovered' && outcome !== 'calledOff') || typeof at !== 'string') return null;
  if (typeof words !== 'string' || !isTextOrNull(restoredRevision) || !isTextOrNull(lostAtLeast)) return null;
  const lastSeen = lastSeenIn(value['lastSeen']) ?? null;
  return { outcome, at, restoredRevision, lastSeen, lostAtLeast, text: words };
}

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string';
