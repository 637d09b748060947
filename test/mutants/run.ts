import { Mistake } from '../../infra/matrix/options.ts';
import { MUTANTS } from './list.ts';
import type { Mutant } from './mutant.ts';
import { HELP, type MutantOptions, readOptions } from './options.ts';
import { failingSeeds, type Sighting, simulateMutant } from './simulate.ts';
import { sightingsOf, tableOf, tellList } from './table.ts';
import { Tree } from './tree.ts';
import { failuresWithoutFault, type Trial, tryMutant } from './trial.ts';

export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Aborted when somebody does not want to wait any longer. */
  readonly signal: AbortSignal;
}

/** The command `npm run mutants`: returns its exit code. */
export async function runMutants(args: readonly string[], io: Io): Promise<number> {
  try {
    const options = readOptions(args, MUTANTS);
    if (options === 'help') io.out(HELP);
    else if (options.list) io.out(tellList(options.mutants, options.json));
    else return await tryAll(options, io);
    return 0;
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    io.err(`${error.message}\n`);
    return 2;
  }
}

async function tryAll(options: MutantOptions, io: Io): Promise<number> {
  const startedAtMs = performance.now();
  const seconds = () => (performance.now() - startedAtMs) / 1_000;
  const trees = await plant(Math.min(options.jobs, options.mutants.length));
  try {
    if (options.histories !== null) {
      const sightings = await simulateAll(options, options.histories, trees, io);
      io.out(options.json ? sightingsJson(sightings, seconds()) : sightingsOf(sightings, seconds()));
      return sightings.some(({ kind }) => kind === 'unproven') ? 1 : 0;
    }
    const trials = await tryNamedTests(options, trees, io);
    io.out(options.json ? jsonOf(trials, seconds()) : tableOf(trials, seconds()));
    return trials.every(({ kind }) => kind === 'killed') ? 0 : 1;
  } finally {
    for (const tree of trees) await tree.remove();
  }
}

async function simulateAll(
  { mutants }: MutantOptions,
  histories: number,
  trees: readonly Tree[],
  io: Io,
): Promise<readonly Sighting[]> {
  const [first] = trees;
  if (first === undefined) return [];
  io.err(`${mutants.length} mutants; first ${histories} histories without any fault\n`);
  const known = await failingSeeds(first, histories, io.signal);
  if (known.size > 0) io.err(`these fail without any fault and do not count: ${[...known].join(', ')}\n`);
  return inTurn(mutants, trees, async (tree, mutant, number) => {
    const sighting = await simulateMutant(tree, mutant, histories, known, io.signal);
    const { kind, count, words } = sighting;
    io.err(
      `${turn(number, mutants.length)} ${kind.padEnd(8)} ${mutant.name} (${count}) ${words.slice(0, 100)}\n`,
    );
    return sighting;
  });
}

const turn = (number: number, total: number): string =>
  `[${String(number).padStart(String(total).length)}/${total}]`;

/** One tree for each job; the others are copies of the first, so that all see the same sources. */
async function plant(count: number): Promise<readonly Tree[]> {
  const first = await Tree.of('.');
  const others = Array.from({ length: count - 1 }, () => Tree.of(first.root));
  return [first, ...(await Promise.all(others))];
}

async function tryNamedTests(
  { mutants }: MutantOptions,
  trees: readonly Tree[],
  io: Io,
): Promise<readonly Trial[]> {
  const [first] = trees;
  if (first === undefined) return [];
  io.err(`${mutants.length} mutants; first their tests without any fault\n`);
  const tests = mutants.map(({ killedBy }) => killedBy);
  const failing = await failuresWithoutFault(first, tests, io.signal);
  return inTurn(mutants, trees, async (tree, mutant, number) => {
    const reason = failing.get(mutant.killedBy.test);
    const trial: Trial =
      reason === undefined
        ? await tryMutant(tree, mutant, io.signal)
        : { kind: 'unproven', words: reason, mutant, seconds: 0 };
    io.err(
      `${turn(number, mutants.length)} ${trial.kind.padEnd(8)} ${mutant.name} (${trial.seconds.toFixed(1)} s)\n`,
    );
    return trial;
  });
}

/** Every tree takes the next mutant when it is done with one; results stand in the order of the mutants. */
export async function inTurn<T>(
  mutants: readonly Mutant[],
  trees: readonly Tree[],
  work: (tree: Tree, mutant: Mutant, number: number) => Promise<T>,
): Promise<readonly T[]> {
  const queue = [...mutants.entries()];
  const results = new Map<number, T>();
  const worker = async (tree: Tree): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [at, mutant] = next;
      results.set(at, await work(tree, mutant, at + 1));
    }
  };
  await Promise.all(trees.map(worker));
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}

function jsonOf(trials: readonly Trial[], seconds: number): string {
  const mutants = trials.map(({ mutant, kind, words, seconds: each }) => {
    const { name, rule, fault, file, killedBy } = mutant;
    return { name, rule, fault, file, killedBy, verdict: kind, words, seconds: Number(each.toFixed(2)) };
  });
  const killed = trials.filter(({ kind }) => kind === 'killed').length;
  return `${JSON.stringify({ total: trials.length, killed, seconds: Math.round(seconds), mutants }, null, 2)}\n`;
}

function sightingsJson(sightings: readonly Sighting[], seconds: number): string {
  const caught = sightings.filter(({ kind }) => kind === 'caught').length;
  const mutants = sightings.map(({ mutant: { name, rule, fault }, ...rest }) => ({
    name,
    rule,
    fault,
    ...rest,
  }));
  return `${JSON.stringify({ total: mutants.length, caught, seconds: Math.round(seconds), mutants }, null, 2)}\n`;
}
