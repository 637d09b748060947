import type {
  GroupInstance,
  HookSettings,
  ScalingActivity,
  ScalingGroup,
} from '../../../functions/core/ports.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import { judgeAnswer, judgeReport } from '../../support/fake-rules.ts';
import type { FakeWorld } from './fake-world.ts';
import { type FakeInstance, isWarm } from './instance.ts';

const HOOK_TIMES = { heartbeatSeconds: 1_800, globalSeconds: 172_800 };
const HOOKS: readonly HookSettings[] = [
  { name: 'etcd-autopilot-launch', transition: 'launch', ...HOOK_TIMES },
  { name: 'etcd-autopilot-terminate', transition: 'terminate', ...HOOK_TIMES },
];

/** Auto Scaling, which answers completely and at once; `guarded` makes it fail. */
export function scalingPort(world: FakeWorld): Ports['scaling'] {
  return {
    listGroups: async () => groupsOf(world),
    listWarmPool: async () =>
      world.instances.filter((instance) => isShown(world, instance) && isWarm(instance)).map(toListed),
    listHooks: async () => HOOKS,
    listActivities: async () => world.instances.flatMap(toActivities),
    heartbeat: async (hook) => {
      world.heartbeats.push(hook.instanceId);
      return 'extended';
    },
    complete: async (hook, result) => {
      judgeAnswer(world, hook.instanceId, result);
      const answer = world.complete(hook, result);
      world.effect(`complete ${result}`);
      return answer;
    },
    reportUnhealthy: async (id) => {
      judgeReport(world, id);
      world.instance(id).health = 'Unhealthy';
      world.effect('report unhealthy');
    },
    endInstance: async (id) => {
      judgeReport(world, id, true);
      world.terminate(id);
      world.effect('end instance');
    },
    tagGroup: async (_group, key, value) => {
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
      hasWarmPool: shown.some(isWarm),
      instances: shown.filter((instance) => !isWarm(instance)).map(toListed),
    })),
    ...world.otherGroups,
  ];
}

const isShown = (world: FakeWorld, { id, listed }: FakeInstance): boolean => listed && !world.hidden.has(id);

const toListed = ({ id, lifecycle, zone, health }: FakeInstance): GroupInstance => ({
  id,
  lifecycle,
  zone,
  health,
});

const toActivities = (instance: FakeInstance): readonly ScalingActivity[] => [
  { instanceId: instance.id, kind: 'launch', startedAtMs: instance.launchedAtMs },
  ...(instance.terminatingAtMs === null
    ? []
    : [{ instanceId: instance.id, kind: 'terminate', startedAtMs: instance.terminatingAtMs } as const]),
];
