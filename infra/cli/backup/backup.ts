import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { type ClusterOptions, clusterCommand, clusterNameOf } from '../cluster-command.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { type BackupAsker, openBackup } from './ask.ts';
import { type Followed, follow } from './follow.ts';
import { followedText, listText } from './text.ts';

interface FollowOptions extends ClusterOptions {
  readonly waitMinutes: string;
}

const WAIT_MINUTES_MAX = 1_440;

const REACH = `
Snapshots are reached through the Lambda function <stack>-backup: credentials, region and endpoint are taken from where
every AWS client takes them (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ...). They need lambda:InvokeFunction on that
function.`;

const LIST_HELP = `
States: "intact" arrived whole; "restorable" was restored into an etcd of its own and held what it should; "notRestorable" was not.
A revision with a + is the least that is in it: nobody has restored it yet.
${REACH} Nothing is changed.
Exit codes: 0 the newest snapshot is not known to be bad, 1 there is none or it cannot be restored, 2 a mistake in the input, or
the function could not be reached.`;

const FOLLOW_HELP = `${REACH}
Exit codes: 0 done, and restorable where that can be found out; 1 it failed, cannot be restored, or is not there within the time;
2 a mistake in the input, or the function could not be reached.`;

/** Adds `backup now`, `backup list` and `backup verify`. */
export function addBackup(program: Command, terminal: Terminal, ending: { code: number }): void {
  const backup = program
    .command('backup')
    .description('Takes, lists and verifies snapshots of a cluster.')
    .enablePositionalOptions();
  const told = (options: ClusterOptions, value: object, text: string): void =>
    terminal.out(options.json === true ? `${JSON.stringify(value, null, 2)}\n` : text);
  clusterCommand(backup, 'list', terminal)
    .description('Lists the snapshots of a cluster with what is known of each, newest last.')
    .addHelpText('after', LIST_HELP)
    .action(async (options: ClusterOptions) => {
      const cluster = clusterNameOf(options.cluster);
      const answer = await openBackup(terminal.env, options.stack, cluster).list();
      told(options, answer, listText(answer));
      const [newest] = answer.snapshots;
      ending.code = newest === undefined || newest.state === 'notRestorable' ? EXIT.notHealthy : EXIT.fine;
    });
  const following = async (
    options: FollowOptions,
    ask: (asker: BackupAsker) => ReturnType<BackupAsker['now']>,
  ): Promise<void> => {
    const cluster = clusterNameOf(options.cluster);
    const waitMs = minutesOf(options.waitMinutes) * 60_000;
    const asker = openBackup(terminal.env, options.stack, cluster);
    const { askedAt, key } = await ask(asker);
    const followed = await follow({
      list: () => asker.list(),
      askedAt,
      key,
      verdict: true,
      waitMs,
      nowMs: () => performance.now(),
      sleep: (ms) => wait(ms),
      tell: (line) => terminal.err(`${line}\n`),
    });
    told(options, { cluster, ...followed }, followedText(cluster, followed));
    ending.code = WELL.has(followed.outcome) ? EXIT.fine : EXIT.notHealthy;
  };
  follower(backup, 'now', terminal)
    .description('Takes a snapshot now, and waits until it is verified.')
    .action((options: FollowOptions) => following(options, (asker) => asker.now()));
  follower(backup, 'verify', terminal)
    .argument('[key]', 'key of the snapshot, as "backup list --json" shows it (default: the newest)')
    .description('Restores a snapshot into an etcd of its own, and compares what comes out.')
    .action((key: string | undefined, options: FollowOptions) =>
      following(options, (asker) => asker.verify(key ?? null)),
    );
}

const WELL: ReadonlySet<Followed['outcome']> = new Set(['restorable', 'unverifiable']);

const follower = (backup: Command, name: string, terminal: Terminal): Command =>
  clusterCommand(backup, name, terminal)
    .option('--wait-minutes <minutes>', 'how long to wait for the end', '30')
    .addHelpText('after', FOLLOW_HELP);

function minutesOf(text: string): number {
  const minutes = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (minutes >= 1 && minutes <= WAIT_MINUTES_MAX) return minutes;
  throw new Failure(`--wait-minutes takes 1 to ${WAIT_MINUTES_MAX}, not "${text}"`);
}
