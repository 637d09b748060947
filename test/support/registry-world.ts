import type { Host } from '../../functions/core/hosts.ts';
import { parseJoinedGroup } from '../../functions/core/joined.ts';
import { TAG, WORKER_HOOK } from '../../functions/core/names.ts';
import type { HookSettings, ScalingGroup } from '../../functions/core/ports.ts';
import type { KeyChange } from '../../functions/core/registry/key-port.ts';
import { machineKey, machineValue } from '../../functions/core/registry/keys.ts';
import type { RegistryPlan } from '../../functions/core/registry/plan.ts';
import type { RegistryWorld } from '../../functions/core/registry/world.ts';

export const NOW_MS = Date.parse('2026-01-01T12:00:00Z');

/** `i-0000000a` for 10, and so on. */
export const idOf = (n: number): string => `i-${n.toString(16).padStart(8, '0')}`;
export const ipOf = (n: number): string => `10.0.${n >> 8}.${n & 255}`;

export const hostOf = (n: number, changes: Partial<Host> = {}): Host => ({
  id: idOf(n),
  state: 'running',
  privateIp: ipOf(n),
  publicIp: null,
  ipv6: null,
  instanceType: 't3.small',
  zone: 'zone-a',
  launchedAtMs: NOW_MS - 3_600_000,
  ...changes,
});

export interface GroupSketch {
  readonly name?: string;
  readonly role?: 'member' | 'worker';
  /** Absent: as many as it has instances. */
  readonly desired?: number;
  readonly deleting?: boolean;
  readonly service?: string;
  readonly metadata?: string;
  readonly drainSeconds?: number;
  /** Lifecycle states by the number of the instance; `Unhealthy` before a state says that too. */
  readonly instances?: Readonly<Record<number, string>>;
}

export function groupOf(sketch: GroupSketch): ScalingGroup {
  const { name = 'web', role = 'worker', service, metadata, drainSeconds, instances = {} } = sketch;
  const tags = {
    [TAG.cluster]: 'core',
    [TAG.role]: role,
    [TAG.service]: service,
    [TAG.metadata]: metadata,
    [TAG.drainSeconds]: drainSeconds?.toString(),
  };
  return {
    name,
    desiredCapacity: sketch.desired ?? Object.keys(instances).length,
    deleting: sketch.deleting ?? false,
    hasWarmPool: false,
    tags: new Map(
      Object.entries(tags).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    ),
    instances: Object.entries(instances).map(([n, state]) => ({
      id: idOf(Number(n)),
      lifecycle: state.replace('Unhealthy ', ''),
      zone: 'zone-a',
      health: state.startsWith('Unhealthy ') ? 'Unhealthy' : 'Healthy',
    })),
  };
}

export const HOOK_SETTINGS: HookSettings = {
  name: WORKER_HOOK.registry,
  transition: 'terminate',
  heartbeatSeconds: 300,
  globalSeconds: 30_000,
};

export interface WorldSketch {
  readonly groups: readonly GroupSketch[];
  readonly keys?: Readonly<Record<string, string>>;
  readonly hosts?: Readonly<Record<number, Partial<Host> | 'notFound'>>;
  readonly changes?: Partial<RegistryWorld>;
}

/** A world in which every listed instance runs, every group has our hook, and a voter answers. */
export function worldOf({ groups, keys = {}, hosts = {}, changes = {} }: WorldSketch): RegistryWorld {
  const joined = groups.map((group) => parseJoinedGroup(groupOf(group)));
  const listed = groups.flatMap(({ instances = {} }) => Object.keys(instances).map(Number));
  const known = [...new Set([...listed, ...Object.keys(hosts).map(Number)])].map((n) => {
    const host = hosts[n];
    return [idOf(n), host === 'notFound' ? host : hostOf(n, host)] as const;
  });
  return {
    cluster: 'core',
    takenAtMs: NOW_MS,
    groups: joined,
    access: {
      kind: 'open',
      keys: { revision: '7', values: new Map(Object.entries(keys)) },
      hosts: new Map(known),
    },
    hooks: new Map(joined.map(({ name }) => [name, HOOK_SETTINGS])),
    waitingSinceMs: new Map(),
    answered: new Set(),
    past: { placed: new Map(), unlistedForMs: new Map() },
    ...changes,
  };
}

/** The keys of an instance in service, as they should be. */
export const keysOf = (n: number, group: GroupSketch): Readonly<Record<string, string>> => ({
  [machineKey(idOf(n))]: machineValue(hostOf(n), parseJoinedGroup(groupOf(group))),
  ...Object.fromEntries(
    parseJoinedGroup(groupOf(group)).services.map(({ name, port }) => [
      `/services/${name}/${idOf(n)}:${port}`,
      `${ipOf(n)}:${port}`,
    ]),
  ),
});

/** What stands there after these changes. */
export function after(
  values: ReadonlyMap<string, string>,
  changes: readonly KeyChange[],
): ReadonlyMap<string, string> {
  const next = new Map(values);
  for (const { key, value } of changes) {
    if (value === null) next.delete(key);
    else next.set(key, value);
  }
  return next;
}

/** The world after everything of the plan happened, `seconds` later. */
export function follow(world: RegistryWorld, plan: RegistryPlan, seconds = 0): RegistryWorld {
  const { access } = world;
  if (access.kind !== 'open') return { ...world, takenAtMs: world.takenAtMs + seconds * 1_000 };
  const drops = plan.completions.flatMap(({ leavingKey }) =>
    leavingKey === null ? [] : [{ key: leavingKey, value: null }],
  );
  const values = after(access.keys.values, [...plan.commits.flat(), ...drops]);
  return {
    ...world,
    takenAtMs: world.takenAtMs + seconds * 1_000,
    access: { ...access, keys: { ...access.keys, values } },
    answered: new Set([...world.answered, ...plan.completions.map(({ hook }) => hook.instanceId)]),
  };
}

export const valuesOf = (world: RegistryWorld): ReadonlyMap<string, string> => {
  if (world.access.kind !== 'open') throw new Error('nobody could read the keys');
  return world.access.keys.values;
};
