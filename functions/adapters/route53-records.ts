import {
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsResponse,
  type ResourceRecordSet,
  type Route53Client,
  RRType,
} from '@aws-sdk/client-route-53';
import { unescapeName } from '../core/dns/names.ts';
import type { RecordSet } from '../core/dns/zone-port.ts';
import { isRecord, parseJson } from '../core/json.ts';
import type { Call } from './aws-client.ts';
import { readAllPages } from './aws-client.ts';
import { present } from './aws-errors.ts';
import { ZonePage } from './route53-page.ts';

const LIST = 'route53:ListResourceRecordSets';

/** The most that one page can hold. */
const PAGE_SIZE = 300;

/** A dot or a backslash inside a label: written out it would look like another name, so it is nobody's here. */
const MISLEADING = /\\(?:056|134)/;

/** The fields that make a record set one of the routing kinds that we never write. */
const OTHER_ROUTING = [
  'AliasTarget',
  'Weight',
  'Region',
  'GeoLocation',
  'GeoProximityLocation',
  'Failover',
  'CidrRoutingConfig',
] as const;

export const isRecordType = (type: string): type is RRType => Object.values<string>(RRType).includes(type);

export interface FirstPage {
  readonly page: ZonePage;
  /** Where the next page of the very name starts; `undefined`: this one has all of it. */
  readonly rest: string | undefined;
}

/** The first page from `name` on: it tells of that name, and of others that follow it. */
export async function readPage(
  client: Route53Client,
  call: Call,
  zone: string,
  name: string,
): Promise<FirstPage> {
  const input = { HostedZoneId: zone, MaxItems: PAGE_SIZE, StartRecordName: name };
  const command = new ListResourceRecordSetsCommand(input);
  const answer = await call(LIST, (options) => client.send(command, options), { zone, name });
  const rest = nextStart(answer, name);
  const next = answer.IsTruncated === true ? unescapeName(answer.NextRecordName ?? '') : null;
  const listed = present(answer.ResourceRecordSets, LIST, 'record sets').map((set) => {
    const raw = present(set.Name, LIST, 'the name of a record set');
    return { name: unescapeName(raw), record: MISLEADING.test(raw) ? null : toRecordSet(set) };
  });
  return { page: new ZonePage(name, listed, next), rest };
}

/** Every page of one name, or all from `from` on. Route 53 lists a zone in the order of names, from any name on: what is asked for comes first. */
export async function listRecordSets(
  client: Route53Client,
  call: Call,
  zone: string,
  name: string,
  from?: string,
): Promise<readonly RecordSet[]> {
  const sets = await readAllPages(LIST, async (next) => {
    const token = next ?? from;
    const start = token === undefined ? { StartRecordName: name } : decodeStart(token);
    const command = new ListResourceRecordSetsCommand({ HostedZoneId: zone, MaxItems: PAGE_SIZE, ...start });
    const page = await call(LIST, (options) => client.send(command, options), { zone, name });
    const items = present(page.ResourceRecordSets, LIST, 'record sets').filter((set) => isNamed(set, name));
    return { items, nextToken: nextStart(page, name) };
  });
  return inOrder(sets.map(toRecordSet));
}

function isNamed({ Name }: ResourceRecordSet, name: string): boolean {
  const raw = present(Name, LIST, 'the name of a record set');
  return unescapeName(raw) === name && !MISLEADING.test(raw);
}

/** Where the next page of this very name starts, as one text; nothing when the name is over. */
function nextStart(page: ListResourceRecordSetsResponse, name: string): string | undefined {
  if (!present(page.IsTruncated, LIST, 'word whether there is more')) return;
  const StartRecordName = present(page.NextRecordName, LIST, 'the name of what comes next');
  if (unescapeName(StartRecordName) !== name) return;
  const StartRecordType = present(page.NextRecordType, LIST, 'the type of what comes next');
  return JSON.stringify({
    StartRecordName,
    StartRecordType,
    StartRecordIdentifier: page.NextRecordIdentifier,
  });
}

function decodeStart(token: string) {
  const start = parseJson(token);
  const fields = isRecord(start) ? start : {};
  const { StartRecordName, StartRecordType, StartRecordIdentifier } = fields;
  return {
    ...(typeof StartRecordName === 'string' ? { StartRecordName } : {}),
    ...(typeof StartRecordType === 'string' && isRecordType(StartRecordType) ? { StartRecordType } : {}),
    ...(typeof StartRecordIdentifier === 'string' ? { StartRecordIdentifier } : {}),
  };
}

function toRecordSet(set: ResourceRecordSet): RecordSet {
  const isOther = OTHER_ROUTING.some((field) => set[field] !== undefined);
  const simple = set.MultiValueAnswer === true ? 'multivalue' : 'simple';
  return {
    name: unescapeName(present(set.Name, LIST, 'the name of a record set')),
    type: present(set.Type, LIST, 'the type of a record set'),
    setIdentifier: set.SetIdentifier ?? null,
    routing: isOther ? 'other' : simple,
    ttlSeconds: set.TTL ?? null,
    values: (set.ResourceRecords ?? []).map(({ Value }) => present(Value, LIST, 'the value of a record')),
    healthCheckId: set.HealthCheckId ?? null,
  };
}

/** By type and set identifier, whatever order they came in. */
export const inOrder = (sets: readonly RecordSet[]): readonly RecordSet[] =>
  [...sets].sort((a, b) => orderOf(a).localeCompare(orderOf(b)));

const orderOf = ({ type, setIdentifier }: RecordSet): string => `${type} ${setIdentifier ?? ''}`;
