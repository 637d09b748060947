import { setTimeout as sleep } from 'node:timers/promises';
import type { Sighting } from './stage.ts';
import { leaderOf, PLANNED, type Scene, SUDDEN } from './steps.ts';
import type { StoryStep } from './story.ts';

/** What `--full` gives the demo's cluster: the default of ten minutes would be most of the story. */
export const SILENT_GRACE_SECONDS = 10;
/** Between the first and the second instance that are terminated. */
const BETWEEN_MS = 1_000;
/** A silent voter is found by the schedule, every minute: once to begin its grace, and once to end it. */
const FROZEN_LIMIT_MS = 240_000;

/**
 * The rest of the story, of three voters each. The hanging leader comes first: the minute of the schedule that it waits
 * for has passed in part by then, so the whole is shorter.
 */
export function fullSteps(scene: Scene): readonly StoryStep[] {
  return [
    {
      name: 'the leader hangs',
      about: `The leader's etcd is frozen: its machine runs, accepts connections and never answers. The others elect a leader. After ${SILENT_GRACE_SECONDS} seconds of silence (ten minutes by default) the autopilot reports it to its group as unhealthy, and the group replaces it through its hooks. The autopilot looks every minute when no event comes.`,
      desired: 3,
      limits: SUDDEN,
      limitMs: FROZEN_LIMIT_MS,
      act: (sight) => freezeLeader(scene, sight),
    },
    {
      name: 'two terminated, a second apart',
      about:
        'Auto Scaling ends the leader and, a second later, another of the three. If both left at once, one voter would be left of three. The second is held in its hook until there are enough others.',
      desired: 3,
      limits: { ...PLANNED, votersMin: 3 },
      act: (sight) => terminateTwo(scene, sight),
    },
    refreshStep(scene),
  ];
}

async function terminateTwo({ stage, tell }: Scene, sight: Sighting): Promise<readonly string[]> {
  const first = leaderOf(sight);
  const second = sight.instances.map(({ id }) => id).find((id) => id !== first) ?? '';
  tell(`terminating ${first}, it leads`);
  await stage.terminate(first);
  await sleep(BETWEEN_MS);
  tell(`terminating ${second}, too`);
  await stage.terminate(second);
  return [first, second];
}

function refreshStep({ stage, tell }: Scene): StoryStep {
  let refresh = '';
  let status = '';
  return {
    name: 'instance refresh of the whole group',
    about:
      'Auto Scaling replaces all three instances, one by one, and launches before it terminates. The launch hook is completed only when the new member votes, the terminate hook only when the old one has left.',
    desired: 3,
    limits: { ...PLANNED, votersMin: 3 },
    act: async (sight) => {
      tell('starting an instance refresh');
      refresh = await stage.startRefresh();
      return sight.instances.map(({ id }) => id);
    },
    isOver: async () => {
      const next = await stage.refreshStatus(refresh);
      if (next !== status) tell(`the refresh is ${next}`);
      status = next;
      return status === 'Successful';
    },
  };
}

async function freezeLeader({ region, tell }: Scene, sight: Sighting): Promise<readonly string[]> {
  const leader = leaderOf(sight);
  tell(`freezing the etcd of ${leader}, it leads`);
  const answer = await fetch(`${region.endpoint}/_fleet/instances/${leader}/pause-etcd`, { method: 'POST' });
  if (!answer.ok) throw new Error(`the etcd of ${leader} could not be frozen: ${await answer.text()}`);
  return [leader];
}
