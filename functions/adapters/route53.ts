import {
  type Change,
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  InvalidChangeBatch,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { unescapeName } from '../core/dns/names.ts';
import type { ChangeAnswer, RecordChange, Zone, ZoneLookup, ZonePort } from '../core/dns/zone-port.ts';
import { OperationError } from '../core/errors.ts';
import type { OnCall } from './aws-calls.ts';
import { type Call, createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';
import { ZoneNames } from './route53-names.ts';
import { isRecordType, listRecordSets } from './route53-records.ts';

const ZONE = 'route53:GetHostedZone';
const CHANGE = 'route53:ChangeResourceRecordSets';
const PROGRESS = 'route53:GetChange';

/** Who reads the history of a zone sees whose change it was. */
const COMMENT = 'etcd-autopilot';
/** Route 53 tells one message for every change of a batch that it dislikes. */
const REASON_CHARS_MAX = 1_000;

/** Answers about the batch as it is: the same batch is refused for ever, also by protections of record sets. */
const REFUSALS = ['InvalidChangeBatch', 'InvalidInput', 'NoSuchHealthCheck', 'LimitsExceeded'];
/** About the id, which is all that the question holds. */
const NO_SUCH_ZONE = ['NoSuchHostedZone', 'InvalidInput'];

/** What only reads: a bundle without the other calls needs no right to them. */
export function createZoneLookup(client: Route53Client, onCall?: OnCall): ZoneLookup {
  const call = createCall(onCall);
  return {
    describeZone: (zone) => describeZone(client, call, zone),
    listName: (zone, name) => listRecordSets(client, call, zone, name),
  };
}

export function createZonePort(client: Route53Client, onCall?: OnCall): ZonePort {
  const call = createCall(onCall);
  const names = new ZoneNames(client, call);
  return {
    // Every look begins with this.
    describeZone: (zone) => {
      names.forget(zone);
      return describeZone(client, call, zone);
    },
    listName: (zone, name) => names.list(zone, name),
    change: (zone, changes) => {
      names.forget(zone);
      return change(client, call, zone, changes);
    },
    isInSync: async (changeId) => {
      const command = new GetChangeCommand({ Id: changeId });
      const answer = await call(PROGRESS, (options) => client.send(command, options), { changeId });
      return present(answer.ChangeInfo?.Status, PROGRESS, 'the status of the change') === 'INSYNC';
    },
  };
}

async function describeZone(client: Route53Client, call: Call, zone: string): Promise<Zone | 'unknown'> {
  const command = new GetHostedZoneCommand({ Id: zone });
  try {
    const { HostedZone } = await call(ZONE, (options) => client.send(command, options), { zone });
    return {
      name: unescapeName(present(HostedZone?.Name, ZONE, 'the name of the zone')),
      isPrivate: HostedZone?.Config?.PrivateZone === true,
    };
  } catch (error) {
    if (NO_SUCH_ZONE.includes(causeOf(error)?.name ?? '')) return 'unknown';
    throw error;
  }
}

/**
 * A batch whose first answer was lost is sent again by the client; what it creates is then
 * there already, and the answer is `refused`. The next look sees that all is as wanted.
 */
async function change(
  client: Route53Client,
  call: Call,
  zone: string,
  changes: readonly RecordChange[],
): Promise<ChangeAnswer> {
  const Changes = changes.flatMap(toChange);
  if (Changes.length < changes.length) {
    return { kind: 'refused', reason: 'the batch has record sets of a kind that nobody here writes' };
  }
  const ChangeBatch = { Comment: COMMENT, Changes };
  const command = new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch });
  try {
    const { ChangeInfo } = await call(CHANGE, (options) => client.send(command, options), { zone });
    const id = present(ChangeInfo?.Id, CHANGE, 'the id of the change');
    return { kind: 'accepted', changeId: id.replace(/^\/change\//, '') };
  } catch (error) {
    const cause = causeOf(error);
    if (cause === null || !REFUSALS.includes(cause.name)) throw error;
    return { kind: 'refused', reason: reasonOf(cause) };
  }
}

function toChange({ action, record }: RecordChange): readonly Change[] {
  const { name, type, setIdentifier, routing, ttlSeconds, values, healthCheckId } = record;
  if (!isRecordType(type) || routing === 'other') return [];
  const set = {
    Name: name,
    Type: type,
    ...(setIdentifier === null ? {} : { SetIdentifier: setIdentifier }),
    ...(routing === 'multivalue' ? { MultiValueAnswer: true } : {}),
    ...(ttlSeconds === null ? {} : { TTL: ttlSeconds }),
    ResourceRecords: values.map((Value) => ({ Value })),
    ...(healthCheckId === null ? {} : { HealthCheckId: healthCheckId }),
  };
  return [{ Action: action, ResourceRecordSet: set }];
}

const causeOf = (error: unknown): Error | null =>
  error instanceof OperationError && error.cause instanceof Error ? error.cause : null;

function reasonOf(cause: Error): string {
  const messages = cause instanceof InvalidChangeBatch ? (cause.messages ?? []) : [];
  return [...new Set([cause.message, ...messages])].filter(Boolean).join('; ').slice(0, REASON_CHARS_MAX);
}
