import type { BackupRecord } from './parameter.ts';

const MINUTE_MS = 60_000;
/** A snapshot that failed is tried again then, however long the interval is. */
const RETRY_MS = 5 * MINUTE_MS;
/** The minute comes when it comes: without this, "every hour" would be every 61 minutes. */
const SLACK_MS = 30_000;

/** Whether the schedule takes a snapshot now. `intervalMinutes` 0: it never does. */
export function isDue({ last, lastFailure }: BackupRecord, intervalMinutes: number, nowMs: number): boolean {
  if (intervalMinutes === 0) return false;
  if (lastFailure !== null && isRecent(lastFailure.at, RETRY_MS, nowMs)) return false;
  return last === null || !isRecent(last.at, intervalMinutes * MINUTE_MS - SLACK_MS, nowMs);
}

/** What lies in the future was written by another clock, and tells nothing. */
function isRecent(at: string, forMs: number, nowMs: number): boolean {
  const agoMs = nowMs - Date.parse(at);
  return agoMs >= 0 && agoMs < forMs;
}
