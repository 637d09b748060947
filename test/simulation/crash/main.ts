/** Which crash points there are, and whether each ends as if nothing had happened. */
import { FAULTS } from './crash.ts';
import { type CrashCount, enumerate } from './enumerate.ts';
import { CRASH_STORIES } from './stories.ts';

const HELP = `npm run crash-points -- [--story NAME] [--json] [--help]

Tells each story once to count its effects, then once for every effect with the function
killed right after it, and once with its reply lost. The end must be the same each time.

--story NAME  only stories whose names contain NAME
--json        the counts and what differs, for scripts
Exit codes: 0 all equal, 1 something differs, 2 bad input.
`;

interface Options {
  readonly story: string;
  readonly isJson: boolean;
}

class BadInput extends Error {}

function optionsOf(args: readonly string[]): Options {
  let story = '';
  let isJson = false;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index];
    if (arg === '--json') isJson = true;
    else if (arg === '--story') {
      index += 1;
      story = args[index] ?? '';
      if (story === '') throw new BadInput('--story needs a name');
    } else throw new BadInput(`unknown option ${arg}; --help tells which there are`);
  }
  if (CRASH_STORIES.every(({ name }) => !name.includes(story)))
    throw new BadInput(`no story is called "${story}": ${CRASH_STORIES.map(({ name }) => name).join(', ')}`);
  return { story, isJson };
}

const differing = ({ points }: CrashCount) => points.filter(({ differences }) => differences.length > 0);

function rowOf(count: CrashCount): string {
  const points = FAULTS.map((fault) => String(count.points.filter((point) => point.fault === fault).length));
  const cells = [String(count.whole.effects.length), ...points, String(differing(count).length)];
  return [count.story.padEnd(50), ...cells.map((cell) => cell.padStart(12))].join('');
}

function print(count: CrashCount): void {
  process.stdout.write(`${rowOf(count)}\n`);
  for (const { fault, k, hit, differences } of differing(count))
    process.stdout.write(`  ${fault} after effect ${k} (${hit}): ${differences.join('; ')}\n`);
}

async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { story, isJson } = optionsOf(args);
  const counts: CrashCount[] = [];
  const head = ['effects', 'killed', 'reply lost', 'differ'].map((word) => word.padStart(12)).join('');
  if (!isJson) process.stdout.write(`${'story'.padEnd(50)}${head}\n`);
  for (const one of CRASH_STORIES.filter(({ name }) => name.includes(story))) {
    const count = await enumerate(one);
    counts.push(count);
    if (!isJson) print(count);
  }
  const pointCount = counts.reduce((sum, { points }) => sum + points.length, 0);
  const badCount = counts.reduce((sum, count) => sum + differing(count).length, 0);
  if (isJson) process.stdout.write(`${JSON.stringify(summaryOf(counts))}\n`);
  else
    process.stdout.write(
      `${counts.length} stories, ${pointCount} crash points, ${pointCount - badCount} end the same, ${badCount} differ\n`,
    );
  return badCount === 0 ? 0 : 1;
}

const summaryOf = (counts: readonly CrashCount[]) => ({
  stories: counts.map((count) => ({
    name: count.story,
    effects: count.whole.effects,
    points: count.points.length,
    differ: differing(count),
  })),
});

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BadInput)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
