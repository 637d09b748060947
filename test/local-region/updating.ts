import { DescribeStackEventsCommand } from '@aws-sdk/client-cloudformation';
import { OurCluster } from '../../infra/bench/our-cluster.ts';
import { tableText } from '../../infra/cli/table.ts';
import { openEtcdHttp } from '../../infra/demo/etcd-http.ts';
import { isWhole } from '../../infra/demo/stage.ts';
import { cloudFormation, StackFailedError } from '../../infra/local/stacks.ts';
import { type Theatre, until } from './stage.ts';

/** One event of a stack, as an operator reads it. */
export interface StackWord {
  readonly atMs: number;
  readonly resource: string;
  readonly status: string;
  readonly reason: string;
}

/** A cluster whose stack is updated, by the monotonic clock of all that is measured. */
export interface Updating {
  readonly cluster: OurCluster;
  /** Instances in service at the beginning, in order. */
  readonly originals: readonly string[];
  /** Updates the stack and tells how that failed; `null`: it did not. */
  failureOf(
    parameters: Readonly<Record<string, string>>,
    templateText?: string,
  ): Promise<StackFailedError | null>;
  /** What the stack told since a time, oldest first. */
  words(sinceMs: number): Promise<readonly StackWord[]>;
  /** Instances whose state changed between two times, and those that came. */
  touched(sinceMs: number, untilMs?: number): readonly string[];
  /** Names of the voters, as any etcd that answers tells them. */
  voters(): Promise<readonly string[]>;
  /** Stops etcd on these instances where it is, or lets it go on. */
  freeze(ids: readonly string[], isFrozen: boolean): void;
  untilWhole(seconds: number): Promise<void>;
  close(): void;
}

/** Founds a cluster by its stack and waits until that is complete and everybody votes. */
export async function foundUpdating(
  { region }: Theatre,
  name: string,
  parameters: Readonly<Record<string, string>> = {},
  size = 3,
): Promise<Updating> {
  const cluster = new OurCluster(region, name, size, parameters);
  const client = cloudFormation(region);
  const untilWhole = (seconds: number) =>
    until(`${name} is whole`, seconds, async () => isWhole(await cluster.stage.see(), size));
  await cluster.found();
  await cluster.untilComplete();
  await untilWhole(60);
  const originals = (await cluster.stage.see()).instances.map(({ id }) => id).sort();
  return {
    cluster,
    originals,
    failureOf: (given, templateText) =>
      cluster.update(given, templateText).then(
        () => null,
        (error: unknown) => {
          if (error instanceof StackFailedError) return error;
          throw error;
        },
      ),
    words: async (sinceMs) => {
      const answer = await client.send(new DescribeStackEventsCommand({ StackName: cluster.group }));
      const originMs = Date.now() - performance.now();
      return (answer.StackEvents ?? [])
        .map((event) => ({
          atMs: Number(event.Timestamp) - originMs,
          resource: event.LogicalResourceId ?? '',
          status: event.ResourceStatus ?? '',
          reason: event.ResourceStatusReason ?? '',
        }))
        .filter(({ atMs }) => atMs >= sinceMs)
        .toSorted((left, right) => left.atMs - right.atMs);
    },
    touched: (sinceMs, untilMs = Number.POSITIVE_INFINITY) => {
      const changes = cluster.fleet.changes.filter(({ atMs }) => atMs >= sinceMs && atMs < untilMs);
      return [...new Set(changes.map(({ instanceId }) => instanceId))].sort();
    },
    voters: () => votersOf(cluster),
    freeze: (ids, isFrozen) => {
      for (const id of ids) region.machines.signal(id, 'etcd', isFrozen ? 'SIGSTOP' : 'SIGCONT');
    },
    untilWhole,
    close: () => {
      client.destroy();
      cluster.close();
    },
  };
}

async function votersOf(cluster: OurCluster): Promise<readonly string[]> {
  const etcd = openEtcdHttp();
  try {
    for (const { address } of cluster.fleet.views()) {
      const list = await etcd.members(`http://${address}:2379`).catch(() => null);
      if (list !== null)
        return list
          .filter(({ isLearner }) => !isLearner)
          .map(({ name }) => name)
          .sort();
    }
    throw new Error('no etcd answers');
  } finally {
    etcd.close();
  }
}

const REASON_CHARS = 240;

/** The stack's words as a table; a resource that has nothing to say but its state is told only where that failed. */
export function wordsText(title: string, words: readonly StackWord[], fromMs: number): string {
  const rows = words
    .filter(({ reason, status }) => reason !== '' || status.endsWith('_FAILED'))
    .map(({ atMs, resource, status, reason }) => [
      ((atMs - fromMs) / 1_000).toFixed(1),
      resource,
      status,
      reason.length > REASON_CHARS ? `${reason.slice(0, REASON_CHARS)}…` : reason,
    ]);
  return `\nshow ${title}\n${tableText([['s', 'resource', 'state', 'reason'], ...rows])}`;
}
