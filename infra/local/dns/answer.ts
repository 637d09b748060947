import type { Answer } from 'dns-packet';
import { answerOf } from './rdata.ts';
import { canonical, recordsAt, type Zone, type ZoneRecord, zoneOf } from './zones.ts';

/** How many of the multivalue records of a name one answer has at most. */
const MULTIVALUE_ANSWERED = 8;
/** A chain of CNAMEs and aliases is followed no longer than this. */
const LINKS_MAX = 8;

export type Code = 'NOERROR' | 'NXDOMAIN' | 'REFUSED';

export interface Response {
  readonly code: Code;
  readonly answers: readonly Answer[];
  /** The zone's SOA, where there is nothing to answer: how long a resolver may remember that. */
  readonly authorities: readonly Answer[];
}

/** Puts a list into some order. */
export type Shuffle = <T>(items: readonly T[]) => readonly T[];

/** What the name servers of Route 53 answer. A name outside of every zone is refused. */
export function respond(
  zones: readonly Zone[],
  question: { readonly name: string; readonly type: string },
  shuffle: Shuffle,
): Response {
  const answers: Answer[] = [];
  let name = canonical(question.name);
  for (let links = 0; links < LINKS_MAX; links += 1) {
    const zone = zoneOf(zones, name);
    if (zone === null) return { code: links === 0 ? 'REFUSED' : 'NOERROR', answers, authorities: [] };
    const here = recordsAt(zone, name);
    if (here === null) return { code: 'NXDOMAIN', answers, authorities: soaOf(zone) };
    const link = here.find((record) => record.Type === 'CNAME' && question.type !== 'CNAME');
    if (link === undefined) {
      answers.push(...ofType(zones, here, name, question.type, shuffle));
      return { code: 'NOERROR', answers, authorities: answers.length === 0 ? soaOf(zone) : [] };
    }
    answers.push(...told(link, name));
    name = canonical(link.ResourceRecords?.[0] ?? link.AliasTarget?.DNSName ?? '');
  }
  return { code: 'NOERROR', answers, authorities: [] };
}

function ofType(
  zones: readonly Zone[],
  here: readonly ZoneRecord[],
  name: string,
  type: string,
  shuffle: Shuffle,
): readonly Answer[] {
  const same = here.filter((record) => record.Type === type);
  const multivalue = same.filter((record) => record.MultiValueAnswer === true);
  // Of any other routing policy, one record set answers.
  const chosen = multivalue.length > 0 ? multivalue : shuffle(same).slice(0, 1);
  const all = chosen.flatMap((record) =>
    record.AliasTarget === undefined
      ? told(record, name)
      : aliased(zones, record.AliasTarget, name, type, shuffle),
  );
  return multivalue.length > 0 ? shuffle(all).slice(0, MULTIVALUE_ANSWERED) : shuffle(all);
}

/** An alias answers with the records of its target, under its own name. */
function aliased(
  zones: readonly Zone[],
  target: NonNullable<ZoneRecord['AliasTarget']>,
  name: string,
  type: string,
  shuffle: Shuffle,
): readonly Answer[] {
  const targetName = canonical(target.DNSName);
  const zone = zoneOf(zones, targetName);
  const there = zone === null ? null : recordsAt(zone, targetName);
  const plain = (there ?? []).filter((record) => record.AliasTarget === undefined);
  return ofType(zones, plain, name, type, shuffle);
}

function told(record: ZoneRecord, name: string): readonly Answer[] {
  const ttl = Number(record.TTL ?? 60);
  return (record.ResourceRecords ?? []).flatMap((value) => answerOf(name, record.Type, ttl, value) ?? []);
}

function soaOf(zone: Zone): readonly Answer[] {
  const record = zone.records.find(({ Type, Name }) => Type === 'SOA' && Name === zone.name);
  return (record === undefined ? [] : told(record, zone.name)).map((soa) =>
    soa.type === 'SOA' ? { ...soa, ttl: Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0) } : soa,
  );
}
