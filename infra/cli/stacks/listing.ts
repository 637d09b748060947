import { type ClusterHealth, decodeStatus } from '../../../functions/core/status.ts';
import type { GroupShape } from '../cloud/ports.ts';
import { tableText } from '../table.ts';
import { conditionOf, type Target } from './stack.ts';

/** Everything that was launched, by cluster. */
export interface Listing {
  readonly clusters: readonly ListedCluster[];
}

export interface ListedCluster {
  readonly name: string;
  /** `unknown`: the autopilot has not published any yet, or in a form of another version. */
  readonly health: ClusterHealth | 'unknown';
  readonly voterCount: number | null;
  readonly answeringCount: number | null;
  readonly publishedAt: string | null;
  readonly stack: ListedStack | null;
  readonly groups: readonly ListedGroup[];
  readonly workers: readonly ListedWorkers[];
}

export interface ListedStack {
  readonly name: string;
  readonly status: string;
}

export interface ListedGroup {
  readonly name: string;
  readonly desired: number;
  readonly inServiceCount: number;
  readonly instanceCount: number;
  readonly types: readonly string[];
}

export interface ListedWorkers {
  readonly name: string;
  readonly metadata: string;
  readonly stack: ListedStack | null;
  /** Absent while the stack has not made it yet. */
  readonly group: ListedGroup | null;
}

/** `statuses`: the parameter `status` of each cluster, `null` where there is none. */
export function listingOf(
  targets: readonly Target[],
  groups: readonly GroupShape[],
  statuses: ReadonlyMap<string, string | null>,
): Listing {
  const clusters = [...statuses].map(([cluster, status]) =>
    clusterOf(
      cluster,
      targets.filter((target) => target.cluster === cluster),
      groups.filter((group) => group.cluster === cluster),
      status,
    ),
  );
  return { clusters };
}

function clusterOf(
  name: string,
  targets: readonly Target[],
  groups: readonly GroupShape[],
  statusText: string | null,
): ListedCluster {
  const status = statusText === null ? null : decodeStatus(statusText);
  const core = targets.find(({ kind }) => kind === 'core');
  return {
    name,
    health: status?.health ?? 'unknown',
    voterCount: status?.voters.length ?? null,
    answeringCount: status?.voters.filter(({ answers }) => answers).length ?? null,
    publishedAt: status?.at ?? null,
    stack: core === undefined ? null : shortOf(core),
    groups: groups.filter(({ role }) => role !== 'worker').map(groupOf),
    workers: workersOf(targets, groups),
  };
}

const shortOf = ({ stack }: Target): ListedStack => ({ name: stack.name, status: stack.status });

const groupOf = ({ name, desired, instances }: GroupShape): ListedGroup => ({
  name,
  desired,
  inServiceCount: instances.filter(({ inService }) => inService).length,
  instanceCount: instances.length,
  types: [...new Set(instances.map(({ type }) => type).filter((type) => type !== ''))].sort(),
});

/** Those of our stacks, whether their group is there or not, and groups of other origin. */
function workersOf(targets: readonly Target[], groups: readonly GroupShape[]): readonly ListedWorkers[] {
  const workers = groups.filter(({ role }) => role === 'worker');
  const ours = targets.flatMap((target): readonly ListedWorkers[] => {
    if (target.kind !== 'workers') return [];
    const group = workers.find(({ stack }) => stack === target.stack.name);
    const metadata = group?.metadata ?? target.stack.parameters.get('Metadata') ?? '';
    return [
      {
        name: target.name,
        metadata,
        stack: shortOf(target),
        group: group === undefined ? null : groupOf(group),
      },
    ];
  });
  const known = new Set(ours.map(({ group }) => group?.name));
  const others = workers
    .filter(({ name }) => !known.has(name))
    .map((group) => ({ name: group.name, metadata: group.metadata, stack: null, group: groupOf(group) }));
  return [...ours, ...others];
}

/** Whether every cluster is healthy, and every stack whole. */
export const isAllWell = ({ clusters }: Listing): boolean =>
  clusters.every(
    ({ health, stack, workers }) =>
      health === 'healthy' && [stack, ...workers.map((one) => one.stack)].every(isWhole),
  );

/** What is of no stack of ours is not judged. */
const isWhole = (stack: ListedStack | null): boolean =>
  stack === null || ['usable', 'busy'].includes(conditionOf(stack.status));

/** The list for people. */
export function listText({ clusters }: Listing): string {
  if (clusters.length === 0) return 'there is no cluster; launch one with: etcd-autopilot launch\n';
  const head = ['cluster', 'health', 'voters', 'in service', 'types', 'stack', 'state'];
  const rows = clusters.map((cluster) => [
    cluster.name,
    WORDS[cluster.health],
    cluster.voterCount === null ? '-' : `${cluster.answeringCount} of ${cluster.voterCount}`,
    cluster.groups.map(servingText).join(' + ') || '-',
    typesText(cluster.groups),
    cluster.stack?.name ?? '-',
    cluster.stack?.status ?? '-',
  ]);
  return `${tableText([head, ...rows])}${workersText(clusters)}`;
}

const WORDS: Readonly<Record<ListedCluster['health'], string>> = {
  healthy: 'healthy',
  degraded: 'degraded',
  quorumLost: 'no quorum answers',
  unknown: 'unknown',
};

function workersText(clusters: readonly ListedCluster[]): string {
  const rows = clusters.flatMap(({ name, workers }) =>
    workers.map((one) => [
      one.name,
      name,
      one.group === null ? '-' : servingText(one.group),
      typesText(one.group === null ? [] : [one.group]),
      one.metadata || '-',
      one.stack?.name ?? '-',
      one.stack?.status ?? '-',
    ]),
  );
  if (rows.length === 0) return '';
  const head = ['workers', 'cluster', 'in service', 'types', 'metadata', 'stack', 'state'];
  return `\n${tableText([head, ...rows])}`;
}

const servingText = ({ inServiceCount, desired }: ListedGroup): string => `${inServiceCount} of ${desired}`;

const typesText = (groups: readonly ListedGroup[]): string =>
  [...new Set(groups.flatMap(({ types }) => types))].join(', ') || '-';
