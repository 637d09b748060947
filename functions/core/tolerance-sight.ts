import { decodeBackup, snapshotAtMs } from './backup/parameter.ts';
import { parseConfig } from './config.ts';
import { memberOf } from './evidence.ts';
import { foreignCluster } from './foreign-cluster.ts';
import { lagOf } from './lag.ts';
import { mustLeave } from './lifecycle.ts';
import { PARAMETER } from './names.ts';
import { hookKey, type Member, type MemberView, type Observation, votersOf } from './observation.ts';
import { newcomersOf } from './plan/newcomers.ts';
import { isRebooting } from './reboot/lock.ts';
import { isShortfallCode, type ShortfallCode } from './shortfalls.ts';
import { decodeStatus, type Status } from './status.ts';
import type { ClusterSight, Obstacle, SeenVoter } from './tolerance.ts';

/** What a look saw. `steadySinceMs`: as the memory has it after this look (`plan/steadiness.ts`). */
export function sightOfWorld(world: Observation, steadySinceMs: number | null): ClusterSight {
  const { view, alarms } = world.etcd;
  return {
    ...NOTHING_SEEN,
    desired: world.group.desiredCapacity,
    single: world.config.gate.single,
    alarms,
    obstacles: obstaclesIn(world, view),
    steadySinceMs,
    ...(view === null ? {} : membersSeen(view)),
  };
}

const NOTHING_SEEN: ClusterSight = {
  desired: null,
  single: 'refuse',
  leader: null,
  voters: [],
  learners: [],
  alarms: [],
  obstacles: [],
  steadySinceMs: null,
  snapshotAtMs: null, // a look does not see it: only gates ask for a snapshot, and they read parameters
};

function membersSeen(view: MemberView): Pick<ClusterSight, 'leader' | 'voters' | 'learners'> {
  const learners = view.members.filter(({ role }) => role === 'learner');
  const leader = view.members.find(({ id }) => id === view.leaderId);
  return {
    leader: leader === undefined ? null : nameOf(leader),
    voters: votersOf(view.members).map((voter) => seenVoter(view, voter)),
    learners: learners.map(nameOf),
  };
}

/** What a member goes by: its name, which is its instance's id, as soon as it has told it. */
export const nameOf = ({ name, instanceId, id }: Member): string => name || (instanceId ?? id);

function seenVoter(view: MemberView, voter: Member): SeenVoter {
  const { id, answers, version } = voter;
  const lag = lagOf(view, voter);
  return { name: nameOf(voter), id, answers, version, lag: lag === null ? null : Number(lag) };
}

function obstaclesIn(world: Observation, view: MemberView | null): readonly Obstacle[] {
  const { config, group } = world;
  const strangers = foreignCluster(world);
  return [
    ...(config.frozen ? [obstacle('frozen')] : []),
    ...(group.deleting ? [obstacle('deleting')] : []),
    ...(strangers === null ? [] : [obstacle('foreignCluster', strangers.seen.join(','))]),
    ...(view === null ? [obstacle(wasFounded(world) ? 'noVoterAnswers' : 'notFounded')] : []),
    ...(view === null || view.agreed ? [] : [obstacle('membersDisagree')]),
    ...(view === null ? [] : changing(world, view).map((id) => obstacle('changeInFlight', id))),
    ...rebooting(world),
  ];
}

/** A lock that cannot be read may be anybody's. */
function rebooting({ etcd }: Observation): readonly Obstacle[] {
  if (etcd.rebooting === null || !isRebooting(etcd.rebooting)) return [];
  const { holders, ours } = etcd.rebooting;
  return ours
    ? holders.map(({ instanceId }) => obstacle('rebooting', instanceId))
    : [obstacle('rebooting', 'somebody')];
}

const obstacle = (code: ShortfallCode, subject: string | null = null): Obstacle => ({ code, subject });

const wasFounded = ({ records, group }: Observation): boolean =>
  records.claim !== null || records.unreadable.length > 0 || group.bootstrapped !== null;

/** Instances that are to become members, or to stop being one, or wait in a hook of ours for something. */
function changing(world: Observation, view: MemberView): readonly string[] {
  const newcomers = newcomersOf(world, view).map(({ id }) => id);
  const others = world.instances.filter((instance) => {
    const isMember = memberOf(view.members, instance.id) !== null;
    const isWaiting = instance.waitsIn !== null && !world.pass.answeredHooks.has(hookKey(instance));
    if (isMember) return isWaiting || mustLeave(instance.stage);
    return instance.stage === 'arriving' || (isWaiting && instance.stage !== 'warm');
  });
  return [...new Set([...newcomers, ...others.map(({ id }) => id)])].sort();
}

/**
 * What the parameters under a cluster's path tell, by their names below it: for whoever has no way to etcd.
 * They say what the autopilot saw when it last wrote them; ask for a look to have them written anew.
 */
export function sightOfParameters(texts: ReadonlyMap<string, string>): ClusterSight {
  const parsed = parseConfig(texts.get(PARAMETER.config) ?? '');
  const obstacles = [
    ...(texts.has(PARAMETER.teardown) ? [obstacle('deleting')] : []),
    ...(parsed.ok && !parsed.config.frozen ? [] : [obstacle('frozen')]),
  ];
  const single = parsed.ok ? parsed.config.gate.single : 'refuse';
  const backup = decodeBackup(texts.get(PARAMETER.backup) ?? '');
  const kept = { single, snapshotAtMs: backup === null ? null : snapshotAtMs(backup) };
  const status = decodeStatus(texts.get(PARAMETER.status) ?? '');
  if (status !== null) {
    const told = sightOfStatus(status);
    return { ...told, ...kept, obstacles: [...obstacles, ...told.obstacles] };
  }
  const missing = isFounded(texts) ? obstacle('statusOld') : obstacle('notFounded');
  return { ...NOTHING_SEEN, ...kept, obstacles: [...obstacles, missing] };
}

/** Anything at all tells that the cluster exists, or may. */
const isFounded = (texts: ReadonlyMap<string, string>): boolean =>
  [...texts.keys()].some((name) => FOUNDED.includes(name) || name.startsWith(PARAMETER.members));

const FOUNDED: readonly string[] = [
  PARAMETER.bootstrap,
  PARAMETER.endpoints,
  PARAMETER.peers,
  PARAMETER.status,
];

function sightOfStatus(status: Status): Omit<ClusterSight, 'single'> {
  const { desired, leader, voters, learners, alarms, steadySince } = status;
  const sinceMs = steadySince === null ? Number.NaN : Date.parse(steadySince);
  return {
    ...NOTHING_SEEN,
    desired,
    leader,
    voters,
    learners: learners.map(({ name }) => name),
    alarms,
    obstacles: obstaclesTold(status),
    steadySinceMs: Number.isNaN(sinceMs) ? null : sinceMs,
  };
}

/** Those that cannot be judged again from the rest of the status. A code of another version is one, too. */
function obstaclesTold({ shortfalls }: Status): readonly Obstacle[] {
  if (shortfalls === null) return [obstacle('statusOld')];
  return shortfalls.flatMap(({ code, subject }): readonly Obstacle[] => {
    if (!isShortfallCode(code)) return [obstacle('statusOld', code)];
    return OBSTACLES.includes(code) ? [{ code, subject }] : [];
  });
}

/** What {@link ClusterSight.obstacles} may hold. */
const OBSTACLES: readonly ShortfallCode[] = [
  'notFounded',
  'noVoterAnswers',
  'membersDisagree',
  'changeInFlight',
  'foreignCluster',
  'frozen',
  'deleting',
  'rebooting',
  'statusOld',
];
