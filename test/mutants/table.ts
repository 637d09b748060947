import type { Mutant } from './mutant.ts';
import type { Sighting } from './simulate.ts';
import type { Trial } from './trial.ts';

/** One line for each mutant, the ones that were not killed again at the end with the reason, and the counts. */
export function tableOf(trials: readonly Trial[], seconds: number): string {
  const rows = trials.map(({ mutant, kind }) => [mutant.rule, mutant.name, kind, told(mutant)]);
  const alive = trials.filter(({ kind }) => kind !== 'killed');
  const reasons = alive.flatMap(({ mutant, kind, words }) => [
    '',
    `${mutant.name} ${kind === 'survived' ? 'survived' : 'proves nothing'}: ${words}`,
    `  ${mutant.file}: ${mutant.fault}`,
    `  ${told(mutant)}`,
  ]);
  const count = `${trials.length - alive.length} of ${trials.length} mutants killed, in ${Math.round(seconds)} s`;
  return `${[...aligned([['rule', 'mutant', 'verdict', 'by'], ...rows]), ...reasons, '', count].join('\n')}\n`;
}

const told = ({ killedBy }: Mutant): string => `${killedBy.file}: ${killedBy.test}`;

/** Which mutants the simulation notices, after how many histories, and by which rule. */
export function sightingsOf(sightings: readonly Sighting[], seconds: number): string {
  const rows = sightings.map(({ mutant, kind, count, words, seed }) => [
    mutant.rule,
    mutant.name,
    kind,
    seed === null ? '' : String(count),
    words.slice(0, 120),
  ]);
  const caught = sightings.filter(({ kind }) => kind === 'caught').length;
  const count = `${caught} of ${sightings.length} mutants caught by the simulation, in ${Math.round(seconds)} s`;
  return `${[...aligned([['rule', 'mutant', 'result', 'after', 'what was noticed'], ...rows]), '', count].join('\n')}\n`;
}

export function tellList(mutants: readonly Mutant[], isJson: boolean): string {
  if (isJson) return `${JSON.stringify(mutants, null, 2)}\n`;
  const rows = mutants.map(({ rule, name, fault }) => [rule, name, fault]);
  return `${[...aligned(rows), '', `${mutants.length} mutants`].join('\n')}\n`;
}

/** Columns side by side; the last one is as long as it is. */
export function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  '),
  );
}
