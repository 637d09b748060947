import type { Cloud } from '../../../infra/cli/cloud/ports.ts';
import { programOf } from '../../../infra/cli/program.ts';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cloud?: Cloud;
  /** What a person types at each question; without it nobody sits there. */
  readonly answers?: readonly string[];
  /** Somebody stops the command instead of answering. */
  readonly stopsAtQuestion?: boolean;
}

/** Runs a command line to its end. */
export async function run(
  args: readonly string[],
  { env = {}, cloud, answers, stopsAtQuestion }: RunOptions = {},
) {
  const texts = { out: '', err: '' };
  const asked: string[] = [];
  let stop: () => Promise<void> = async () => undefined;
  const ask = async (question: string): Promise<string> => {
    asked.push(question);
    if (stopsAtQuestion === true) await stop();
    return answers?.[asked.length - 1] ?? '';
  };
  const terminal = {
    env,
    out: (text: string) => {
      texts.out += text;
    },
    err: (text: string) => {
      texts.err += text;
    },
    onStop: (work: () => Promise<void>) => {
      stop = work;
    },
    ...(answers === undefined ? {} : { ask }),
  };
  const program = cloud === undefined ? programOf(terminal) : programOf(terminal, async () => cloud);
  const code = await program.run(args);
  return { code, ...texts, asked, stop: () => stop() };
}

/** Whether it is one line, and no stack. */
export const isOneLine = (text: string): boolean => text.trim().split('\n').length === 1;
