import type { Command } from 'commander';
import type { Cloud } from './cloud/ports.ts';
import { Failure } from './failure.ts';
import { checkedCluster } from './launch.ts';
import { clearTheWay, requireUsable } from './stacks/before.ts';
import { carryOut } from './stacks/carry-out.ts';
import {
  addManner,
  addParameters,
  type ChangeOptions,
  concluding,
  EXIT_CODES,
  joined,
  REACH,
  refuse,
  type Setting,
} from './stacks/command.ts';
import { inherited, isNothing, tlsMistakes } from './stacks/inherit.ts';
import { mannerOf } from './stacks/manner.ts';
import { addSettings, type Given, valuesOf, WORKER_SETTINGS } from './stacks/options.ts';
import { packagedTemplate } from './stacks/packaged.ts';
import { checkedStack, type Stack, targetsOf, workersOf, workersStackName } from './stacks/stack.ts';
import { mistakesIn, pairsOf, ruleMistakes, withDefaults } from './stacks/template.ts';
import { nameMistakes, workerMistakes } from './stacks/worker-input.ts';
import { requireNameInZone } from './stacks/zone.ts';

type WorkerOptions = ChangeOptions &
  Given & {
    readonly name: string;
    readonly join: string;
    readonly coreStack?: string;
    readonly stackName?: string;
    readonly replaceFailed?: boolean;
  };

const HELP = `
Creates the stack of a worker group from infra/workers.yml. What it needs to know of the cluster is read from the
cluster's stack. The changes are shown first. A Ctrl-C while the stack is made leaves it going.

  etcd-autopilot launch-workers -n r3-workers -t r3.large -j core -m "instancetype=r3,role=worker"
  etcd-autopilot launch-workers -n web -t t3.small -t t3a.small -j core --size 2 --max-size 10 \\
    --dns-name www.example.org --dns-zone Z0123456789 --service web:8080 --boot-commands web.sh --yes
${REACH}${EXIT_CODES}`;

/** Adds `launch-workers`. */
export function addLaunchWorkers(program: Command, setting: Setting): void {
  const command = program
    .command('launch-workers')
    .description(
      'Launches a group of workers that joins a cluster: shows what will be created, asks, creates it.',
    )
    .requiredOption('-n, --name <name>', 'name of the worker group')
    .requiredOption(
      '-j, --join <cluster>',
      'the cluster that it joins (env: CLUSTER)',
      setting.terminal.env['CLUSTER'] || undefined,
    )
    .option('--core-stack <name>', "name of the cluster's stack, where it is a template of your own")
    .option('--stack-name <name>', "name of the group's stack (default: etcd-autopilot-<cluster>-<name>)")
    .option('--replace-failed', 'delete what an earlier creation that failed left behind');
  addSettings(command, WORKER_SETTINGS);
  addManner(addParameters(command))
    .addHelpText('after', HELP)
    .action((options: WorkerOptions) => launchWorkers(options, setting));
}

async function launchWorkers(options: WorkerOptions, setting: Setting): Promise<void> {
  const { terminal } = setting;
  const manner = mannerOf(terminal, options);
  const cluster = checkedCluster(options.join);
  const { name } = options;
  refuse(nameMistakes(cluster, name));
  const stack = checkedStack(options.stackName ?? workersStackName(cluster, name));
  const template = packagedTemplate('workers', options.template);
  const asked = joined(valuesOf(WORKER_SETTINGS, options), pairsOf(options.parameter));
  refuse(FIXED.filter((key) => asked.has(key)).map((key) => `${key} has an option of its own`));
  refuse(mistakesIn(template, asked, new Set(template.declared.keys())));
  // A name without a zone may be in the cluster's own, which only the cluster's stack tells.
  const early = asked.has('DnsZone') || isNothing(asked.get('DnsName')) ? asked : withoutDns(asked);
  refuse(workerMistakes(cluster, early, withDefaults(template, early)));
  await concluding(setting, manner.json, async (cloud) => {
    const core = await findCore(cloud, { cluster, named: options.coreStack ?? null, name, stack });
    const own = new Map([
      ['Cluster', cluster],
      ['Name', name],
      ['CoreStack', core.name],
    ]);
    const given = new Map([...inherited(template, asked, core), ...own]);
    refuse(tlsMistakes(template, given));
    refuse([
      ...mistakesIn(template, given),
      ...workerMistakes(cluster, given, withDefaults(template, given)),
    ]);
    refuse(ruleMistakes(template, given));
    await requireNameInZone(cloud.zones, given);
    const again = `etcd-autopilot launch-workers -n ${name} -j ${cluster}`;
    const request = { stack, called: name, again, replaceFailed: options.replaceFailed === true };
    const { isThere } = await clearTheWay(cloud, terminal, request, manner);
    const work = { stack, isNew: true, isThere, templateText: template.text, given, kept: [], again };
    const result = await carryOut(cloud, terminal, { ...work, cluster }, manner);
    if (result.outcome === 'done') manner.say(nextSteps(cluster, name));
    return { cluster, name, ...result };
  });
}

const FIXED = ['Cluster', 'Name', 'CoreStack'];

const withoutDns = (values: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([...values].filter(([name]) => !name.startsWith('Dns')));

/** The cluster's stack. @throws {Failure} there is none, it is not ready, or it has a group of that name already */
async function findCore(
  cloud: Cloud,
  {
    cluster,
    named,
    name,
    stack,
  }: {
    readonly cluster: string;
    readonly named: string | null;
    readonly name: string;
    readonly stack: string;
  },
): Promise<Stack> {
  const targets = targetsOf(await cloud.stacks.list());
  const cores = targets.filter((target) => target.kind === 'core');
  const core =
    named === null
      ? cores.find((target) => target.cluster === cluster)?.stack
      : await cloud.stacks.find(named);
  if (core === undefined || core === null) {
    const known = cores.map((target) => target.cluster).join(', ') || 'none';
    throw new Failure(
      named === null
        ? `there is no cluster ${cluster} in this account and region (there is: ${known}): launch it first, or name its stack with --core-stack`
        : `there is no stack ${named} in this account and region`,
    );
  }
  requireUsable(core, cluster);
  const told = core.outputs.get('Cluster') ?? core.parameters.get('Cluster');
  if (told !== cluster)
    throw new Failure(`stack ${core.name} is that of cluster ${told ?? 'unknown'}, not ${cluster}`);
  const same = workersOf(targets, cluster).find((one) => one.kind === 'workers' && one.name === name);
  if (same !== undefined && same.stack.name !== stack) {
    throw new Failure(
      `cluster ${cluster} has a worker group ${name} already, in stack ${same.stack.name}: etcd-autopilot update ${name} changes it`,
    );
  }
  return core;
}

const nextSteps = (cluster: string, name: string): string => `
Worker group ${name} starts now. Each instance is in service when its boot commands are done. See how it goes:

  etcd-autopilot list
  etcd-autopilot status --cluster ${cluster}
`;
