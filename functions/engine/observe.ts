import { conflictsWith } from '../core/claim.ts';
import { parseConfig } from '../core/config.ts';
import type { InstanceId } from '../core/identity.ts';
import { stageOf, waitsIn } from '../core/lifecycle.ts';
import { clusterPath, HOOK, INSTANCE_ID, PARAMETER, TAG } from '../core/names.ts';
import { newerRecords } from '../core/newer.ts';
import type { Instance, MemberGroup, Observation, Records } from '../core/observation.ts';
import type { Wait } from '../core/plan/plan.ts';
import type { TeardownSight } from '../core/plan/teardown.ts';
import type { GroupInstance, HookSettings, Machine, ScalingActivity, ScalingGroup } from '../core/ports.ts';
import { readRecords } from '../core/records.ts';
import { isBeingDeleted } from './deletion.ts';
import type { Door } from './door.ts';
import { NO_ENDINGS, observeEndings } from './endings.ts';
import { listenToLeader } from './hearing.ts';
import { observeEtcd } from './observe-etcd.ts';
import type { Ports } from './ports.ts';
import type { Session } from './session.ts';

/** One look at a cluster: something that can be planned from, or why nothing can. */
export type Sight =
  | { readonly kind: 'world'; readonly world: Observation }
  | { readonly kind: 'teardown'; readonly sight: TeardownSight }
  | { readonly kind: 'refused'; readonly waits: readonly Wait[] };

/**
 * Reads everything that a decision needs, once. A port that fails ends the look:
 * an answer that did not come is never taken for an empty one.
 *
 * @throws {OperationError} AWS did not answer, or refused.
 */
export async function observe(
  ports: Ports,
  door: Door,
  cluster: string,
  groups: readonly ScalingGroup[],
  session: Session,
): Promise<Sight> {
  const takenAtMs = ports.clock.nowMs();
  const texts = await ports.parameters.readAll(clusterPath(cluster));
  const members = groups.filter((group) => group.tags.get(TAG.role) === 'member');
  const [group] = members;
  if (members.length > 1) {
    return refuse({ kind: 'twoMemberGroups', groups: members.map(({ name }) => name).sort() });
  }
  if (texts.has(PARAMETER.teardown) || (group !== undefined && (await isBeingDeleted(ports.stacks, group))))
    return { kind: 'teardown', sight: await observeTeardown(ports, texts, group, session) };
  if (group === undefined) return refuse({ kind: 'groupMissing' });
  const newer = newerRecords(texts);
  if (newer.length > 0) return refuse({ kind: 'recordNewer', names: newer });

  const parsed = parseConfig(texts.get('config') ?? '');
  if (!parsed.ok) return refuse({ kind: 'configInvalid', problems: parsed.problems });

  const records = readRecords(texts);
  const conflicts = conflictsWith(parsed.config, records.claim);
  if (conflicts.length > 0) return refuse({ kind: 'configInvalid', problems: conflicts });
  const problems = await door.open(parsed.config);
  if (problems.length > 0) return refuse({ kind: 'secretsUnreadable', problems });
  const machines = await describe(ports, idsThatMatter(group, records));
  const endings = await observeEndings(ports, group, session);
  const observed = await observeGroup(ports, group, machines, endings);
  const view = await observeEtcd(door, parsed.config, observed.instances, machines, records);
  const strangers = view.memberIds.filter((id) => INSTANCE_ID.test(id) && !machines.has(id));
  const more =
    strangers.length === 0 ? machines : new Map([...machines, ...(await describe(ports, strangers))]);
  session.noteMembers(view.etcd.view);
  if (view.etcd.view !== null) await listenToLeader(door.etcd, view.etcd.view, session, ports.clock);
  if (view.etcd.view !== null) session.countInSync(view.etcd.view);
  const world = { cluster, takenAtMs, config: parsed.config, ...observed, machines: more, records };
  return { kind: 'world', world: { ...world, etcd: view.etcd, pass: session } };
}

/** Instances in the group, and those outside it that still have a record: tickets, reports, a claim not yet alive. */
function idsThatMatter(group: ScalingGroup, { claim, ticketNames, reportNames }: Records): readonly string[] {
  const recorded = [...ticketNames, ...reportNames].map((name) => name.slice(name.indexOf('/') + 1));
  const founders = claim !== null && claim.clusterId === null ? Object.keys(claim.members) : [];
  return [...group.instances.map(({ id }) => id), ...recorded, ...founders];
}

const refuse = (wait: Wait): Sight => ({ kind: 'refused', waits: [wait] });

async function describe(ports: Ports, ids: readonly InstanceId[]): Promise<ReadonlyMap<InstanceId, Machine>> {
  const unique = [...new Set(ids)].filter((id) => INSTANCE_ID.test(id));
  return unique.length === 0 ? new Map() : ports.machines.describe(unique);
}

async function observeGroup(
  ports: Ports,
  group: ScalingGroup,
  machines: ReadonlyMap<InstanceId, Machine>,
  endings = NO_ENDINGS,
): Promise<{ readonly group: MemberGroup; readonly instances: readonly Instance[] }> {
  // Both are only of use while somebody waits in a hook, or is about to: a look at a calm group spares them.
  const isWaiting = group.instances.some(
    ({ lifecycle }) => lifecycle === TERMINATING || waitsIn(lifecycle) !== null,
  );
  const hooks = isWaiting ? await listOurHooks(ports, group) : [];
  const activities = isWaiting ? await ports.scaling.listActivities(group.name) : [];
  const bootstrapped = Number.parseInt(group.tags.get(TAG.bootstrapped) ?? '', 10);
  return {
    group: {
      name: group.name,
      desiredCapacity: group.desiredCapacity,
      deleting: group.deleting,
      bootstrapped: Number.isNaN(bootstrapped) ? null : bootstrapped,
      hooks,
    },
    instances: group.instances
      .map((instance) => ({
        ...toInstance(instance, machines.get(instance.id), activities, hooks),
        ending: endings.get(instance.id) ?? null,
      }))
      .sort((a, b) => a.id.localeCompare(b.id)),
  };
}

/** The state on the way to a terminate hook, and the last one where there is no such hook. */
const TERMINATING = 'Terminating';

/** What put the instance into its hook, or is about to. */
function activityOf(listed: GroupInstance, hooks: readonly HookSettings[]): ScalingActivity['kind'] | null {
  const isBeforeHook =
    listed.lifecycle === TERMINATING && hooks.some(({ transition }) => transition === 'terminate');
  return isBeforeHook ? 'terminate' : waitsIn(listed.lifecycle);
}

/** One hook has one finisher: only hooks with our names are ours. */
async function listOurHooks(ports: Ports, group: ScalingGroup): Promise<readonly HookSettings[]> {
  const ours: readonly string[] = Object.values(HOOK);
  return (await ports.scaling.listHooks(group.name)).filter((hook) => ours.includes(hook.name));
}

function toInstance(
  listed: GroupInstance,
  machine: Machine | undefined,
  activities: readonly ScalingActivity[],
  hooks: readonly HookSettings[],
): Omit<Instance, 'ending'> {
  const about = activityOf(listed, hooks);
  const known = machine?.kind === 'known' ? machine : null;
  const activity = activities.find(({ instanceId, kind }) => instanceId === listed.id && kind === about);
  const runs = known !== null && (known.state === 'pending' || known.state === 'running');
  return {
    id: listed.id,
    stage: stageOf(listed.lifecycle),
    waitsIn: waitsIn(listed.lifecycle),
    hookSinceMs: activity?.startedAtMs ?? null,
    launchedAtMs: known?.launchedAtMs ?? null,
    address: runs ? known.privateIp : null,
    zone: listed.zone,
    isUnhealthy: listed.health !== 'Healthy',
  };
}

async function observeTeardown(
  ports: Ports,
  texts: ReadonlyMap<string, string>,
  group: ScalingGroup | undefined,
  session: Session,
): Promise<TeardownSight> {
  const names = [...texts.keys()].sort();
  const ticketIds = names.flatMap((name) =>
    name.startsWith('members/') ? [name.slice('members/'.length)] : [],
  );
  const listed = group?.instances ?? [];
  const machines = await describe(ports, [...listed.map(({ id }) => id), ...ticketIds]);
  const observed = group === undefined ? null : await observeGroup(ports, group, machines);
  return {
    intended: texts.has(PARAMETER.teardown),
    group: observed?.group ?? null,
    instances: observed?.instances ?? [],
    machines,
    names,
    answeredHooks: session.answeredHooks,
  };
}
