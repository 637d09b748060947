import { conflictsWith } from '../../core/claim.ts';
import { type ClusterConfig, parseConfig } from '../../core/config.ts';
import { OperationError } from '../../core/errors.ts';
import { addressOf, type Host } from '../../core/hosts.ts';
import type { InstanceId } from '../../core/identity.ts';
import { type JoinedGroup, parseJoinedGroup, withNotices } from '../../core/joined.ts';
import { clusterPath, PARAMETER } from '../../core/names.ts';
import { newerRecords } from '../../core/newer.ts';
import { pinnedClusterId } from '../../core/pinned.ts';
import type { ScalingGroup } from '../../core/ports.ts';
import { readRecords } from '../../core/records.ts';
import { nameIn, PREFIXES } from '../../core/registry/keys.ts';
import { type DecodedStatus, decodeRegistryStatus } from '../../core/registry/status.ts';
import type { RegistryAccess, RegistryWorld } from '../../core/registry/world.ts';
import type { Door } from '../door.ts';
import { observeNotices } from '../notices.ts';
import { observeEtcd } from '../observe-etcd.ts';
import { withPools } from '../warm-pools.ts';
import { beat, observeHooks } from './hooks.ts';
import type { RegistryMemory } from './memory.ts';
import type { RegistryEtcd, RegistryPorts } from './ports.ts';

export interface RegistryLook {
  readonly world: RegistryWorld;
  /** The voter that answered, for what is to be written; `null`: nothing may be written. */
  readonly witness: string | null;
  /** What the parameter holds; `null`: it could not be read, so it is not written either. */
  readonly told: { readonly text: string | undefined; readonly status: DecodedStatus } | null;
  /** Why something could not be read. */
  readonly error: OperationError | null;
  readonly failedBeatCount: number;
}

type Hosts = ReadonlyMap<InstanceId, Host | 'notFound'>;
type Access = { readonly access: RegistryAccess; readonly witness: string | null };

/**
 * Reads everything that a decision needs, once. Heartbeats come before what could fail and is not
 * needed for them.
 *
 * @throws {OperationError} the groups could not be listed: nobody is known to wait.
 */
export async function observeRegistry(
  ports: RegistryPorts,
  door: Door<RegistryEtcd>,
  cluster: string,
  memory: RegistryMemory,
): Promise<RegistryLook> {
  const takenAtMs = ports.clock.nowMs();
  const groups = await listGroups(ports, cluster);
  memory.noteWaiting(groups, takenAtMs);
  const hooks = await observeHooks(ports, groups, memory);
  const failedBeatCount = await beat(ports, groups, hooks, memory);
  const [ending, texts] = await Promise.all([
    observeNotices(ports.notices),
    ports.parameters.readAll(clusterPath(cluster)).catch(asError),
  ]);
  const joined = groups.map((group) => withNotices(parseJoinedGroup(group), ending));
  const text = texts instanceof OperationError ? undefined : texts.get(PARAMETER.registry);
  const told = texts instanceof OperationError ? null : { text, status: decodeRegistryStatus(text) };
  const seen =
    texts instanceof OperationError ? texts : await enter(ports, door, joined, texts).catch(asError);
  const error = seen instanceof OperationError ? seen : null;
  const { access, witness } = seen instanceof OperationError ? heldBy(seen.message) : seen;
  if (access.kind === 'open') memory.noteUnlisted(unlistedIn(joined, access.hosts), takenAtMs);
  const past = memory.pastAt(takenAtMs);
  const world = { cluster, takenAtMs, groups: joined, access, ...hooks, answered: memory.answered, past };
  return { world, witness, told, error, failedBeatCount };
}

async function listGroups({ joined }: RegistryPorts, cluster: string): Promise<readonly ScalingGroup[]> {
  const groups = await joined.listByCluster(cluster);
  const pools = groups
    .filter(({ hasWarmPool }) => hasWarmPool)
    .map(async (group) => ({ ...group, instances: await joined.listWarmPool(group.name) }));
  return withPools(groups, await Promise.all(pools));
}

function asError(error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  throw error;
}

const heldBy = (because: string): Access => ({ access: { kind: 'held', because }, witness: null });
const frozenBy = (because: string): Access => ({ access: { kind: 'frozen', because }, witness: null });
const goneBy = (because: 'deleted' | 'unknown'): Access => ({
  access: { kind: 'gone', because },
  witness: null,
});

/** What the records of the cluster allow. */
async function enter(
  ports: RegistryPorts,
  door: Door<RegistryEtcd>,
  groups: readonly JoinedGroup[],
  texts: ReadonlyMap<string, string>,
): Promise<Access> {
  if (texts.has(PARAMETER.teardown)) return goneBy('deleted');
  const configText = texts.get(PARAMETER.config);
  if (configText === undefined) {
    const others = [...texts.keys()].filter((name) => !isPublished(name));
    return others.length === 0 ? goneBy('unknown') : frozenBy('the parameter config is missing');
  }
  const newer = newerRecords(texts);
  if (newer.length > 0) return heldBy(`a newer version of the autopilot wrote ${newer.join(', ')}`);
  const parsed = parseConfig(configText);
  if (!parsed.ok) return frozenBy(`the configuration is not valid: ${parsed.problems.join('; ')}`);
  const records = readRecords(texts);
  const conflicts = conflictsWith(parsed.config, records.claim);
  if (conflicts.length > 0) return frozenBy(conflicts.join('; '));
  if (parsed.config.frozen) return frozenBy('the configuration says frozen');
  if (pinnedClusterId(records) === null) return heldBy('the cluster is not founded yet');
  const problems = await door.open(parsed.config);
  if (problems.length > 0) return heldBy(`the secrets of etcd cannot be used: ${problems.join('; ')}`);
  return openWith(ports, door, groups, parsed.config, records);
}

/** Written by functions that publish, whatever the cluster came to. */
const isPublished = (name: string): boolean => name === PARAMETER.registry || name.startsWith(PARAMETER.dns);

async function openWith(
  ports: RegistryPorts,
  door: Door<RegistryEtcd>,
  groups: readonly JoinedGroup[],
  config: ClusterConfig,
  records: ReturnType<typeof readRecords>,
): Promise<Access> {
  const listed = groups.flatMap(({ instances }) => instances.map(({ id }) => id));
  const hosts = await ports.hosts.describeHosts(listed);
  const members = groups
    .filter(({ role }) => role === 'member')
    .flatMap(({ instances }) => instances.map(({ id }) => ({ id, address: runningAt(hosts.get(id)) })));
  const { etcd } = await observeEtcd(door, config, members, new Map(), records);
  const strangers = [...etcd.clusterIds.keys()].filter((id) => id !== pinnedClusterId(records));
  if (strangers.length > 0) return frozenBy(`an etcd of another cluster answers: ${strangers.join(', ')}`);
  if (etcd.view === null) return heldBy('no voter of the cluster answers');
  const { witness } = etcd.view;
  const keys = await door.etcd.range(witness, PREFIXES);
  const unlisted = [...new Set(registeredIn(keys.values))].filter((id) => !hosts.has(id));
  const others = unlisted.length === 0 ? [] : await ports.hosts.describeHosts(unlisted);
  return { access: { kind: 'open', keys, hosts: new Map([...hosts, ...others]) }, witness };
}

const runningAt = (host: Host | 'notFound' | undefined): string | null =>
  host !== undefined && host !== 'notFound' && (host.state === 'running' || host.state === 'pending')
    ? addressOf(host, 'private')
    : null;

/** Instances that have a key by their own name: EC2 is asked what became of them. */
const registeredIn = (values: ReadonlyMap<string, string>): readonly InstanceId[] =>
  [...values.keys()].flatMap((key) => {
    const named = nameIn(key);
    return named.kind === 'machine' || named.kind === 'leaving' ? [named.id] : [];
  });

function unlistedIn(groups: readonly JoinedGroup[], hosts: Hosts): readonly InstanceId[] {
  const listed = new Set(groups.flatMap(({ instances }) => instances.map(({ id }) => id)));
  return [...hosts.keys()].filter((id) => !listed.has(id));
}
