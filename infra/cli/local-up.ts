import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isWhole, openStage, type Sighting } from '../demo/stage.ts';
import { describeChanges } from '../demo/watch.ts';
import { chosenEtcd } from '../etcd/chosen.ts';
import { defaultNetwork, deployAutopilot, deployCluster } from '../local/deploy.ts';
import { type Region, startRegion } from '../local/region.ts';
import { Failure, lineOf } from './failure.ts';
import { ROOT, shownPath, type UpOptions } from './local.ts';
import { ensurePackaged } from './package-project.ts';
import type { Terminal } from './program.ts';
import { onSignals, type Signals } from './signals.ts';

export const STACK = 'etcd-autopilot';
const WHOLE_MS_MAX = 120_000;
const SEE_EVERY_MS = 250;

/** The names that `<dir>/env` gives to other terminals. */
export interface ClusterNames {
  readonly cluster: string;
  readonly group: string;
  readonly stack: string;
}

/** Starts the region with its cluster and keeps it running until a signal ends it. */
export async function raise(options: UpOptions, terminal: Terminal): Promise<void> {
  const log = (line: string): void => terminal.out(`${line}\n`);
  let region: Region | null = null;
  let isRegionAsked = false;
  const signals: Signals = onSignals(async () => {
    log('stopping');
    // The region ends itself and the process then, also while it is still starting.
    if (isRegionAsked) await signals.never;
  });
  try {
    await ensurePackaged(ROOT, log);
    const etcd = await chosenEtcd({ say: log });
    isRegionAsked = true;
    region = await startRegion({
      dir: options.dir,
      installDir: join(ROOT, '.local'),
      path: [etcd.dir],
      log,
      ...(options.port === undefined ? {} : { port: options.port }),
    });
    const names = await deployAll(region, options, log);
    region.announce(names);
    terminal.out(nextSteps(names, options.dir, 'Ctrl-C here, or '));
    await signals.never;
  } catch (error) {
    // Whatever breaks while everything is being stopped is no failure of its own.
    if (signals.isStopping()) await signals.never;
    await region?.stop();
    throw new Failure(lineOf(error));
  }
}

export const namesOf = (cluster: string): ClusterNames => ({
  cluster,
  group: `etcd-autopilot-${cluster}`,
  stack: STACK,
});

/** Deploys the packaged autopilot and one cluster, and waits until that is whole. */
export async function deployAll(
  region: Pick<Region, 'endpoint' | 'region'>,
  { cluster, size }: Pick<UpOptions, 'cluster' | 'size'>,
  log: (line: string) => void,
): Promise<ClusterNames> {
  const names = namesOf(cluster);
  const network = await defaultNetwork(region);
  const place = { VpcId: network.vpcId, SubnetIds: network.subnetIds.join(',') };
  log(`deploying the autopilot (stack ${STACK})`);
  await deployAutopilot(region, {
    packageDir: join(ROOT, '.serverless'),
    stackName: STACK,
    parameters: place,
  });
  log(`deploying the cluster (stack ${names.group})`);
  await deployCluster(region, {
    stackName: names.group,
    templateText: await readFile(join(ROOT, '.build', 'cluster.yml'), 'utf8'),
    parameters: { ...place, Cluster: cluster, Size: String(size), AutopilotStack: STACK },
  });
  await untilWhole(region, names, size, log);
  return names;
}

async function untilWhole(
  region: Pick<Region, 'endpoint' | 'region'>,
  { cluster, group }: ClusterNames,
  size: number,
  log: (line: string) => void,
): Promise<void> {
  const stage = openStage({ endpoint: region.endpoint, region: region.region, cluster, group });
  const limitMs = performance.now() + WHOLE_MS_MAX;
  let before: Sighting | null = null;
  try {
    while (performance.now() < limitMs) {
      const now = await stage.see();
      for (const line of describeChanges(before, now)) log(`  ${line}`);
      if (isWhole(now, size)) return;
      before = now;
      await sleep(SEE_EVERY_MS);
    }
  } finally {
    stage.close();
  }
  const waits = before?.status?.waits.map(({ kind }) => kind).join(', ');
  throw new Failure(
    `cluster ${cluster} did not become whole within ${WHOLE_MS_MAX / 1_000} s; last waits: ${waits || 'none told'}`,
  );
}

/** What to do with a whole cluster, in another terminal. */
export function nextSteps({ cluster, group }: ClusterNames, dir: string, otherwise: string): string {
  return `
Cluster ${cluster} is whole. In another terminal:

  . ${shownPath(join(dir, 'env'))}
  npx etcd-autopilot status
  aws ssm get-parameters-by-path --recursive --path /etcd-autopilot/${cluster}
  aws autoscaling set-desired-capacity --auto-scaling-group-name ${group} --desired-capacity 5

${otherwise}"npx etcd-autopilot local down" stops everything.
`;
}
