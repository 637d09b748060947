import { addressOf, type Host } from '../hosts.ts';
import type { InstanceId } from '../identity.ts';
import { isEnding, isServing, type JoinedGroup } from '../joined.ts';
import { waitsIn } from '../lifecycle.ts';
import { KEY } from '../names.ts';
import { machineKey, machineValue, metadataIn, nameIn, serviceKey, serviceValue } from './keys.ts';
import type { RegistryAccess, RegistryWorld } from './world.ts';
import { UNLISTED_MS } from './world.ts';

export type OpenAccess = Extract<RegistryAccess, { readonly kind: 'open' }>;

/** One instance that is listed or has keys, with what it has and what it should have. */
export interface Entry {
  readonly id: InstanceId;
  /** `null`: no group lists it. */
  readonly group: JoinedGroup | null;
  readonly lifecycle: string;
  /** Its keys as they are, without `leaving/`. */
  readonly held: ReadonlyMap<string, string>;
  /** Its keys as they should be; `null`: nobody can tell now, so they stay. */
  readonly wanted: ReadonlyMap<string, string> | null;
  /** EC2 says that its machine runs. */
  readonly isAlive: boolean;
}

/** Every instance that matters, in order of their ids. */
export function entriesOf(world: RegistryWorld, access: OpenAccess): readonly Entry[] {
  const listed = new Map(
    world.groups.flatMap((group) => group.instances.map((instance) => [instance.id, { group, instance }])),
  );
  const held = keysByInstance(access.keys.values, new Set(listed.keys()));
  return [...new Set([...listed.keys(), ...held.keys()])].sort().map((id): Entry => {
    const { group, instance } = listed.get(id) ?? { group: null, instance: null };
    const host = access.hosts.get(id);
    const own = held.get(id) ?? new Map<string, string>();
    const about = { id, group, lifecycle: instance?.lifecycle ?? '', held: own, isAlive: runs(host) };
    if (group === null || instance === null)
      return { ...about, wanted: isMissed(world, id, host) ? null : NOTHING };
    if (instance.lifecycle !== 'InService') return { ...about, wanted: NOTHING };
    // EC2 knows nothing of an instance that its group has in service: neither tells that it is gone.
    if (host === undefined || host === 'notFound') return { ...about, wanted: null };
    const wanted = runs(host) ? wantedOf(host, group, own, isServing(instance)) : NOTHING;
    return { ...about, wanted };
  });
}

const NOTHING: ReadonlyMap<string, string> = new Map();

export const runs = (host: Host | 'notFound' | undefined): boolean =>
  host !== undefined && host !== 'notFound' && (host.state === 'running' || host.state === 'pending');

/** It runs and no group lists it, but not for long yet: that list may have been short. */
const isMissed = ({ past }: RegistryWorld, id: InstanceId, host: Host | 'notFound' | undefined): boolean =>
  runs(host) && (past.unlistedForMs.get(id) ?? 0) < UNLISTED_MS;

/** Keys of our form, of instances that are listed or registered; whatever else is there belongs to somebody else. */
function keysByInstance(
  values: ReadonlyMap<string, string>,
  listed: ReadonlySet<InstanceId>,
): ReadonlyMap<InstanceId, ReadonlyMap<string, string>> {
  const found = new Map<InstanceId, Map<string, string>>();
  for (const [key, value] of values) {
    const named = nameIn(key);
    if (named.kind !== 'machine' && named.kind !== 'service') continue;
    if (!listed.has(named.id) && !values.has(machineKey(named.id))) continue;
    const own = found.get(named.id) ?? new Map<string, string>();
    found.set(named.id, own.set(key, value));
  }
  return found;
}

/** Where a tag cannot be read, what was published by its last good value stays. */
function wantedOf(
  host: Host,
  group: JoinedGroup,
  own: ReadonlyMap<string, string>,
  isServed: boolean,
): ReadonlyMap<string, string> {
  const key = machineKey(host.id);
  const last = hasProblem(group, 'metadataInvalid') ? metadataIn(own.get(key)) : null;
  const wanted = new Map([[key, machineValue(host, { name: group.name, metadata: last ?? group.metadata })]]);
  const address = addressOf(host, 'private');
  if (hasProblem(group, 'serviceInvalid'))
    for (const [kept, value] of own) if (kept.startsWith(KEY.services)) wanted.set(kept, value);
  if (address === null || !isServed) return wanted;
  for (const service of group.services)
    wanted.set(serviceKey(service, host.id), serviceValue(address, service));
  return wanted;
}

const hasProblem = (group: JoinedGroup, code: JoinedGroup['problems'][number]['code']): boolean =>
  group.problems.some((problem) => problem.code === code);

/** Its group is ending it, and our hook lets us. */
export const isLeaving = ({ lifecycle }: Pick<Entry, 'lifecycle'>): boolean =>
  lifecycle === 'Terminating' || waitsIn(lifecycle) === 'terminate';

/** Whether anybody still wants this service, or, for `null`, machines at all. */
export function isWanted(groups: readonly JoinedGroup[], service: string | null): boolean {
  return groups.some(
    (group) => !isEnding(group) && (service === null || group.services.some(({ name }) => name === service)),
  );
}

/** What a group offers cannot be read, so what its instances have is what it wants. */
export const isUnclear = ({ group }: Entry): boolean =>
  group !== null && !isEnding(group) && hasProblem(group, 'serviceInvalid');
