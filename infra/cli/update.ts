import type { Command } from 'commander';
import type { Cloud } from './cloud/ports.ts';
import { Failure } from './failure.ts';
import { requireUsable } from './stacks/before.ts';
import { carryOut } from './stacks/carry-out.ts';
import type { Change } from './stacks/change-set.ts';
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
import {
  addSettings,
  CORE_SETTINGS,
  type Given,
  strangersTo,
  valuesOf,
  WORKER_SETTINGS,
} from './stacks/options.ts';
import { packagedTemplate } from './stacks/packaged.ts';
import { replacingText, sizeMistakes } from './stacks/replacing.ts';
import { findTarget, type Target, targetsOf, titleOf } from './stacks/stack.ts';
import { mistakesIn, pairsOf, ruleMistakes, type Template, withDefaults } from './stacks/template.ts';
import { workerMistakes } from './stacks/worker-input.ts';
import { requireNameInZone } from './stacks/zone.ts';

type UpdateOptions = ChangeOptions & Given & { readonly join?: string; readonly keepTemplate?: boolean };

/** What a cluster and a worker group are known by. */
const FIXED = ['Cluster', 'Name', 'CoreStack', 'AutopilotStack'];

const HELP = `
<name> is that of a cluster, of a worker group, or of a stack. The stack gets the template of this version, with the
parameters it has and those that are given here. Every replacement is named before anything happens. What becomes of
instances that run is the parameter Updates (--updates): refresh, rolling or new-only. A gate refuses the update of a
cluster while it could not lose one more member, and says why.

  etcd-autopilot update core --dry-run
  etcd-autopilot update core -t m7g.large --yes
  etcd-autopilot update r3-workers -j core -t r5.large --max-size 20 --keep-template
${REACH}${EXIT_CODES}`;

/** Adds `update`. */
export function addUpdate(program: Command, setting: Setting): void {
  const command = program
    .command('update')
    .description(
      'Changes a cluster or a worker group: shows what changes and what is replaced, asks, and does it.',
    )
    .argument('<name>', 'a cluster, a worker group, or a stack')
    .option('-j, --join <cluster>', 'the cluster of the worker group, where several have one of that name')
    .option('--keep-template', 'change parameters only');
  addSettings(command, [...CORE_SETTINGS, ...WORKER_SETTINGS]);
  addManner(addParameters(command))
    .addHelpText('after', HELP)
    .action((name: string, options: UpdateOptions) => update(name, options, setting));
}

async function update(name: string, options: UpdateOptions, setting: Setting): Promise<void> {
  const { terminal } = setting;
  const manner = mannerOf(terminal, options);
  const pairs = pairsOf(options.parameter);
  if (options.keepTemplate === true && options.template !== undefined) {
    throw new Failure('--keep-template and --template exclude each other');
  }
  refuse(
    FIXED.filter((key) => pairs.has(key)).map((key) => `${key} cannot be changed: launch a new one instead`),
  );
  await concluding(setting, manner.json, async (cloud) => {
    const target = findTarget(targetsOf(await cloud.stacks.list()), name, options.join ?? null);
    requireUsable(target.stack, name);
    const given = givenOf(target, options, pairs);
    const template = options.keepTemplate === true ? null : packagedTemplate(target.kind, options.template);
    const kept = keptOf(target, template, given);
    refuse(template === null ? unknownOf(target, given) : mistakesIn(template, given, new Set(kept)));
    const values = await requireFitting(cloud, target, template, given, kept);
    const again = `etcd-autopilot update ${name}`;
    const templateText = template?.text ?? null;
    const { kind, cluster, stack } = target;
    const told = (changes: readonly Change[]) => replacingText(kind, values, changes);
    const work = { stack: stack.name, isNew: false, isThere: true, templateText, given, kept, again };
    return { kind, cluster, ...(await carryOut(cloud, terminal, { ...work, cluster, told }, manner)) };
  });
}

/** What the options ask for. @throws {Failure} an option is of the other kind of stack */
function givenOf(
  target: Target,
  options: UpdateOptions,
  pairs: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const all = [...CORE_SETTINGS, ...WORKER_SETTINGS];
  const own = target.kind === 'core' ? CORE_SETTINGS : WORKER_SETTINGS;
  const strangers = strangersTo(own, all, options);
  refuse(strangers.map((flag) => `${flag} is nothing that ${titleOf(target)} has`));
  return joined(valuesOf(own, options), pairs);
}

/** Parameters that keep their value: those that the stack has, and the template still knows. */
const keptOf = (
  { stack }: Target,
  template: Template | null,
  given: ReadonlyMap<string, string>,
): readonly string[] =>
  [...stack.parameters.keys()].filter(
    (name) => !given.has(name) && (template === null || template.declared.has(name)),
  );

const unknownOf = ({ stack }: Target, given: ReadonlyMap<string, string>): readonly string[] =>
  [...given.keys()]
    .filter((name) => !stack.parameters.has(name))
    .map((name) => `the template of stack ${stack.name} has no parameter ${name}`);

/** The values that the stack will have. @throws {Failure} they do not go together, or with the group as it is */
async function requireFitting(
  cloud: Cloud,
  target: Target,
  template: Template | null,
  given: ReadonlyMap<string, string>,
  kept: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { kind, cluster, stack } = target;
  const before = kept.map((name) => [name, stack.parameters.get(name) ?? ''] as const);
  const values = new Map([...before, ...given]);
  if (template !== null) refuse(ruleMistakes(template, values));
  const whole = template === null ? values : withDefaults(template, values);
  if (whole.get('Updates') === 'rolling')
    refuse(sizeMistakes(titleOf(target), whole, given, await desiredOf(cloud, stack.name)));
  if (kind === 'core') return whole;
  refuse(workerMistakes(cluster, given, whole));
  if (given.has('DnsName') || given.has('DnsZone')) await requireNameInZone(cloud.zones, whole);
  return whole;
}

/** How many instances the group in that stack is to have; `null`: there is no such group. */
async function desiredOf(cloud: Cloud, stack: string): Promise<number | null> {
  const groups = await cloud.groups.list();
  return groups.find((group) => group.stack === stack)?.desired ?? null;
}
