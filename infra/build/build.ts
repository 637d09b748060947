/**
 * `node infra/build/build.ts` makes `.build/<function>.zip` for every function.
 * With `--measure` it also prints what each one costs: `npm run build -- --measure`.
 */
import { fileURLToPath } from 'node:url';
import { type Artefact, buildFunctions } from './functions.ts';
import { measureLoad } from './measure.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUN_COUNT = 5;

const artefacts = await buildFunctions(ROOT, 'functions', '.build');
if (artefacts.length === 0) throw new Error('no function has a handler.ts');
const isMeasured = process.argv.includes('--measure');

process.stdout.write(`${heading()}\n`);
for (const artefact of artefacts) process.stdout.write(`${await lineFor(artefact)}\n`);

function heading(): string {
  const costs = isMeasured ? ['load ms', 'peak MB'] : [];
  return ['function'.padEnd(20), ...['KB', ...costs].map((title) => title.padStart(9))].join('');
}

async function lineFor(artefact: Artefact): Promise<string> {
  const figures = [artefact.bundleBytes / 1000];
  if (isMeasured) {
    const { loadMs, peakMemoryMb } = await measureLoad(artefact.archivePath, RUN_COUNT);
    figures.push(loadMs, peakMemoryMb);
  }
  return [artefact.name.padEnd(20), ...figures.map((figure) => figure.toFixed(0).padStart(9))].join('');
}
