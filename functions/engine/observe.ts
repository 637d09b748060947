import { conflictsWith } from '../core/claim.ts';
import { parseConfig } from '../core/config.ts';
import { OperationError } from '../core/errors.ts';
import type { InstanceId } from '../core/identity.ts';
import { stageOf, waitsIn } from '../core/lifecycle.ts';
import { HOOK, INSTANCE_ID, PARAMETER, TAG } from '../core/names.ts';
import { newerRecords } from '../core/newer.ts';
import type { Instance, MemberGroup, Observation } from '../core/observation.ts';
import { planHookAges } from '../core/plan/hooks.ts';
import type { Wait } from '../core/plan/plan.ts';
import type { TeardownSight } from '../core/plan/teardown.ts';
import type { GroupInstance, HookSettings, Machine, ScalingActivity, ScalingGroup } from '../core/ports.ts';
import { readRecords } from '../core/records.ts';
import { remembered } from '../core/remembered.ts';
import { isBeingDeleted } from './deletion.ts';
import type { Door } from './door.ts';
import { NO_ENDINGS, observeEndings } from './endings.ts';
import { listenToLeader } from './hearing.ts';
import { idsThatMatter } from './ids-that-matter.ts';
import { observeDatabases } from './observe-databases.ts';
import { observeEtcd } from './observe-etcd.ts';
import { observeProof } from './observe-proof.ts';
import { observeSaved } from './observe-saved.ts';
import type { Ports } from './ports.ts';
import { isAnybodyWaiting, type Reads, TERMINATING } from './reads.ts';
import type { Session } from './session.ts';
import { stackOf } from './stack.ts';

const configIn = remembered(parseConfig);

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
  reads: Reads,
  door: Door,
  cluster: string,
  groups: readonly ScalingGroup[],
  session: Session,
): Promise<Sight> {
  const takenAtMs = ports.clock.nowMs();
  const members = groups.filter((group) => group.tags.get(TAG.role) === 'member');
  const [group] = members;
  const hold = (wait: Wait) => refuse(wait, reads, members, { takenAtMs, pass: session });
  if (group !== undefined) reads.begin(group);
  const texts = await reads.parameters();
  if (members.length > 1) {
    return hold({ kind: 'twoMemberGroups', groups: members.map(({ name }) => name).sort() });
  }
  if (texts.has(PARAMETER.teardown) || (group !== undefined && (await isBeingDeleted(ports.stacks, group))))
    return { kind: 'teardown', sight: await observeTeardown(reads, texts, group, session, takenAtMs) };
  if (group === undefined) return hold({ kind: 'groupMissing' });
  const newer = newerRecords(texts);
  if (newer.length > 0) return hold({ kind: 'recordNewer', names: newer });

  const parsed = configIn(texts.get('config') ?? '');
  if (!parsed.ok) return hold({ kind: 'configInvalid', problems: parsed.problems });

  const records = readRecords(texts);
  const conflicts = conflictsWith(parsed.config, records.claim);
  if (conflicts.length > 0) return hold({ kind: 'configInvalid', problems: conflicts });
  const problems = await door.open(parsed.config);
  if (problems.length > 0) return hold({ kind: 'secretsUnreadable', problems });
  const ids = idsThatMatter(group, records);
  const [machines, endings] = await Promise.all([reads.machines(ids), observeEndings(ports, group, session)]);
  session.noteAws(group, ids);
  const observed = await observeGroup(reads, group, machines, endings);
  const view = await observeEtcd(door, parsed.config, observed.instances, machines, records);
  const strangers = view.memberIds.filter((id) => INSTANCE_ID.test(id) && !machines.has(id));
  const more =
    strangers.length === 0 ? machines : new Map([...machines, ...(await reads.machines(strangers))]);
  session.noteProbes(view.probes);
  session.noteMembers(view.etcd.view);
  if (view.etcd.view !== null) await listenToLeader(door.etcd, view.etcd.view, session, ports.clock);
  session.countInSync(view.etcd.view);
  const seen = { cluster, takenAtMs, config: parsed.config, ...observed, machines: more, records };
  const proof = await observeProof(ports, { ...seen, etcd: view.etcd }, texts.get(PARAMETER.backup));
  const bare = { ...seen, etcd: view.etcd, pass: session, proof };
  const databases = await observeDatabases(ports, door, session, texts, bare, view.alarmed);
  return { kind: 'world', world: { ...bare, databases, saved: await observeSaved(ports, bare) } };
}

/** Nothing is decided; which hooks are past half of their time is told all the same (rule R7). */
async function refuse(
  wait: Wait,
  reads: Reads,
  groups: readonly ScalingGroup[],
  about: Pick<Observation, 'takenAtMs' | 'pass'>,
): Promise<Sight> {
  const seen = await Promise.all(
    groups.map((group) => observeGroup(reads, group, new Map()).catch(asUnknown)),
  );
  const late = seen.flatMap((one) => (one === null ? [] : planHookAges({ ...about, ...one }).waits));
  return { kind: 'refused', waits: [wait, ...late] };
}

/** What could not be read must not hide why nothing is decided. */
function asUnknown(error: unknown): null {
  if (error instanceof OperationError) return null;
  throw error;
}

async function observeGroup(
  reads: Reads,
  group: ScalingGroup,
  machines: ReadonlyMap<InstanceId, Machine>,
  endings = NO_ENDINGS,
): Promise<{ readonly group: MemberGroup; readonly instances: readonly Instance[] }> {
  // A look at a calm group spares both.
  const isWaiting = isAnybodyWaiting(group);
  const hooks = isWaiting ? await listOurHooks(reads, group) : [];
  const activities = isWaiting ? await reads.activities(group) : [];
  const bootstrapped = Number.parseInt(group.tags.get(TAG.bootstrapped) ?? '', 10);
  return {
    group: {
      name: group.name,
      desiredCapacity: group.desiredCapacity,
      deleting: group.deleting,
      bootstrapped: Number.isNaN(bootstrapped) ? null : bootstrapped,
      hooks,
      stack: stackOf(group),
    },
    instances: group.instances
      .map((instance) => ({
        ...toInstance(instance, machines.get(instance.id), activities, hooks),
        ending: endings.get(instance.id) ?? null,
      }))
      .sort((a, b) => a.id.localeCompare(b.id)),
  };
}

/** What put the instance into its hook, or is about to. */
function activityOf(listed: GroupInstance, hooks: readonly HookSettings[]): ScalingActivity['kind'] | null {
  const isBeforeHook =
    listed.lifecycle === TERMINATING && hooks.some(({ transition }) => transition === 'terminate');
  return isBeforeHook ? 'terminate' : waitsIn(listed.lifecycle);
}

/** One hook has one finisher: only hooks with our names are ours. */
async function listOurHooks(reads: Reads, group: ScalingGroup): Promise<readonly HookSettings[]> {
  const ours: readonly string[] = Object.values(HOOK);
  return (await reads.hooks(group.name)).filter((hook) => ours.includes(hook.name));
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
  reads: Reads,
  texts: ReadonlyMap<string, string>,
  group: ScalingGroup | undefined,
  session: Session,
  nowMs: number,
): Promise<TeardownSight> {
  const names = [...texts.keys()].sort();
  const ticketIds = names.flatMap((name) =>
    name.startsWith('members/') ? [name.slice('members/'.length)] : [],
  );
  const listed = group?.instances ?? [];
  const machines = await reads.machines([...listed.map(({ id }) => id), ...ticketIds]);
  const observed = group === undefined ? null : await observeGroup(reads, group, machines);
  return {
    intended: texts.has(PARAMETER.teardown),
    group: observed?.group ?? null,
    instances: observed?.instances ?? [],
    emptyForMs: session.noteListed(listed.length, nowMs),
    machines,
    names,
    answeredHooks: session.answeredHooks,
  };
}
