import { ownershipName } from './names.ts';
import { MARK_TTL_SECONDS, simpleRecord } from './records.ts';
import type { RecordSet } from './zone-port.ts';

/** Whose the records of a name are, by its mark. */
export type Holder = 'ours' | 'nobody' | 'somebodyElse';

const MARK = /^"etcd-autopilot cluster=([a-z0-9-]+) owner=([^\s"]+)"$/;

/** The TXT record that says so. `owner` is `account/region/stack`. */
export const markOf = (name: string, cluster: string, owner: string): RecordSet =>
  simpleRecord(
    ownershipName(name),
    'TXT',
    [`"etcd-autopilot cluster=${cluster} owner=${owner}"`],
    MARK_TTL_SECONDS,
  );

/**
 * Names of clusters are unique in an account and region, so those two and the cluster decide; the
 * stack is told for people, and another name of it takes nothing from us.
 *
 * @param records every record set at the name of the mark.
 */
export function holderOf(records: readonly RecordSet[], cluster: string, owner: string): Holder {
  const [first, ...others] = records.filter(({ type }) => type === 'TXT' || type === 'CNAME');
  if (first === undefined) return 'nobody';
  const [, marked, by = ''] = MARK.exec(first.values[0] ?? '') ?? [];
  const isOurs = marked === cluster && placeOf(by) === placeOf(owner) && first.values.length === 1;
  return isOurs && others.length === 0 && first.type === 'TXT' ? 'ours' : 'somebodyElse';
}

const placeOf = (owner: string): string => owner.split('/').slice(0, 2).join('/');
