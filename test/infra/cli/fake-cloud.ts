import type { SourceBucket } from '../../../infra/cli/backup/source.ts';
import type { ChangeSetRequest, Cloud, GroupShape, MadeChangeSet } from '../../../infra/cli/cloud/ports.ts';
import { Failure } from '../../../infra/cli/failure.ts';
import type { Change, ChangeSet } from '../../../infra/cli/stacks/change-set.ts';
import type { StackEvent } from '../../../infra/cli/stacks/events.ts';
import type { Stack } from '../../../infra/cli/stacks/stack.ts';

export const stackOf = (name: string, fields: Partial<Stack> = {}): Stack => ({
  id: `arn:${name}`,
  name,
  status: 'CREATE_COMPLETE',
  reason: '',
  parameters: new Map(),
  outputs: new Map(),
  ...fields,
});

export const autopilotStack = stackOf('etcd-autopilot', {
  outputs: new Map([
    ['VpcId', 'vpc-1'],
    ['SubnetIds', 'subnet-1,subnet-2'],
  ]),
});

export const coreStack = (cluster: string, fields: Partial<Stack> = {}): Stack =>
  stackOf(`etcd-autopilot-${cluster}`, {
    parameters: new Map([
      ['Cluster', cluster],
      ['AutopilotStack', 'etcd-autopilot'],
      ['Size', '3'],
      ['InstanceType', 't3.medium'],
      ['VpcId', 'vpc-1'],
      ['SubnetIds', 'subnet-1,subnet-2'],
    ]),
    outputs: new Map([
      ['Cluster', cluster],
      ['AutopilotStack', 'etcd-autopilot'],
      ['Zone', 'Z1'],
      ['Tls', 'none'],
    ]),
    ...fields,
  });

export const workersStack = (cluster: string, name: string, fields: Partial<Stack> = {}): Stack =>
  stackOf(`etcd-autopilot-${cluster}-${name}`, {
    parameters: new Map([
      ['Cluster', cluster],
      ['CoreStack', `etcd-autopilot-${cluster}`],
      ['Name', name],
      ['AutopilotStack', 'etcd-autopilot'],
      ['Size', '2'],
    ]),
    ...fields,
  });

export const changeOf = (logicalId: string, fields: Partial<Change> = {}): Change => ({
  action: 'add',
  logicalId,
  type: 'AWS::EC2::SecurityGroup',
  physicalId: null,
  replacement: 'no',
  old: 'deleted',
  because: [],
  ...fields,
});

/** A group of cluster core. */
export const groupOf = (
  name: string,
  role: string,
  ids: readonly string[],
  stack: string | null = name,
): GroupShape => ({
  name,
  cluster: 'core',
  role,
  stack,
  metadata: '',
  desired: ids.length,
  instances: ids.map((id) => ({ id, inService: true, type: 't3.medium' })),
});

export interface FakeSettings {
  readonly stacks?: readonly Stack[];
  readonly groups?: readonly GroupShape[];
  readonly parameters?: ReadonlyMap<string, string>;
  readonly zones?: ReadonlyMap<string, string>;
  /** What the change set says; ready with one addition by default. */
  readonly changeSet?: Partial<ChangeSet>;
  /** How often the change set is not ready yet. */
  readonly pendingCount?: number;
  /** Events of resources while a stack is worked on. */
  readonly happening?: readonly Partial<StackEvent>[];
  /** Where it ends, other than as asked. `null`: it does not. */
  readonly endsIn?: string | null;
  /** What S3 holds, by `bucket/key`. */
  readonly objects?: Map<string, Buffer>;
  /** What refuses a deletion. */
  readonly refusal?: string;
}

/** A platform in memory; time passes only by sleeping. `done` tells what was changed, in order. */
export function openFakeCloud(
  settings: FakeSettings = {},
): Cloud & { readonly done: string[]; requests: ChangeSetRequest[] } {
  const stacks = new Map((settings.stacks ?? []).map((stack) => [stack.id, stack]));
  const events = new Map<string, StackEvent[]>();
  const requests: ChangeSetRequest[] = [];
  const done: string[] = [];
  let [nowMs, pending, count] = [0, settings.pendingCount ?? 0, 0];
  const byName = (nameOrId: string): Stack | undefined =>
    stacks.get(nameOrId) ??
    [...stacks.values()].find(({ name, status }) => name === nameOrId && status !== 'DELETE_COMPLETE');
  const happen = (stackId: string, event: Partial<StackEvent>): void => {
    count += 1;
    const base = {
      id: `e${count}`,
      atMs: nowMs,
      logicalId: 's',
      physicalId: '',
      type: 'T',
      status: '',
      reason: '',
    };
    events.set(stackId, [...(events.get(stackId) ?? []), { ...base, ...event }]);
  };
  const work = (stackId: string, word: string): void => {
    const own = { type: 'AWS::CloudFormation::Stack', physicalId: stackId, logicalId: 'whole' };
    happen(stackId, { ...own, status: `${word}_IN_PROGRESS` });
    for (const event of settings.happening ?? []) happen(stackId, event);
    if (settings.endsIn === null) return;
    const status = settings.endsIn ?? `${word}_COMPLETE`;
    happen(stackId, { ...own, status });
    const stack = stacks.get(stackId);
    if (stack !== undefined) stacks.set(stackId, { ...stack, status });
  };
  return {
    done,
    requests,
    close: () => undefined,
    clock: {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
    stacks: {
      find: async (nameOrId) => byName(nameOrId) ?? null,
      list: async () => [...stacks.values()].filter(({ status }) => status !== 'DELETE_COMPLETE'),
      resources: async () => [{ logicalId: 'Group', type: 'T', physicalId: 'g', status: 'CREATE_COMPLETE' }],
      eventsSince: async (stackId, known) => (events.get(stackId) ?? []).filter(({ id }) => !known.has(id)),
      remove: async (stackId) => {
        if (settings.refusal !== undefined) throw new Failure(settings.refusal);
        done.push(`delete ${stacks.get(stackId)?.name}`);
        work(stackId, 'DELETE');
      },
    },
    changeSets: {
      make: async (request) => {
        requests.push(request);
        const there = byName(request.stack);
        const stack = there ?? stackOf(request.stack, { status: 'REVIEW_IN_PROGRESS' });
        stacks.set(stack.id, stack);
        done.push(`plan ${request.stack}`);
        return { id: 'cs', stackId: stack.id };
      },
      look: async () => {
        pending -= 1;
        const ready = { state: 'ready' as const, reason: '', changes: [changeOf('Group')] };
        return pending >= 0 ? { ...ready, state: 'pending' as const } : { ...ready, ...settings.changeSet };
      },
      execute: async ({ stackId }: MadeChangeSet) => {
        done.push('execute');
        work(stackId, requests.at(-1)?.isNew === true ? 'CREATE' : 'UPDATE');
      },
      discard: async () => {
        done.push('discard');
      },
    },
    openBucket: (bucket) => fakeBucket(settings.objects ?? new Map(), bucket, done),
    groups: { list: async () => settings.groups ?? [] },
    parameters: { read: async () => settings.parameters ?? new Map() },
    zones: { nameOf: async (zone) => settings.zones?.get(zone) ?? null },
  };
}

const fakeBucket = (objects: Map<string, Buffer>, bucket: string, done: string[]): SourceBucket => ({
  list: async (prefix) =>
    [...objects]
      .filter(([name]) => name.startsWith(`${bucket}/${prefix}`))
      .map(([name, { length }]) => ({
        key: name.slice(bucket.length + 1),
        sizeBytes: length,
        modifiedAtMs: 0,
      })),
  readText: async (key) => objects.get(`${bucket}/${key}`)?.toString() ?? null,
  upload: async (key, chunks) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    objects.set(`${bucket}/${key}`, Buffer.concat(parts));
    done.push(`upload ${bucket}/${key}`);
  },
  download: async (key) => {
    const found = objects.get(`${bucket}/${key}`);
    done.push(`download ${bucket}/${key}`);
    return found === undefined ? null : piecesOf(found);
  },
});

async function* piecesOf(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes;
}
