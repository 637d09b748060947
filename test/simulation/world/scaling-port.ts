import type { GroupInstance, ScalingActivity, ScalingGroup } from '../../../functions/core/ports.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import type { AtOnce } from './calls.ts';
import type { FakeWorld } from './fake-world.ts';
import { hooksHolding } from './hooks.ts';
import { type FakeInstance, isWarm } from './instance.ts';

/** The most activities that one page holds. */
const ACTIVITIES_MAX = 100;

/** Auto Scaling, which answers completely and at once; `guarded` makes it fail. */
export function scalingPort(world: FakeWorld): AtOnce<Ports['scaling']> {
  return {
    listGroups: () => world.replicas.groups.read(world.nowMs, () => groupsOf(world)),
    listWarmPool: () =>
      world.instances.filter((instance) => isShown(world, instance) && isWarm(instance)).map(toListed),
    listHooks: () => world.hooks.settings(),
    listActivities: () => activitiesOf(world),
    heartbeat: (hook) => {
      world.heartbeats.push(hook.instanceId);
      if (!world.hooks.enforced) return 'extended';
      const instance = world.instance(hook.instanceId);
      if (!hooksHolding(instance).includes(hook.hookName)) return 'notWaiting';
      instance.beatAtMs = world.nowMs;
      return 'extended';
    },
    complete: (hook, result) => {
      const answer = world.complete(hook, result);
      world.effect(`complete ${result}`);
      return answer;
    },
    reportUnhealthy: (id) => {
      world.instance(id).health = 'Unhealthy';
      world.effect('report unhealthy');
    },
    endInstance: (id) => {
      world.terminate(id);
      world.effect('end instance');
    },
    cancelRefresh: (_group, launchedAtMs) => {
      if (!world.refresh.wasRunning(launchedAtMs)) return 'notRunning';
      world.refresh.cancelGently(world);
      world.effect('cancel refresh');
      return 'cancelled';
    },
    tagGroup: (_group, key, value) => {
      world.tags.set(key, value);
      world.effect('tag');
    },
  };
}

function groupsOf(world: FakeWorld): readonly ScalingGroup[] {
  const shown = world.instances.filter((instance) => isShown(world, instance));
  return [
    ...Array.from({ length: world.groupCount }, (_, index) => ({
      name: index === 0 ? world.groupName : `${world.groupName}-${index}`,
      desiredCapacity: world.desired,
      deleting: world.deleting,
      tags: new Map(world.tags),
      hasWarmPool: world.poolSize > 0 || shown.some(isWarm),
      instances: shown.filter((instance) => !isWarm(instance)).map(toListed),
    })),
    ...world.otherGroups,
  ];
}

function isShown(world: FakeWorld, { id, listed, launchedAtMs }: FakeInstance): boolean {
  if (!listed || world.hidden.has(id)) return false;
  const { unlistedSeconds } = world.times;
  return unlistedSeconds === 0 || world.nowMs - launchedAtMs >= unlistedSeconds * 1_000;
}

const toListed = ({ id, lifecycle, zone, health }: FakeInstance): GroupInstance => ({
  id,
  lifecycle,
  zone,
  health,
});

/** The newest first, one page of them. */
function activitiesOf(world: FakeWorld): readonly ScalingActivity[] {
  const activities: ScalingActivity[] = world.instances.map(({ id, launchedAtMs }) => ({
    instanceId: id,
    kind: 'launch',
    startedAtMs: launchedAtMs,
  }));
  for (const { id, terminatingAtMs } of world.instances)
    if (terminatingAtMs !== null)
      activities.push({ instanceId: id, kind: 'terminate', startedAtMs: terminatingAtMs });
  return activities.sort((a, b) => b.startedAtMs - a.startedAtMs).slice(0, ACTIVITIES_MAX);
}
