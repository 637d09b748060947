import type { InstanceId } from '../identity.ts';
import { isRecord } from '../json.ts';
import { INSTANCE_ID } from '../names.ts';

/** Why the platform wants instances to go; `OTHER` is one that came after this was written. */
export const CAUSES = ['SCALE_IN', 'INSTANCE_REFRESH', 'MAX_INSTANCE_LIFETIME', 'REBALANCE'] as const;
export type Cause = (typeof CAUSES)[number] | 'OTHER';

/** What Auto Scaling asks a custom termination policy. */
export interface TerminationRequest {
  readonly groupName: string;
  readonly cause: Cause;
  /** How many of each zone are to go. A zone may be there twice: once for each way to buy instances. */
  readonly capacity: readonly ZoneCapacity[];
  /** Whom the platform suggests, in its order: often more than are to go, of one zone or of all. */
  readonly suggested: readonly Suggested[];
}

export interface ZoneCapacity {
  readonly zone: string;
  readonly count: number;
}

export interface Suggested {
  readonly instanceId: InstanceId;
  readonly zone: string;
}

export type ParsedTermination =
  | { readonly ok: true; readonly request: TerminationRequest }
  | { readonly ok: false; readonly reason: string };

/** Reads what the function was called with. An instance that cannot be read is left out: nobody may choose it. */
export function parseTermination(event: unknown): ParsedTermination {
  if (!isRecord(event)) return refuse('the event is not an object');
  const { AutoScalingGroupName: groupName, Instances, CapacityToTerminate } = event;
  if (typeof groupName !== 'string' || groupName === '')
    return refuse('the event names no Auto Scaling group');
  if (!Array.isArray(Instances)) return refuse('the event has no list of Instances');
  const cause = CAUSES.find((one) => one === event['Cause']) ?? 'OTHER';
  const capacity = listOf(CapacityToTerminate, toCapacity);
  return {
    ok: true,
    request: { groupName, cause, capacity, suggested: unique(listOf(Instances, toSuggested)) },
  };
}

function listOf<Item>(value: unknown, read: (entry: unknown) => Item | null): readonly Item[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [];
  return entries.flatMap((entry) => read(entry) ?? []);
}

function toSuggested(entry: unknown): Suggested | null {
  if (!isRecord(entry)) return null;
  const { InstanceId: instanceId, AvailabilityZone: zone } = entry;
  if (typeof instanceId !== 'string' || !INSTANCE_ID.test(instanceId)) return null;
  return { instanceId, zone: typeof zone === 'string' ? zone : '' };
}

function toCapacity(entry: unknown): ZoneCapacity | null {
  if (!isRecord(entry)) return null;
  const { AvailabilityZone: zone, Capacity: count } = entry;
  if (typeof zone !== 'string' || typeof count !== 'number' || !Number.isInteger(count)) return null;
  return count > 0 ? { zone, count } : null;
}

const unique = (suggested: readonly Suggested[]): readonly Suggested[] => [
  ...new Map(suggested.map((one) => [one.instanceId, one])).values(),
];

const refuse = (reason: string): ParsedTermination => ({ ok: false, reason });
