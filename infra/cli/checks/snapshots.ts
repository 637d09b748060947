import { isRecord } from '../../../functions/core/json.ts';
import { Failure } from '../failure.ts';
import { invoke, strangeAnswer } from '../invoke.ts';
import type { Terminal } from '../terminal.ts';

/** A snapshot as the listing of backups tells it. */
export interface ListedSnapshot {
  readonly key: string;
  readonly takenAt: string;
  /** Every write up to it is in the snapshot; decimal text. */
  readonly revision: string;
  readonly sizeBytes: number | null;
  /** `restorable`: it was restored, and compared. `intact`: it came whole. */
  readonly state: string;
  /** Why it cannot be restored; empty where nothing is known against it. */
  readonly reason: string;
}

/**
 * The snapshots of a cluster, newest first.
 *
 * @throws {Failure} the function could not be asked, refused, or answered in another form
 */
export async function askSnapshots(
  env: Terminal['env'],
  stack: string,
  cluster: string,
): Promise<readonly ListedSnapshot[]> {
  const request = { request: 'backup', cluster, action: 'list' };
  const answer = await invoke(env, `${stack}-backup`, cluster, request);
  const isOurs = isRecord(answer) && answer['etcdAutopilot'] === 1 && answer['ok'] === true;
  const listed: unknown = isOurs ? answer['snapshots'] : null;
  if (!Array.isArray(listed)) throw new Failure(strangeAnswer(stack, 'backup'));
  return listed.flatMap(readSnapshot).sort((a, b) => (a.takenAt < b.takenAt ? 1 : -1));
}

function readSnapshot(value: unknown): readonly ListedSnapshot[] {
  if (!isRecord(value)) return [];
  const text = (name: string): string => {
    const one = value[name];
    return typeof one === 'string' ? one : '';
  };
  const { sizeBytes } = value;
  return [
    {
      key: text('key'),
      takenAt: text('takenAt') || text('at'),
      revision: text('atRevision') || text('revision'),
      sizeBytes: typeof sizeBytes === 'number' ? sizeBytes : null,
      state: text('state') || 'unknown',
      reason: text('reason'),
    },
  ];
}
