import type { Command } from 'commander';
import { CLUSTER_NAME } from '../../functions/core/names.ts';
import type { Cloud } from './cloud/ports.ts';
import { Failure } from './failure.ts';
import { clearTheWay, requireUsable } from './stacks/before.ts';
import { carryOut, type Result } from './stacks/carry-out.ts';
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
import { mannerOf } from './stacks/manner.ts';
import { addSettings, CORE_SETTINGS, type Given, valuesOf } from './stacks/options.ts';
import { packagedTemplate } from './stacks/packaged.ts';
import { checkedStack, coreStackName, targetsOf } from './stacks/stack.ts';
import { mistakesIn, pairsOf, ruleMistakes } from './stacks/template.ts';

export type LaunchOptions = ChangeOptions &
  Given & {
    readonly name: string;
    readonly stack: string;
    readonly stackName?: string;
    readonly replaceFailed?: boolean;
  };

/** Filled from the autopilot's outputs where they are not given. */
const FROM_AUTOPILOT = ['VpcId', 'SubnetIds'];

const HELP = `
Creates the stack of a cluster from infra/cluster.yml. VPC and subnets are those of the autopilot's stack, unless given.
The changes are shown first. A Ctrl-C while the stack is made leaves it going.

  etcd-autopilot launch
  etcd-autopilot launch -n blue -t m7g.medium --size 5 --parameter AlarmTopicArn=arn:aws:sns:... --yes
${REACH}${EXIT_CODES}`;

/** Adds `launch`. */
export function addLaunch(program: Command, setting: Setting, defaultStack: string): void {
  const command = program
    .command('launch')
    .description(
      'Launches an etcd cluster: shows what will be created, asks, creates it, and tells how it goes.',
    )
    .option('-n, --name <cluster>', 'name of the cluster', 'core');
  addLaunching(command, defaultStack)
    .addHelpText('after', HELP)
    .action((options: LaunchOptions) => launch(options, setting));
}

/** Adds the options of every command that makes a cluster, apart from its name. */
export function addLaunching(command: Command, defaultStack: string): Command {
  command
    .option('--stack <name>', "name of the autopilot's stack (env: STACK)", defaultStack)
    .option('--stack-name <name>', "name of the cluster's stack (default: etcd-autopilot-<cluster>)")
    .option('--replace-failed', 'delete what an earlier creation that failed left behind');
  addSettings(command, CORE_SETTINGS);
  return addManner(addParameters(command));
}

/** What a launch needs beside what was given, made when the cluster is known to be new. */
type Prepare = (
  cloud: Cloud,
  given: ReadonlyMap<string, string>,
  say: (text: string) => void,
) => Promise<ReadonlyMap<string, string>>;

export async function launch(options: LaunchOptions, setting: Setting, prepare?: Prepare): Promise<void> {
  const { terminal } = setting;
  const manner = mannerOf(terminal, options);
  const cluster = checkedCluster(options.name);
  const stack = checkedStack(options.stackName ?? coreStackName(cluster));
  const template = packagedTemplate('core', options.template);
  const asked = joined(valuesOf(CORE_SETTINGS, options), pairsOf(options.parameter));
  const fixed = new Map([
    ['Cluster', cluster],
    ['AutopilotStack', options.stack],
  ]);
  refuse(
    [...fixed.keys()].filter((name) => asked.has(name)).map((name) => `${name} has an option of its own`),
  );
  refuse(mistakesIn(template, new Map([...asked, ...fixed]), new Set(FROM_AUTOPILOT)));
  refuse(ruleMistakes(template, asked));
  await concluding(setting, manner.json, async (cloud) => {
    const network = await networkOf(cloud, options.stack, asked);
    await requireNew(cloud, cluster, stack);
    const again = `etcd-autopilot launch -n ${cluster}`;
    const request = { stack, called: cluster, again, replaceFailed: options.replaceFailed === true };
    const { isThere } = await clearTheWay(cloud, terminal, request, manner);
    const prepared = (await prepare?.(cloud, asked, manner.say)) ?? [];
    const given = new Map([...network, ...asked, ...fixed, ...prepared]);
    const work = { stack, isNew: true, isThere, templateText: template.text, given, kept: [], again };
    const result = await carryOut(cloud, terminal, { ...work, cluster }, manner);
    if (result.outcome === 'done') manner.say(nextSteps(cluster));
    return { cluster, ...result } satisfies Result & { readonly cluster: string };
  });
}

export function checkedCluster(name: string): string {
  if (CLUSTER_NAME.test(name)) return name;
  throw new Failure(
    `"${name}" is not a cluster name: a lower-case letter, then up to 31 lower-case letters, digits or hyphens`,
  );
}

/** What the autopilot's stack tells of its network, for what is not given. */
async function networkOf(
  cloud: Cloud,
  autopilot: string,
  given: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const found = await cloud.stacks.find(autopilot);
  if (found === null) {
    throw new Failure(
      `there is no stack ${autopilot} in this account and region: deploy the autopilot first (README, Deploy), or name its stack with --stack`,
    );
  }
  requireUsable(found, autopilot);
  const wanted = FROM_AUTOPILOT.filter((name) => !given.has(name));
  const missing = wanted.filter((name) => !found.outputs.get(name));
  if (missing.length > 0) {
    throw new Failure(
      `stack ${autopilot} has no output ${missing.join(' and ')}: deploy its newest version, or give --vpc and --subnet`,
    );
  }
  return new Map(wanted.map((name) => [name, found.outputs.get(name) ?? '']));
}

/** @throws {Failure} another stack has a cluster of that name */
async function requireNew(cloud: Cloud, cluster: string, stack: string): Promise<void> {
  const others = targetsOf(await cloud.stacks.list()).filter(
    (target) => target.kind === 'core' && target.cluster === cluster && target.stack.name !== stack,
  );
  const [other] = others;
  if (other !== undefined) {
    throw new Failure(
      `cluster ${cluster} exists already, in stack ${other.stack.name}: etcd-autopilot update ${cluster} changes it`,
    );
  }
}

const nextSteps = (cluster: string): string => `
Cluster ${cluster} is there: all its voters answer. See how it is:

  etcd-autopilot status --cluster ${cluster}
  etcd-autopilot launch-workers -n NAME -t TYPE -j ${cluster}
`;
