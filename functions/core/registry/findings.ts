import { type Finding, type FindingCode, finding } from '../finding.ts';
import { addressOf } from '../hosts.ts';
import type { JoinedGroup } from '../joined.ts';
import { KEY } from '../names.ts';
import type { Bundle } from './changes.ts';
import type { Entry, OpenAccess } from './desired.ts';
import { listOf } from './keeping.ts';
import { machineKey, nameIn } from './keys.ts';
import type { RegistryWorld } from './world.ts';

/** Mistakes in tags that matter for what is registered; those of names are told by DNS. */
const OURS: readonly FindingCode[] = ['unknownCluster', 'roleInvalid', 'metadataInvalid', 'serviceInvalid'];

export const findTagProblems = (groups: readonly JoinedGroup[]): readonly Finding[] =>
  groups.flatMap(({ problems }) => problems.filter(({ code }) => OURS.includes(code)));

/** How many are named where there may be a thousand. */
const NAMED_MAX = 5;

const naming = (names: readonly string[]): string => {
  const more = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

/** Keys that nobody here made, where our readers look. */
export function findForeign(world: RegistryWorld, { keys }: OpenAccess): readonly Finding[] {
  const offered = new Set(world.groups.flatMap(({ services }) => services.map(({ name }) => name)));
  const listed = new Set(world.groups.flatMap(({ instances }) => instances.map(({ id }) => id)));
  const found = new Map<string, string[]>();
  for (const key of keys.values.keys()) {
    const place = foreignPlace(key);
    if (place === null || (key.startsWith(KEY.services) && !offered.has(place))) continue;
    const subject = key.startsWith(KEY.services) ? `${KEY.services}${place}/` : place;
    const names = found.get(subject) ?? [];
    names.push(key.slice(subject.length));
    found.set(subject, names);
  }
  return [...found].map(([subject, names]) =>
    finding('keysForeign', subject, `the autopilot did not make ${naming(names.sort())}`),
  );

  function foreignPlace(key: string): string | null {
    const named = nameIn(key);
    if (named.kind === 'service') {
      const isOurs = listed.has(named.id) || keys.values.has(machineKey(named.id));
      return isOurs ? null : named.service;
    }
    if (named.kind !== 'other') return null;
    return named.service ?? (key.startsWith(KEY.machines) ? KEY.machines : KEY.leaving);
  }
}

/** In service with services, and without the address that they are registered with. */
export function findAddressless(entries: readonly Entry[], { hosts }: OpenAccess): readonly Finding[] {
  const byGroup = new Map<string, string[]>();
  for (const { id, group, lifecycle, isAlive } of entries) {
    if (group === null || lifecycle !== 'InService' || !isAlive || group.services.length === 0) continue;
    if (addressOf(hosts.get(id), 'private') !== null) continue;
    const ids = byGroup.get(group.name) ?? [];
    ids.push(id);
    byGroup.set(group.name, ids);
  }
  return [...byGroup].map(([group, ids]) =>
    finding('addressMissing', group, `no private address, so no services: ${naming(ids)}`),
  );
}

/** Which lists would be empty without those that leave. */
export function findEmpty(kept: readonly string[]): readonly Finding[] {
  return [...new Set(kept.map(listOf))].map((list) =>
    finding(
      'nothingToPublish',
      list === '/' ? KEY.machines : `${KEY.services}${list}/`,
      'no instance of its groups is in service',
    ),
  );
}

/** Keys that stood as they should when this function looked last, and were changed by somebody since. */
export function findEdited({ past }: RegistryWorld, bundles: readonly Bundle[]): readonly Finding[] {
  const edited = bundles
    .flat()
    .filter(({ key, value }) => value !== null && past.placed.get(key) === value)
    .map(({ key }) => key);
  if (edited.length === 0) return [];
  return [finding('edited', KEY.machines, `somebody changed ${naming(edited.sort())}`)];
}
