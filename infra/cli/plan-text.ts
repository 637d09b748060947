import type { PlanAnswer } from '../../functions/membership/answer.ts';
import { section, toldLine } from './table.ts';

/** The answer to `plan` for people. */
export function planText({ cluster, actions, waits, at, preflight }: PlanAnswer): string {
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
    preflight === null || preflight === undefined ? '' : preflightText(preflight),
  ].join('');
}

function preflightText({ etcdVersion, shortfalls }: NonNullable<PlanAnswer['preflight']>): string {
  if (shortfalls.length === 0) return `etcd ${etcdVersion}: may be rolled out now\n`;
  const lines = shortfalls.map(({ code, text, advice }) => `${code}: ${text}; ${advice}`);
  return `etcd ${etcdVersion}: must not be rolled out now\n${section('refused', lines)}`;
}
