import { isInZone } from './dns/names.ts';
import { holderOf } from './dns/ownership.ts';
import { decodeDnsState } from './dns/state.ts';
import type { RecordSet, Zone } from './dns/zone-port.ts';

/** Where a template wants a name in DNS. */
export interface Wanted {
  readonly zone: string;
  readonly name: string;
  /** What the template calls the two. */
  readonly words: { readonly zone: string; readonly name: string };
}

/** What Route 53 has there. */
export interface Place {
  readonly zone: Zone | 'unknown';
  /** Every record set of the name itself, where records are wanted at that very name. */
  readonly records: readonly RecordSet[];
  /** Every record set at the name of its mark. */
  readonly marks: readonly RecordSet[];
}

/** What a name can answer with; a mail server may have the same name, and so may the zone itself. */
const ANSWERS = ['A', 'AAAA', 'CNAME'];

/** What is wrong with the place; empty when nothing is. `owner` is `account/region`. */
export function placeProblems(
  cluster: string,
  { zone, name, words }: Wanted,
  place: Place,
  owner: string,
): readonly string[] {
  if (place.zone === 'unknown') return [`${words.zone} ${zone} is no hosted zone of this account`];
  if (!isInZone(name, place.zone.name))
    return [`${words.name} ${name} is not in zone ${zone}, which is ${place.zone.name}: it must end in it`];
  const holder = holderOf(place.marks, cluster, owner);
  if (holder === 'somebodyElse') {
    const mark = place.marks.flatMap(({ values }) => values).join(' ') || 'an alias';
    return [`${words.name} ${name} belongs to somebody else, by ${place.marks[0]?.name}: ${mark}`];
  }
  const others = place.records.filter(({ type }) => ANSWERS.includes(type));
  if (holder === 'ours' || others.length === 0) return [];
  const types = [...new Set(others.map(({ type }) => type))].join(', ');
  return [`${words.name} ${name} has records (${types}) that the autopilot did not make: delete them first`];
}

/** `account/region` of a stack, which is how marks tell whose a name is. */
export function ownerOf(stackId: string): string {
  const [, , , region = '', account = ''] = stackId.split(':');
  return `${account}/${region}`;
}

/** Whether a parameter `dns/<zone>` says that the cluster owns `name`. Absent or unreadable: it does not say so. */
export function isOwned(stateText: string | undefined, name: string): boolean {
  const decoded = decodeDnsState(stateText ?? '');
  return decoded.kind === 'state' && decoded.state.names.has(name);
}
