import { tableText } from '../cli/table.ts';
import { type GrowthRow, measureGrowth } from './growth.ts';
import type { Part } from './parts.ts';

/** What more members, and more clusters, cost in the simulation. */
export const growthPart: Part = async ({ say }) => {
  say('growth: clusters of the simulation');
  const growth = await measureGrowth();
  return {
    keys: { growth },
    text: growthText([...growth.members, ...growth.clusters]),
    targets: [],
    problems: [],
  };
};

const HEADING = [
  'simulated',
  'clusters',
  'AWS calls of an idle pass',
  'etcd calls',
  'processor ms',
  'AWS calls of the founding',
  'looks',
];

export function growthText(rows: readonly GrowthRow[]): string {
  const lines = rows.map((row) => [
    `${row.members} members`,
    String(row.clusters),
    row.awsCalls.toFixed(1),
    row.etcdCalls.toFixed(1),
    row.passMs.toFixed(2),
    row.foundingCalls.toFixed(0),
    row.foundingLooks.toFixed(0),
  ]);
  return `\n${tableText([HEADING, ...lines])}`;
}
