import type { Command } from 'commander';
import type { Cloud, GroupShape } from './cloud/ports.ts';
import { Failure } from './failure.ts';
import type { Outcome, Result } from './stacks/carry-out.ts';
import { countText } from './stacks/change-text.ts';
import { addManner, concluding, EXIT_CODES, REACH, type Setting } from './stacks/command.ts';
import { confirm, type Manner, type MannerOptions, mannerOf } from './stacks/manner.ts';
import { removeStack } from './stacks/remove.ts';
import { conditionOf, findTarget, type Target, targetsOf, titleOf, workersOf } from './stacks/stack.ts';

interface DestroyOptions extends MannerOptions {
  readonly join?: string;
  readonly withWorkers?: boolean;
  readonly evenWithWorkers?: boolean;
}

const HELP = `
<name> is that of a cluster, of a worker group, or of a stack. What goes is shown first. With a cluster all its data
goes. A cluster that workers have joined is not deleted, unless told: --with-workers deletes their stacks first,
--even-with-workers deletes the cluster under them (CloudFormation refuses that where their stacks import from it).

  etcd-autopilot destroy r3-workers -j core
  etcd-autopilot destroy core --with-workers --yes
${REACH}${EXIT_CODES}`;

/** Adds `destroy`. */
export function addDestroy(program: Command, setting: Setting): void {
  const command = program
    .command('destroy')
    .description(
      'Deletes a cluster or a worker group: shows what goes, asks, deletes it, and tells how it goes.',
    )
    .argument('<name>', 'a cluster, a worker group, or a stack')
    .option('-j, --join <cluster>', 'the cluster of the worker group, where several have one of that name')
    .option('--with-workers', 'delete the worker groups of the cluster first')
    .option('--even-with-workers', 'delete the cluster although workers have joined it');
  addManner(command)
    .addHelpText('after', HELP)
    .action((name: string, options: DestroyOptions) => destroy(name, options, setting));
}

async function destroy(name: string, options: DestroyOptions, setting: Setting): Promise<void> {
  const { terminal } = setting;
  const manner = mannerOf(terminal, options);
  if (options.withWorkers === true && options.evenWithWorkers === true) {
    throw new Failure('--with-workers and --even-with-workers exclude each other');
  }
  await concluding(setting, manner.json, async (cloud) => {
    const targets = targetsOf(await cloud.stacks.list());
    const target = findTarget(targets, name, options.join ?? null);
    const groups = (await cloud.groups.list()).filter(({ cluster }) => cluster === target.cluster);
    const going = goingOf(target, targets, groups, options);
    refuseBusy(going);
    manner.say(await goingText(cloud, going, groups));
    if (manner.dryRun) return { outcome: 'planned', results: [] };
    const sure = await confirm(terminal, manner, `Delete ${countText(going.length, 'stack')}?`);
    if (!sure) return { outcome: 'declined', results: [] };
    const results = await removeInTurn(setting, cloud, going, manner, againText(name, options));
    return { outcome: results.at(-1)?.outcome ?? 'done', results };
  });
}

const againText = (name: string, { join, withWorkers }: DestroyOptions): string =>
  `etcd-autopilot destroy ${name}${join === undefined ? '' : ` -j ${join}`}${withWorkers === true ? ' --with-workers' : ''}`;

/**
 * The stacks to delete, in order.
 *
 * @throws {Failure} workers have joined the cluster, and nothing says what becomes of them
 */
function goingOf(
  target: Target,
  targets: readonly Target[],
  groups: readonly GroupShape[],
  { withWorkers = false, evenWithWorkers = false }: DestroyOptions,
): readonly Target[] {
  if (target.kind === 'workers') return [target];
  const workers = workersOf(targets, target.cluster);
  const stacks = new Set(workers.map(({ stack }) => stack.name));
  const others = groups.filter(
    ({ role, stack, instances }) => role === 'worker' && instances.length > 0 && !stacks.has(stack ?? ''),
  );
  if (evenWithWorkers) return [target];
  if (others.length > 0) {
    throw new Failure(
      `cluster ${target.cluster} has workers of other stacks: ${others.map(({ name }) => name).join(', ')}; remove them, or give --even-with-workers`,
    );
  }
  if (workers.length > 0 && !withWorkers) {
    const names = workers.map((one) => (one.kind === 'workers' ? one.name : one.cluster)).join(', ');
    throw new Failure(
      `cluster ${target.cluster} has workers: ${names}; destroy them first, or give --with-workers or --even-with-workers`,
    );
  }
  return [...workers, target];
}

function refuseBusy(going: readonly Target[]): void {
  const busy = going.filter(
    ({ stack }) => conditionOf(stack.status) === 'busy' && stack.status !== 'DELETE_IN_PROGRESS',
  );
  if (busy.length === 0) return;
  const names = busy.map(({ stack }) => `${stack.name} (${stack.status})`).join(', ');
  throw new Failure(`at work: ${names}; wait until they rest`);
}

/** What goes, for people. */
async function goingText(
  cloud: Cloud,
  going: readonly Target[],
  groups: readonly GroupShape[],
): Promise<string> {
  const parts = await Promise.all(
    going.map(async (target) => {
      const resources = await cloud.stacks.resources(target.stack.id);
      const living = resources.filter(({ status }) => status !== 'DELETE_COMPLETE');
      const own = groups.filter(({ stack }) => stack === target.stack.name);
      return targetText(target, living.length, own);
    }),
  );
  return `to delete:\n\n${parts.join('')}`;
}

function targetText(target: Target, resourceCount: number, groups: readonly GroupShape[]): string {
  const { stack, kind } = target;
  const lines = groups.map(({ name, instances }) => {
    const ids = instances.map(({ id }) => id).join(', ');
    return `    group ${name}: ${countText(instances.length, 'instance')}${ids === '' ? '' : `: ${ids}`}\n`;
  });
  const data =
    kind === 'core' && groups.length > 0 ? ['    all data of this cluster: nothing of it is kept\n'] : [];
  return [
    `  ${titleOf(target)}: stack ${stack.name} (${stack.status}), ${countText(resourceCount, 'resource')}\n`,
    ...lines,
    ...data,
  ].join('');
}

/** One after the other; what comes after a failure stays. */
async function removeInTurn(
  { terminal }: Setting,
  cloud: Cloud,
  going: readonly Target[],
  manner: Manner,
  again: string,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const { stack } of going) {
    const result = await removeStack(cloud, terminal, stack, manner, again);
    results.push(result);
    if (!ENDED_WELL.has(result.outcome)) break;
  }
  return results;
}

const ENDED_WELL: ReadonlySet<Outcome> = new Set(['done']);
