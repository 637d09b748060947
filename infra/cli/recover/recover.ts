import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import type { Command } from 'commander';
import type { AnsweredOption, RecoverAnswer } from '../../../functions/membership/answer-recovery.ts';
import { type ClusterOptions, clusterCommand, clusterNameOf } from '../cluster-command.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { askRecover } from './answer.ts';
import { type Course, follow } from './follow.ts';
import { choiceText, optionName, recoverText } from './text.ts';

interface RecoverOptions extends ClusterOptions {
  readonly choose?: string;
  readonly forceLost?: readonly string[];
  readonly yes?: boolean;
  readonly minutes: string;
}

const HELP = `
Without --choose it shows what the cluster could be brought back from, what each may lose, and the evidence; at a terminal
it asks for one of them. What is chosen is shown again and asked for before anything is done, unless --yes is given. Then
every machine that may hold the lost cluster is ended, one newcomer brings the data back, and the others join it.

A quorum that may come back is not given up: it says whom it waits for. --force-lost says that you know better, of one
instance each; it is ended, and nothing is founded before EC2 says that it is terminated.

A recovery goes on by itself, whether or not this command watches it. Asked again, it shows how far that is.
The cluster is reached through the Lambda function <stack>-membership: credentials, region and endpoint are taken from where
every AWS client takes them (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ...). They need lambda:InvokeFunction on it.
Exit codes: 0 the cluster has its quorum, 1 it has not (yet), or nothing was chosen, 2 a mistake in the input, or the
function could not be reached.`;

/** Adds `recover`. */
export function addRecover(program: Command, terminal: Terminal, ending: { code: number }): void {
  clusterCommand(program, 'recover', terminal)
    .description('Shows what a cluster that lost its quorum for ever can be brought back from, and does it.')
    .option('--choose <source>', 'the number, instance or snapshot of an option that was shown')
    .option('--force-lost <instance-id...>', 'call these lost, without evidence: they are ended')
    .option('-y, --yes', 'do not ask')
    .option('--minutes <count>', 'how long to watch the recovery', '30')
    .addHelpText('after', HELP)
    .action(async (options: RecoverOptions) => {
      ending.code = await recover(terminal, clusterNameOf(options.cluster), options);
    });
}

async function recover(terminal: Terminal, cluster: string, options: RecoverOptions): Promise<number> {
  const minutes = minutesOf(options.minutes);
  const forced = options.forceLost ?? [];
  const { stack } = options;
  const answer = await askRecover(terminal.env, stack, cluster, { forced });
  const endedBefore = answer.done?.number ?? 0;
  const course: Course = { terminal, cluster, stack, isJson: options.json === true, minutes, endedBefore };
  if (answer.quorum === 'has') return tell(course, answer, EXIT.fine);
  if (answer.recovery !== null && options.choose === undefined) {
    if (!course.isJson) terminal.out(recoverText(answer));
    return course.isJson ? tell(course, answer, EXIT.notHealthy) : follow(course, null);
  }
  if (!course.isJson) terminal.out(recoverText(answer));
  const chosen = await chosenOf(terminal, answer, options);
  if (chosen === null) return course.isJson ? tell(course, answer, EXIT.notHealthy) : EXIT.notHealthy;
  if (!(await isMeant(terminal, cluster, answer, chosen, options))) {
    terminal.err('nothing was changed\n');
    return EXIT.notHealthy;
  }
  return choose(course, answer, chosen, forced);
}

function tell({ terminal, isJson }: Course, answer: RecoverAnswer, code: number): number {
  terminal.out(isJson ? `${JSON.stringify(answer, null, 2)}\n` : recoverText(answer));
  return code;
}

/** `null`: nobody chose. */
async function chosenOf(
  { ask, err }: Terminal,
  answer: RecoverAnswer,
  { choose: named, json }: RecoverOptions,
): Promise<AnsweredOption | null> {
  const canChoose = answer.obstacles.length === 0 && answer.options.length > 0;
  if (named === undefined && (!canChoose || ask === undefined || json === true)) return null;
  if (!canChoose) {
    err('nothing was chosen: what stands against it is told above\n');
    return null;
  }
  const words = named ?? (await ask?.('Which one? [number, or nothing] ')) ?? '';
  if (words.trim() === '') return null;
  const option = answer.options.find(
    (one, index) => optionName(one) === words || `${index + 1}` === words.trim(),
  );
  if (option === undefined) throw new Failure(`"${words}" is none of the options that were shown`);
  return option;
}

async function isMeant(
  { ask }: Terminal,
  cluster: string,
  answer: RecoverAnswer,
  chosen: AnsweredOption,
  { yes }: RecoverOptions,
): Promise<boolean> {
  if (yes === true) return true;
  if (ask === undefined) throw new Failure('nobody sits at this terminal: give --yes to recover the cluster');
  const words = await ask(`${choiceText(cluster, answer, chosen)}\nType the name of the cluster to go on: `);
  return words.trim() === cluster;
}

async function choose(
  course: Course,
  answer: RecoverAnswer,
  chosen: AnsweredOption,
  forced: readonly string[],
): Promise<number> {
  const nonce = randomUUID();
  const { terminal, stack, cluster } = course;
  const source =
    chosen.how === 'from-survivor'
      ? { how: chosen.how, instanceId: chosen.instanceId }
      : { how: chosen.how, key: chosen.key };
  const request = { choice: source, forced, confirm: answer.confirm, by: whoAmI(), nonce };
  const taken = await askRecover(terminal.env, stack, cluster, request);
  if (!taken.taken) {
    const refused = taken.waits.filter(({ kind }) => kind === 'choiceRefused').map(({ text }) => text);
    terminal.err(
      `nothing was changed: ${[...refused, ...taken.obstacles].join('; ') || 'see the log of membership'}\n`,
    );
    return EXIT.notHealthy;
  }
  if (!course.isJson) terminal.out('chosen; it goes on by itself from here\n');
  return follow(course, nonce);
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (!Number.isFinite(minutes) || minutes < 0 || minutes > 1_440)
    throw new Failure(`--minutes is a number of 0 to 1440, got "${text}"`);
  return minutes;
}

/** It stands in the record of the recovery: letters that every shell, log and parameter bears. */
function whoAmI(): string {
  const name = `${userInfo().username}@${hostname()}`.replaceAll(/[^\w.@-]/g, '-');
  return name.slice(0, 64);
}
