import { type AddressKind, addressOf } from '../hosts.ts';
import type { InstanceId } from '../identity.ts';
import { type Front, isEnding, type JoinedGroup } from '../joined.ts';
import { isAddressed, isOfInstance } from './records.ts';
import type { ClusterWorld, ZoneWorld } from './world.ts';
import type { RecordSet } from './zone-port.ts';

/** A group whose instances answer under a name. */
export type Fronted = JoinedGroup & { readonly front: Front };

/** What one name of one cluster is planned from. */
export interface Sight {
  readonly world: ZoneWorld;
  readonly cluster: ClusterWorld;
  readonly name: string;
  readonly groups: readonly Fronted[];
  /** Groups whose tags about DNS cannot be read: whoever of them is published stays so. */
  readonly vague: readonly JoinedGroup[];
  readonly ours: readonly RecordSet[];
  readonly foreign: readonly RecordSet[];
  readonly ttlSeconds: number;
}

/** `existing`: every record set at that very name. */
export function see(
  world: ZoneWorld,
  cluster: ClusterWorld,
  name: string,
  existing: readonly RecordSet[],
): Sight {
  const ours = existing.filter(isOfInstance);
  const groups = cluster.groups
    .filter(isFronted)
    .filter(({ front }) => front.name === name && front.zone === world.zoneId);
  const ids = new Set(ours.map(({ setIdentifier }) => setIdentifier));
  const vague = cluster.groups.filter(
    (group) => isVague(group, world.zoneId) && group.instances.some(({ id }) => ids.has(id)),
  );
  return {
    world,
    cluster,
    name,
    groups,
    vague,
    ours,
    foreign: existing.filter((record) => isAddressed(record) && !isOfInstance(record)),
    ttlSeconds: Math.min(...groups.map(({ front }) => front.ttlSeconds)),
  };
}

const isFronted = (group: JoinedGroup): group is Fronted => group.front !== null;

const isVague = ({ zone, front, problems }: JoinedGroup, zoneId: string): boolean =>
  zone === zoneId && front === null && problems.some(({ code }) => code === 'dnsTagsInvalid');

/** Nobody wants the name for much longer. */
export const areEnding = ({ groups, vague }: Sight): boolean => [...groups, ...vague].every(isEnding);

export type Found =
  | { readonly kind: 'address'; readonly address: string }
  /** `dead`: EC2 says that it does not run, or does not know it; `none`: it has no address of that kind. */
  | { readonly kind: 'unknown' | 'dead' | 'none' };

/** Where a machine is found; what nobody told is unknown, never dead. */
export function find(world: ZoneWorld, id: InstanceId, kind: AddressKind): Found {
  const host = world.hosts?.get(id);
  if (host === undefined) return { kind: 'unknown' };
  if (host === 'notFound' || (host.state !== 'running' && host.state !== 'pending')) return { kind: 'dead' };
  const address = addressOf(host, kind);
  return address === null ? { kind: 'none' } : { kind: 'address', address };
}
