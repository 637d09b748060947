import type { Machine } from '../../../functions/core/ports.ts';
import { remembered } from '../../../functions/core/remembered.ts';
import type { FormerCluster } from '../etcd/snapshot.ts';
import type { Space } from '../etcd/space.ts';
import type { FakeObject } from '../world/bucket.ts';

/**
 * What the judge knows: the world as it is, which no function ever sees. Nothing here comes
 * from an observation, and no decision of the code that is judged is used.
 */
export interface Truth {
  /** Instances that the list of the group leaves out, and how long it leaves out a new one. */
  readonly hidden: ReadonlySet<string>;
  readonly times: { readonly unlistedSeconds: number };
  readonly nowMs: number;
  /** By how much the functions' clock is wrong. */
  readonly skewMs: number;
  readonly instances: readonly TrueInstance[];
  readonly parameters: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly etcd: TrueEtcd;
  /** What lies in the snapshot bucket, by key. */
  readonly bucket: { readonly objects: ReadonlyMap<string, FakeObject> };
  /** An operator asked for a recovery, and chose. */
  readonly operatorRecovers: boolean;
  /** CloudFormation, or somebody, is deleting the group. */
  readonly stackDeletes: boolean;
  readonly deleting: boolean;
  clientUrl(instance: TrueInstance): string;
}

export interface TrueInstance {
  readonly id: string;
  readonly address: string;
  readonly lifecycle: string;
  readonly state: string;
  readonly health: string;
  readonly ending: string | null;
  readonly listed: boolean;
  readonly launchedAtMs: number;
  readonly terminatingAtMs: number | null;
  /** When it came into the hook that it waits in. */
  readonly hookAtMs: number;
  readonly disk: string | null;
}

export interface TrueMember {
  readonly id: string;
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly isLearner: boolean;
}

export interface TrueEtcd {
  readonly clusterId: string | null;
  readonly members: readonly TrueMember[];
  readonly leaderId: string | null;
  readonly permit: { readonly owner: string; readonly expiresAtMs: number } | null;
  /** Writes that a client was told are kept, and that are gone. */
  readonly lostWrites?: number;
  /** What is kept in it. */
  readonly keys: ReadonlyMap<string, string>;
  /** Clusters that ever formed. */
  readonly formed: ReadonlySet<string>;
  /** `version`: another than that of the cluster; `null`: the same. */
  processOf(memberId: string): { readonly version: string | null } | undefined;
  /** Clusters of before, the last one last; and of which revision of that one this one began. */
  readonly formers: readonly FormerCluster[];
  readonly restoredRevision: bigint;
  readonly space: Space;
  readonly processes: ReadonlyMap<string, TrueProcess>;
  readonly alarms: ReadonlyMap<string, string>;
  /** What lies on the disk of a member. */
  indexOf(memberId: string): bigint;
  /** Client URLs that a function cannot reach. */
  readonly unreachable?: ReadonlySet<string>;
  /** Client URLs that swallow what a function sends there. */
  readonly blackHoles?: ReadonlySet<string>;
  /** Members that serve the cluster now. */
  running(): ReadonlySet<string>;
}

export interface TrueProcess {
  readonly memberId: string;
  readonly clusterId: string;
  /** Until then it answers nobody, for it rewrites its database. */
  readonly busyUntilMs: number;
}

export const FOLDER = '/etcd-autopilot/core/';

export const textAt = ({ parameters }: Truth, name: string): string | undefined =>
  parameters.get(FOLDER + name);

export const namesIn = ({ parameters }: Truth): readonly string[] =>
  [...parameters.keys()].filter((name) => name.startsWith(FOLDER)).map((name) => name.slice(FOLDER.length));

/** More than half: written here once more, so that the arithmetic that is judged does not judge itself. */
export const isMajority = (count: number, of: number): boolean => of > 0 && 2 * count > of;

/** What must not stay a member: it ends, is kept after its end, or rests in a pool. */
export const isLeavingState = (lifecycle: string): boolean =>
  /^(?:Terminating|Warmed:|ReplacingRootVolume)/.test(lifecycle);

/** What waits for an answer of ours. */
export const isWaitingState = (lifecycle: string): boolean => lifecycle.endsWith(':Wait');

export const isIntended = (truth: Truth): boolean => truth.parameters.has(`${FOLDER}teardown`);

/** Under the intent, or while the group goes, everybody is let go whatever they are. */
export const isLetGo = (truth: Truth): boolean => isIntended(truth) || truth.deleting || truth.stackDeletes;

export const instanceNamed = (truth: Truth, id: string): TrueInstance | undefined =>
  truth.instances.find((instance) => instance.id === id);

/** A ticket as the boot script reads it. */
export interface TrueTicket {
  readonly state: string;
  readonly instanceId: string;
  readonly memberId: string;
  readonly claim: string;
  readonly token: string;
  readonly peerUrl: string;
  readonly initialState: string;
  readonly initialCluster: readonly string[];
}

export const readTicket = remembered((text: string): TrueTicket => {
  const values = new Map(
    text.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
  const value = (name: string): string => values.get(name) ?? '';
  return {
    state: value('AUTOPILOT_STATE'),
    instanceId: value('AUTOPILOT_INSTANCE_ID'),
    memberId: value('AUTOPILOT_MEMBER_ID'),
    claim: value('AUTOPILOT_CLAIM'),
    token: value('ETCD_INITIAL_CLUSTER_TOKEN'),
    peerUrl: value('ETCD_INITIAL_ADVERTISE_PEER_URLS'),
    initialState: value('ETCD_INITIAL_CLUSTER_STATE'),
    initialCluster: value('ETCD_INITIAL_CLUSTER').split(','),
  };
});

export interface TrueClaim {
  readonly number: number;
  readonly token: string;
  readonly members: Readonly<Record<string, string>>;
  readonly clusterId?: string;
  /** What its one founder restores, and for which recovery. */
  readonly restore?: unknown;
  readonly recovery?: number;
}

/** `null`: no claim stands there, or text that is none, or that a hand made unfit for any ticket. */
export const readClaim = (text: string | undefined): TrueClaim | null => claimIn(text ?? 'null');

const claimIn = remembered((text): TrueClaim | null => {
  const value = readJson(text);
  const words = [value?.['token'], ...Object.entries(Object(value?.['members'])).flat()];
  if (!words.every((word) => /^[\w:/.,=-]*$/.test(String(word)))) return null;
  const isClaim = typeof value?.['number'] === 'number' && typeof value['members'] === 'object';
  return isClaim ? (value as unknown as TrueClaim) : null;
});

export const readJson = (text: string | undefined): Readonly<Record<string, unknown>> | null =>
  jsonIn(text ?? 'null');

const jsonIn = remembered((text): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
});

/** What EC2 said of an instance: `unasked` when it was not asked. */
export const wordOf = (machine: Machine | undefined): string =>
  machine === undefined ? 'unasked' : machine.kind === 'known' ? machine.state : 'notFound';
