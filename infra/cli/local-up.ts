import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isWhole, openStage, type Sighting } from '../demo/stage.ts';
import { describeChanges } from '../demo/watch.ts';
import { chosenEtcd } from '../etcd/chosen.ts';
import { defaultNetwork, deployAutopilot, deployCluster } from '../local/deploy.ts';
import { unshareFlags } from '../local/namespace.ts';
import { type Region, startRegion } from '../local/region.ts';
import { secure } from '../local/security.ts';
import { Failure, lineOf } from './failure.ts';
import { ROOT, shownPath, type UpOptions } from './local-options.ts';
import { ensurePackaged } from './package-project.ts';
import { onSignals, type Signals } from './signals.ts';
import type { Terminal } from './terminal.ts';

export const STACK = 'etcd-autopilot';
/** Of a cluster that is for trying: nobody waits there until it has been calm for some time. */
export const LOCAL: Readonly<Record<string, string>> = { GateStableSeconds: '0' };
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
    if (options.tls === true) unshareFlags(); // before anything is started, for it may not be possible here
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
    const names = await deploySecured(region, options, etcd.dir, log);
    terminal.out(nextSteps(names, options, 'Ctrl-C here, or '));
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

/** The same with what was asked for of TLS and users; tells other terminals when all is done. */
async function deploySecured(
  region: Region,
  options: UpOptions,
  etcdDir: string,
  log: (line: string) => void,
): Promise<ClusterNames> {
  const { cluster, dir, tls = false, auth = false } = options;
  const security = await secure(region, { cluster, dir: region.dir, etcdDir, tls, auth });
  if (tls)
    log(
      `certificates: ${shownPath(join(dir, 'tls'))}; members are <instance-id>.${security.parameters['Domain']}`,
    );
  const names = await deployAll(region, options, log, etcdDir, security.parameters);
  if (auth) {
    log('switching users on in etcd');
    await security.switchUsersOn(await endpointsOf(region, names));
  }
  region.announce(names, security.client);
  return names;
}

async function endpointsOf(
  region: Pick<Region, 'endpoint' | 'region'>,
  { cluster, group }: ClusterNames,
): Promise<string> {
  const stage = openStage({ endpoint: region.endpoint, region: region.region, cluster, group });
  try {
    return (await stage.see()).endpoints.join(',');
  } finally {
    stage.close();
  }
}

/** Deploys the packaged autopilot and one cluster, and waits until that is whole. */
export async function deployAll(
  region: Pick<Region, 'endpoint' | 'region'>,
  { cluster, size }: Pick<UpOptions, 'cluster' | 'size'>,
  log: (line: string) => void,
  etcdDir: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<ClusterNames> {
  const names = namesOf(cluster);
  const network = await defaultNetwork(region);
  const place = { VpcId: network.vpcId, SubnetIds: network.subnetIds.join(',') };
  log(`deploying the autopilot (stack ${STACK})`);
  await deployAutopilot(region, {
    packageDir: join(ROOT, '.serverless'),
    stackName: STACK,
    parameters: { ...place, EtcdToolsDir: etcdDir },
  });
  log(`deploying the cluster (stack ${names.group})`);
  await deployCluster(region, {
    stackName: names.group,
    templateText: await readFile(join(ROOT, '.build', 'cluster.yml'), 'utf8'),
    parameters: {
      ...place,
      ...LOCAL,
      Cluster: cluster,
      Size: String(size),
      AutopilotStack: STACK,
      ...parameters,
    },
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
export function nextSteps(
  { cluster, group }: ClusterNames,
  options: Pick<UpOptions, 'dir' | 'tls' | 'auth'>,
  otherwise: string,
): string {
  const { dir } = options;
  return `
Cluster ${cluster} is whole. In another terminal:

  . ${shownPath(join(dir, 'env'))}
  npx etcd-autopilot status
  aws ssm get-parameters-by-path --recursive --path /etcd-autopilot/${cluster}
${etcdctlStep(cluster, options)}  aws autoscaling set-desired-capacity --auto-scaling-group-name ${group} --desired-capacity 5

${otherwise}"npx etcd-autopilot local down" stops everything.
`;
}

/** How to talk to a cluster that does not talk to everybody. */
function etcdctlStep(cluster: string, { dir, tls, auth }: Pick<UpOptions, 'dir' | 'tls' | 'auth'>): string {
  if (tls !== true && auth !== true) return '';
  const user = auth === true ? ` --user "root:$(cat ${shownPath(join(dir, 'password'))})"` : '';
  const endpoints = `$(aws ssm get-parameter --name /etcd-autopilot/${cluster}/endpoints --query Parameter.Value --output text)`;
  return `  etcdctl --endpoints "${endpoints}"${user} endpoint status -w table\n`;
}
