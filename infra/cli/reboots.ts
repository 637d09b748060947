import type { Command } from 'commander';
import { isRecord } from '../../functions/core/json.ts';
import type { ListedHolder, ListedLock } from '../../functions/engine/reboot/listing.ts';
import type { LocksAnswer, ReleaseAnswer } from '../../functions/reboot-gate/operator.ts';
import { type ClusterOptions, clusterCommand, clusterNameOf } from './cluster-command.ts';
import { EXIT, Failure } from './failure.ts';
import { invoke, strangeAnswer } from './invoke.ts';
import { section, tableText } from './table.ts';
import type { Terminal } from './terminal.ts';

interface ReleaseOptions extends ClusterOptions {
  readonly group: string;
  readonly id: string;
  readonly yes?: boolean;
}

const REACH = `
The locks are reached through the Lambda function <stack>-reboot-gate: credentials, region and endpoint are taken from
where every AWS client takes them (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ...). They need lambda:InvokeFunction on
that function.`;

const LIST_HELP = `${REACH} Nothing is changed.
Exit codes: 0 fine, 1 a machine holds its lock for longer than a reboot takes, or a lock cannot be read, 2 a mistake in the
input, or the function could not be reached.`;

const RELEASE_HELP = `
For a machine that will not give its lock back by itself: look at it first. If it is about to reboot all the same, another
one may go down with it.
${REACH}
Exit codes: 0 released, 1 it did not hold the lock, 2 a mistake in the input, or the function could not be reached.`;

/** Adds `reboots` and `reboots release`. */
export function addReboots(program: Command, terminal: Terminal, ending: { code: number }): void {
  const reboots = clusterCommand(program, 'reboots', terminal)
    .description('Shows which machines hold the lock for reboots, of the members and of groups of workers.')
    .addHelpText('after', LIST_HELP)
    .action(async (options: ClusterOptions) => {
      const answer = await listLocks(terminal.env, options.stack, clusterNameOf(options.cluster));
      terminal.out(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : locksText(answer));
      ending.code = answer.locks.every(isFine) ? EXIT.fine : EXIT.notHealthy;
    });
  clusterCommand(reboots, 'release', terminal)
    .description('Takes the lock for reboots off a machine.')
    .requiredOption('--group <name>', '"members", or the name of a group of workers')
    .requiredOption('--id <instance-id>', 'the machine that holds it')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', RELEASE_HELP)
    .action(async (options: ReleaseOptions) => {
      const cluster = clusterNameOf(options.cluster);
      if (!(await isMeant(terminal, cluster, options))) {
        terminal.err('nothing was released\n');
        ending.code = EXIT.notHealthy;
        return;
      }
      const answer = await release(terminal.env, cluster, options);
      terminal.out(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : releasedText(answer));
      ending.code = answer.released ? EXIT.fine : EXIT.notHealthy;
    });
}

async function isMeant(
  { ask }: Terminal,
  cluster: string,
  { group, id, yes }: ReleaseOptions,
): Promise<boolean> {
  if (yes === true) return true;
  if (ask === undefined) throw new Failure('nobody sits at this terminal: give --yes to release the lock');
  const answer = await ask(`Take the lock of ${group} in cluster ${cluster} off ${id}? [y/N] `);
  return /^y(?:es)?$/i.test(answer.trim());
}

async function listLocks(env: Terminal['env'], stack: string, cluster: string): Promise<LocksAnswer> {
  const answer = await invoke(env, `${stack}-reboot-gate`, cluster, { request: 'reboots', cluster });
  if (!isLocks(answer)) throw new Failure(strangeAnswer(stack, 'reboot-gate'));
  return answer;
}

async function release(
  env: Terminal['env'],
  cluster: string,
  { stack, group, id }: ReleaseOptions,
): Promise<ReleaseAnswer> {
  const request = { request: 'releaseReboot', cluster, group, id };
  const answer = await invoke(env, `${stack}-reboot-gate`, cluster, request);
  if (!isRelease(answer)) throw new Failure(strangeAnswer(stack, 'reboot-gate'));
  return answer;
}

const isOurs = (answer: unknown): answer is Readonly<Record<string, unknown>> =>
  isRecord(answer) && answer['etcdAutopilot'] === 1 && answer['ok'] === true;

const isLocks = (answer: unknown): answer is LocksAnswer =>
  isOurs(answer) && Array.isArray(answer['locks']) && answer['locks'].every(isLock);

const isLock = (lock: unknown): boolean =>
  isRecord(lock) && Array.isArray(lock['holders']) && lock['holders'].every(isRecord);

const isRelease = (answer: unknown): answer is ReleaseAnswer =>
  isOurs(answer) && typeof answer['released'] === 'boolean';

const isFine = ({ readable, holders }: ListedLock): boolean =>
  readable && holders.every(({ overdue }) => !overdue);

function locksText({ cluster, locks }: LocksAnswer): string {
  const rows = locks.map(({ group, slots, holders, readable }) => [
    group,
    slots === null ? 'gone' : String(slots),
    readable ? holders.map(({ instanceId }) => instanceId).join(' ') || '-' : 'not readable',
  ]);
  const holding = locks.flatMap(({ group, holders }) => holders.map((holder) => holderLine(group, holder)));
  return `${cluster}\n${tableText([['group', 'at a time', 'reboots now'], ...rows])}${section('locks', holding)}`;
}

function holderLine(
  group: string,
  { instanceId, since, heldSeconds, overdue, listed }: ListedHolder,
): string {
  const minutes = Math.round(heldSeconds / 60);
  const words = [
    `${instanceId} of ${group} since ${since} (${minutes} minutes)`,
    ...(listed ? [] : ['its group does not list it any more']),
    ...(overdue ? ['longer than a reboot takes: look at it, then terminate it or release its lock'] : []),
  ];
  return words.join('; ');
}

const releasedText = ({ cluster, group, instanceId, released }: ReleaseAnswer): string =>
  released
    ? `${cluster}: ${instanceId} does not hold the lock of ${group} any more\n`
    : `${cluster}: ${instanceId} did not hold the lock of ${group}\n`;
