import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../infra/cli/local-options.ts';
import { LOCAL } from '../../infra/cli/local-up.ts';
import { openEtcdHttp } from '../../infra/demo/etcd-http.ts';
import { isWhole, openStage, type Sighting, type Stage } from '../../infra/demo/stage.ts';
import { defaultNetwork, deployAutopilot, deployCluster, type Network } from '../../infra/local/deploy.ts';
import { type Region, startRegion } from '../../infra/local/region.ts';
import { deleteStack } from '../../infra/local/stacks.ts';
import { testEtcd } from '../support/answering-etcd.ts';
import { noteVersions } from './versions-told.ts';

export const STACK = 'etcd-autopilot';
const SEE_EVERY_MS = 200;

/** A region with the packaged autopilot in it, and as many clusters as a test asks for. */
export interface Theatre {
  readonly region: Region;
  readonly etcdDir: string;
  readonly network: Network;
  cluster(name: string, size: number, parameters?: Readonly<Record<string, string>>): Promise<TestCluster>;
  stop(): Promise<void>;
}

export interface TestCluster {
  readonly name: string;
  readonly group: string;
  readonly stage: Stage;
  /** Waits until as many voters as wanted answer, are told to everybody, and nobody waits. */
  untilWhole(desired: number, seconds: number, gone?: string): Promise<Sighting>;
  /** Names and ids of all members, as the first published endpoint that answers tells them. */
  members(): Promise<readonly { readonly id: string; readonly name: string; readonly isLearner: boolean }[]>;
  remove(): Promise<void>;
}

/**
 * @param autopilot further parameters of the autopilot's stack
 * @param before folders before etcd's own on the PATH of the machines
 */
export async function openTheatre(
  autopilot: Readonly<Record<string, string>> = {},
  before: readonly string[] = [],
): Promise<Theatre> {
  await mkdir(join(ROOT, '.local'), { recursive: true });
  const dir = await mkdtemp(join(ROOT, '.local', 'test-'));
  const etcd = await testEtcd();
  const region = await startRegion({
    dir,
    installDir: join(ROOT, '.local'),
    path: [...before, etcd.dir],
    signals: false,
  });
  const network = await defaultNetwork(region);
  const place = { VpcId: network.vpcId, SubnetIds: network.subnetIds.join(',') };
  await deployAutopilot(region, {
    packageDir: join(ROOT, '.serverless'),
    stackName: STACK,
    parameters: { ...place, EtcdToolsDir: etcd.dir, ...autopilot },
  });
  return {
    region,
    etcdDir: etcd.dir,
    network,
    cluster: async (name, size, parameters = {}) => {
      await deployCluster(region, {
        stackName: `etcd-autopilot-${name}`,
        templateText: readFileSync(join(ROOT, '.build', 'cluster.yml'), 'utf8'),
        parameters: {
          ...place,
          ...LOCAL,
          Cluster: name,
          Size: String(size),
          AutopilotStack: STACK,
          ...parameters,
        },
      });
      return openCluster(region, name);
    },
    stop: async () => {
      await region.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export function openCluster(region: Region, name: string): TestCluster {
  const group = `etcd-autopilot-${name}`;
  const stage = openStage({ endpoint: region.endpoint, region: region.region, cluster: name, group });
  let isNoted = false;
  return {
    name,
    group,
    stage,
    untilWhole: async (desired, seconds, gone) => {
      const sight = await untilWhole(stage, desired, seconds, gone);
      if (!isNoted) await noteVersions(region, STACK, name);
      isNoted = true;
      return sight;
    },
    members: () => membersOf(stage),
    remove: async () => {
      stage.close();
      await deleteStack(region, { name: group });
    },
  };
}

async function untilWhole(stage: Stage, desired: number, seconds: number, gone?: string): Promise<Sighting> {
  const limitMs = performance.now() + seconds * 1_000;
  let sight = await stage.see();
  while (performance.now() < limitMs) {
    if (isWhole(sight, desired) && sight.instances.every(({ id }) => id !== gone)) return sight;
    await sleep(SEE_EVERY_MS);
    sight = await stage.see();
  }
  throw new Error(`not whole after ${seconds} s: ${JSON.stringify(sight)}`);
}

async function membersOf(stage: Stage): ReturnType<TestCluster['members']> {
  const etcd = openEtcdHttp();
  try {
    for (const endpoint of (await stage.see()).endpoints) {
      const list = await etcd.members(endpoint).catch(() => null);
      if (list !== null) return list;
    }
    throw new Error('no published endpoint answers');
  } finally {
    etcd.close();
  }
}

/** Waits for something to become true, a few times a second. */
export async function until(what: string, seconds: number, isTrue: () => Promise<boolean>): Promise<void> {
  const limitMs = performance.now() + seconds * 1_000;
  while (performance.now() < limitMs) {
    if (await isTrue()) return;
    await sleep(50);
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}
