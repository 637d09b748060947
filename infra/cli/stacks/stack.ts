import { Failure } from '../failure.ts';

/** A stack as CloudFormation shows it. */
export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly reason: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
}

/** One resource of a stack. */
export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly status: string;
}

/** What a stack of ours holds. A template copied into a stack of one's own is none of these. */
export type Holding =
  | { readonly kind: 'core'; readonly cluster: string }
  | { readonly kind: 'workers'; readonly cluster: string; readonly name: string; readonly core: string };

/** A stack that holds a cluster or a worker group. */
export type Target = Holding & { readonly stack: Stack };

export const coreStackName = (cluster: string): string => `etcd-autopilot-${cluster}`;
export const workersStackName = (cluster: string, name: string): string =>
  `etcd-autopilot-${cluster}-${name}`;

/** CloudFormation's limit, and what its names are made of. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

/** @throws {Failure} CloudFormation would not take it */
export function checkedStack(name: string): string {
  if (STACK_NAME.test(name)) return name;
  throw new Failure(`"${name}" is no name of a stack: a letter, then up to 127 letters, digits or hyphens`);
}

/** What a stack holds, by its parameters: names are the user's to choose. */
export function holdingOf({ parameters }: Pick<Stack, 'parameters'>): Holding | null {
  const cluster = parameters.get('Cluster');
  if (cluster === undefined) return null;
  const core = parameters.get('CoreStack');
  const name = parameters.get('Name');
  if (core !== undefined && name !== undefined) return { kind: 'workers', cluster, name, core };
  return parameters.has('AutopilotStack') && parameters.has('Size') ? { kind: 'core', cluster } : null;
}

/** All stacks that hold something of ours. */
export const targetsOf = (stacks: readonly Stack[]): readonly Target[] =>
  stacks.flatMap((stack) => {
    const holding = holdingOf(stack);
    return holding === null ? [] : [{ ...holding, stack }];
  });

/** The worker stacks of a cluster. */
export const workersOf = (targets: readonly Target[], cluster: string): readonly Target[] =>
  targets.filter((target) => target.kind === 'workers' && target.cluster === cluster);

/** In words: `cluster core` or `worker group web of cluster core`. */
export const titleOf = (holding: Holding): string =>
  holding.kind === 'core'
    ? `cluster ${holding.cluster}`
    : `worker group ${holding.name} of cluster ${holding.cluster}`;

/**
 * The one stack that is meant by a name: of a cluster, of a worker group (of `cluster`, where that is given), or its own.
 *
 * @throws {Failure} nothing is called so, or several things are
 */
export function findTarget(targets: readonly Target[], name: string, cluster: string | null): Target {
  const within = cluster === null ? targets : targets.filter((target) => target.cluster === cluster);
  const exact = within.filter(({ stack }) => stack.name === name);
  const found = exact.length > 0 ? exact : within.filter((target) => calledName(target) === name);
  const [first, ...others] = found;
  if (first === undefined) throw new Failure(notFound(within, name, cluster));
  if (others.length === 0) return first;
  const names = found.map((target) => `${titleOf(target)} (stack ${target.stack.name})`).join(', ');
  throw new Failure(`"${name}" may be ${names}: name the stack, or give -j CLUSTER`);
}

const calledName = (target: Target): string => (target.kind === 'core' ? target.cluster : target.name);

function notFound(targets: readonly Target[], name: string, cluster: string | null): string {
  const where = cluster === null ? 'in this account and region' : `of cluster ${cluster}`;
  const known = targets.map(calledName).sort();
  const hint = known.length === 0 ? 'there is none at all' : `there is: ${[...new Set(known)].join(', ')}`;
  return `there is no cluster and no worker group "${name}" ${where}; ${hint}`;
}

/** CloudFormation's states, sorted by what can be done in them. */
export type Condition = 'usable' | 'busy' | 'failedCreation' | 'stuck' | 'planned' | 'gone';

/** What can be done with a stack in this state; a state that nobody knows is `stuck`. */
export function conditionOf(status: string): Condition {
  if (status === 'DELETE_COMPLETE') return 'gone';
  if (status === 'REVIEW_IN_PROGRESS') return 'planned';
  if (/_IN_PROGRESS$/.test(status)) return 'busy';
  if (/^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE$/.test(status)) return 'usable';
  if (/^(ROLLBACK_COMPLETE|ROLLBACK_FAILED|CREATE_FAILED)$/.test(status)) return 'failedCreation';
  return 'stuck';
}
