import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../cli/local-options.ts';
import { LOCAL, STACK } from '../cli/local-up.ts';
import { defaultNetwork, deployAutopilot, deployCluster } from '../local/deploy.ts';
import type { Region } from '../local/region.ts';
import type { Sighting, Stage } from './stage.ts';
import type { StoryStep } from './story.ts';

export const CLUSTER = 'demo';
export const GROUP = `etcd-autopilot-${CLUSTER}`;

/** What the steps work with. */
export interface Scene {
  readonly region: Region;
  readonly stage: Stage;
  /** Says what the demo does, on the terminal and in the report. */
  readonly tell: (line: string) => void;
  /** Parameters of the cluster's stack beyond the place, the name and the size. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Leadership is moved away first, so no election is in the gap. */
export const PLANNED = { gapMsMax: 1_000, keepsQuorum: true } as const;
/**
 * A leader that is lost without notice costs an election: one to two seconds, more on a machine that is busy. Until it
 * is over no voter sees a leader.
 */
export const SUDDEN = { gapMsMax: 10_000, keepsQuorum: false } as const;

export function basicSteps(scene: Scene): readonly StoryStep[] {
  return [
    {
      name: 'create the stacks, 3 voters',
      about:
        'The autopilot and one cluster are deployed. Three instances wait in their launch hook until one cluster is founded with all of them.',
      desired: 3,
      limits: { gapMsMax: null, keepsQuorum: false },
      act: () => createStacks(scene),
    },
    {
      name: 'an instance dies without notice',
      about:
        'The power goes on the leader: no hook, no shutdown. The others elect a leader, the dead member is removed on evidence, and the replacement joins as a learner.',
      desired: 3,
      limits: SUDDEN,
      act: (sight) => dieWithoutNotice(scene, sight),
    },
    {
      name: 'the leader is terminated through its hook',
      about:
        'Auto Scaling ends the leader and waits in its terminate hook. The replacement joins, leadership moves away, the member leaves, and only then is the hook completed.',
      desired: 3,
      limits: PLANNED,
      act: (sight) => terminateLeader(scene, sight),
    },
    {
      name: '3 to 5 voters',
      about:
        'The desired capacity goes from three to five in one step. Two instances come at once and join one after the other.',
      desired: 5,
      limits: PLANNED,
      act: () => scaleTo(scene, 5),
    },
    {
      name: '5 to 3 voters',
      about:
        'The desired capacity goes back to three. Auto Scaling picks two, and each leaves only when the others can spare it.',
      desired: 3,
      limits: PLANNED,
      act: () => scaleTo(scene, 3),
    },
  ];
}

async function createStacks({ region, tell, parameters }: Scene): Promise<readonly string[]> {
  const network = await defaultNetwork(region);
  const place = { VpcId: network.vpcId, SubnetIds: network.subnetIds.join(',') };
  tell('deploying the autopilot');
  await deployAutopilot(region, {
    packageDir: join(ROOT, '.serverless'),
    stackName: STACK,
    parameters: place,
  });
  tell('deploying the cluster');
  await deployCluster(region, {
    stackName: GROUP,
    templateText: await readFile(join(ROOT, '.build', 'cluster.yml'), 'utf8'),
    parameters: { ...place, ...LOCAL, Cluster: CLUSTER, Size: '3', AutopilotStack: STACK, ...parameters },
  });
  return [];
}

/** The worst case: the one that dies leads, so an election is in the gap. */
async function dieWithoutNotice({ region, tell }: Scene, sight: Sighting): Promise<readonly string[]> {
  const victim = leaderOf(sight);
  tell(`the power of ${victim} goes, it leads`);
  await region.groups.lifecycle.endMachine(region.groups.instance(victim), false);
  return [victim];
}

async function terminateLeader({ stage, tell }: Scene, sight: Sighting): Promise<readonly string[]> {
  const leader = leaderOf(sight);
  tell(`terminating ${leader}, it leads`);
  await stage.terminate(leader);
  return [leader];
}

async function scaleTo({ stage, tell }: Scene, count: number): Promise<readonly string[]> {
  tell(`setting the desired capacity to ${count}`);
  await stage.setDesired(count);
  return [];
}

export const leaderOf = (sight: Sighting): string => sight.status?.leader ?? '';
