import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ROOT } from '../cli/local-options.ts';
import { STORIES } from './stories.ts';
import type { Story } from './story.ts';

export interface BenchOptions {
  readonly quick: boolean;
  readonly stories: readonly Story[];
  /** Whether these stories are all that was asked for. */
  readonly onlyStories: boolean;
  /** Storms of launches in the simulation, and nothing else. */
  readonly onlyStorm: boolean;
  readonly repetitions: number;
  /** A version, or a folder with etcd and etcdctl; `null`: the one that tests and demo work with. */
  readonly etcd: string | null;
  readonly json: string;
  /** Where the region lives. */
  readonly dir: string;
  /** Figures of an earlier run to write the page from, and nothing is measured; `null`: measure. */
  readonly render: string | null;
}

const FULL_REPETITIONS = 5;
const QUICK_REPETITIONS = 1;
const REPETITIONS_MAX = 100;

const WIDTH = Math.max(...STORIES.map(({ name }) => name.length));
/** Not a story: nothing is measured for it, so it needs no region. */
const STORM = 'storm';

const MORE = `
Stories (* also with --quick):
${STORIES.map(({ name, about, isQuick }) => `  ${isQuick ? '*' : ' '} ${name.padEnd(WIDTH)}  ${about}`).join('\n')}

--only storm: a thousand workers launched at once, simulated under the rate limits of the platform; writes docs/scale.md.

Every story is told on a local region and, right after, by hand on plain etcd processes with the same flags: the floor,
which does only what etcd makes unavoidable and waits for nothing else. One writer puts a key every 20 ms on both sides.

Exit codes: 0 all converged, nothing was lost and, in a full run, every promise was kept; 1 not so; 2 a mistake in the
options, or an etcd that does not run.`;

/** What was asked for, or the code to exit with: help was shown, or a mistake was told in one line. */
export function readOptions(
  args: readonly string[],
  write: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): BenchOptions | number {
  const command = commandOf().exitOverride().configureOutput({ writeOut: write.out, writeErr: write.err });
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  const { quick: isQuick, only, repetitions, etcd, json, dir, render } = command.opts();
  const quick = isQuick === true;
  const onlyStorm = only === STORM;
  const named: readonly Story[] | undefined = onlyStorm ? [] : only;
  return {
    quick,
    stories: named ?? STORIES.filter((story) => !quick || story.isQuick),
    onlyStories: named !== undefined,
    onlyStorm,
    repetitions: repetitions ?? (quick ? QUICK_REPETITIONS : FULL_REPETITIONS),
    etcd: etcd ?? null,
    json,
    dir,
    render: render ?? null,
  };
}

const commandOf = (): Command =>
  new Command('bench')
    .description(
      'Measures how long an etcd cluster of the autopilot takes to full voting strength, and the longest time without an acknowledged write, beside the floor.',
    )
    .option('--quick', `fewer stories, ${QUICK_REPETITIONS} repetition, no promises: less than three minutes`)
    .addOption(
      new Option('--only <stories>', 'only these stories, separated by commas').argParser(storiesNamed),
    )
    .addOption(
      new Option('--repetitions <n>', `so many of each (default: ${FULL_REPETITIONS})`).argParser(countOf),
    )
    .option('--etcd <version or folder>', 'with this etcd (default: the one that tests and demo work with)')
    .addOption(
      new Option('--json <file>', 'where the figures go as JSON').default(
        join(ROOT, '.build', 'bench.json'),
        '.build/bench.json of the project',
      ),
    )
    .addOption(
      new Option('--dir <folder>', 'where the region lives').default(
        join(ROOT, '.local', 'bench'),
        '.local/bench of the project',
      ),
    )
    .option('--render <file>', 'measure nothing: write docs/performance.md and its charts from such a file')
    .addHelpText('after', MORE);

function storiesNamed(text: string): readonly Story[] | typeof STORM {
  if (text.trim() === STORM) return STORM;
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (STORIES.every((story) => story.name !== name))
      throw new InvalidArgumentError(
        `There is no story "${name}"; there are ${STORIES.map((story) => story.name).join(', ')}.`,
      );
  }
  return STORIES.filter(({ name }) => names.includes(name));
}

function countOf(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > REPETITIONS_MAX)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${REPETITIONS_MAX}.`);
  return count;
}
