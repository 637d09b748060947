import type { Outcome } from './fault.ts';

const REPAIRS: Readonly<Record<string, string>> = {
  repaired: 'repaired',
  repairing: 'being repaired',
  left: 'left to you',
};

/** What was injected and found, as docs/checks.md shows it. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((one) => {
    const seconds = (one.foundMs / 1_000).toFixed(1);
    return `| ${one.name} | \`${one.code}\` | ${one.severity} | ${REPAIRS[one.repair] ?? one.repair} | ${seconds} |`;
  });
  return [
    '| injected | found as | | what becomes of it | found after s |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
