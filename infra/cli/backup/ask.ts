import type { AskedAnswer, ListAnswer } from '../../../functions/backup/answer.ts';
import { isRecord } from '../../../functions/core/json.ts';
import { Failure } from '../failure.ts';
import { invoke, strangeAnswer } from '../invoke.ts';
import type { Terminal } from '../terminal.ts';

/** The backup function, about one cluster. */
export interface BackupAsker {
  list(): Promise<ListAnswer>;
  now(): Promise<AskedAnswer>;
  /** `null`: the newest snapshot. */
  verify(key: string | null): Promise<AskedAnswer>;
}

export function openBackup(env: Terminal['env'], stack: string, cluster: string): BackupAsker {
  const ask = async (action: string, more: object = {}): Promise<unknown> => {
    const answer = await invoke(env, `${stack}-backup`, cluster, {
      request: 'backup',
      cluster,
      action,
      ...more,
    });
    if (isRecord(answer) && answer['ok'] === true && answer['action'] === action) return answer;
    throw new Failure(strangeAnswer(stack, 'backup'));
  };
  const asked = async (action: 'now' | 'verify', more: object = {}): Promise<AskedAnswer> => {
    const answer = await ask(action, more);
    if (isAsked(answer)) return answer;
    throw new Failure(strangeAnswer(stack, 'backup'));
  };
  return {
    list: async () => {
      const answer = await ask('list');
      if (isList(answer)) return answer;
      throw new Failure(strangeAnswer(stack, 'backup'));
    },
    now: () => asked('now'),
    verify: (key) => asked('verify', key === null ? {} : { key }),
  };
}

const isAsked = (answer: unknown): answer is AskedAnswer =>
  isRecord(answer) && typeof answer['askedAt'] === 'string' && 'key' in answer;

const isList = (answer: unknown): answer is ListAnswer =>
  isRecord(answer) && ['snapshots', 'strange'].every((name) => Array.isArray(answer[name]));
