import type { PlanAnswer } from '../../functions/membership/answer.ts';
import { section, toldLine } from './table.ts';

/** The answer to `plan` for people. */
export function planText({ cluster, actions, waits, at }: PlanAnswer): string {
  const when = at === null ? '' : ` at ${at}`;
  const next =
    actions.length === 0
      ? 'nothing to do'
      : `${actions.length} to do, one at a time, looking again after each`;
  return [
    `${cluster}${when}: ${next}\n`,
    section(
      'would do',
      actions.map((action, index) => `${index + 1}. ${toldLine(cluster, action)}`),
    ),
    section(
      'waits',
      waits.map((wait) => toldLine(cluster, wait)),
    ),
  ].join('');
}
