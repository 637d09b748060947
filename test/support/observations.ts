import { DEFAULT_BACKUP, DEFAULT_CHECKS, DEFAULT_MAINTENANCE } from '../../functions/core/care-settings.ts';
import type { ClusterConfig } from '../../functions/core/config.ts';
import { NO_DATABASES } from '../../functions/core/databases.ts';
import { NO_MEMORY } from '../../functions/core/memory.ts';
import type {
  Instance,
  Member,
  MemberView,
  Observation,
  PassMemory,
  Records,
} from '../../functions/core/observation.ts';
import { steadyOf } from '../../functions/core/plan/steadiness.ts';
import type { HookSettings, Machine } from '../../functions/core/ports.ts';
import { encodeEndpoints, encodePeers } from '../../functions/core/published.ts';
import { FREE_LOCK, type RebootLock } from '../../functions/core/reboot/lock.ts';
import { NO_RECOVERY } from '../../functions/core/recovery/records.ts';
import { NO_SPACE_RECORD } from '../../functions/core/space.ts';
import { peerUrl, startedTicket } from './tickets.ts';

export const NOW_MS = Date.parse('2026-01-01T01:00:00Z');
export const CLUSTER_ID = '77';
export const GROUP = 'etcd-autopilot-core';

/** Instance id, member id and address of the n-th machine. */
export const id = (n: number): string => `i-${n.toString(16).padStart(17, '0')}`;
export const memberId = (n: number): string => String(1_000 + n);

export const CONFIG: ClusterConfig = {
  version: 1,
  size: 3,
  scheme: 'http',
  clientPort: 2379,
  peerPort: 2380,
  dns: null,
  tls: null,
  auth: null,
  graceSeconds: {
    bootstrap: 300,
    unstarted: 300,
    silent: 300,
    restarting: 900,
    catchingUp: 3_600,
    replacement: 90,
  },
  gate: { stableSeconds: 10, maxLag: 1_000, single: 'allow' },
  removeForeign: false,
  frozen: false,
  backup: DEFAULT_BACKUP,
  maintenance: DEFAULT_MAINTENANCE,
  checks: DEFAULT_CHECKS,
  recovery: 'manual',
  restoreFrom: null,
  stackId: 'stack',
};

/** The n-th member: a voter that answers, unless `over` says otherwise. */
export const member = (n: number, over: Partial<Member> = {}): Member => ({
  id: memberId(n),
  name: id(n),
  role: 'voter',
  started: true,
  peerUrl: peerUrl(n),
  clientUrl: `http://10.0.0.${n}:2379`,
  instanceId: id(n),
  answers: true,
  silence: over.answers === false ? 'deadline' : null,
  raftIndex: 1_000n,
  version: '3.5.16',
  ...over,
});

export const silent = (n: number): Member => member(n, { answers: false, raftIndex: null });
export const learner = (n: number, over: Partial<Member> = {}): Member =>
  member(n, { role: 'learner', ...over });
/** A learner that was added, and whose etcd has not run yet. */
export const unstarted = (n: number, over: Partial<Member> = {}): Member =>
  learner(n, { name: '', started: false, clientUrl: null, answers: false, raftIndex: null, ...over });

/** The n-th instance: in service, unless `over` says otherwise. */
export const instance = (n: number, over: Partial<Instance> = {}): Instance => ({
  id: id(n),
  stage: 'inService',
  waitsIn: null,
  hookSinceMs: null,
  launchedAtMs: NOW_MS - 3_600_000,
  address: `10.0.0.${n}`,
  zone: 'a',
  isUnhealthy: false,
  ending: null,
  ...over,
});

export const launching = (n: number, over: Partial<Instance> = {}): Instance =>
  instance(n, { stage: 'arriving', waitsIn: 'launch', hookSinceMs: NOW_MS - 1_000, ...over });
export const terminating = (n: number, over: Partial<Instance> = {}): Instance =>
  instance(n, { stage: 'leaving', waitsIn: 'terminate', hookSinceMs: NOW_MS - 1_000, ...over });

export const machine = (n: number, over: Partial<Extract<Machine, { kind: 'known' }>> = {}): Machine => ({
  kind: 'known',
  state: 'running',
  privateIp: `10.0.0.${n}`,
  launchedAtMs: NOW_MS - 3_600_000,
  zone: 'a',
  ...over,
});

export const HOOKS: readonly HookSettings[] = [
  { name: 'etcd-autopilot-launch', transition: 'launch', heartbeatSeconds: 1_800, globalSeconds: 172_800 },
  {
    name: 'etcd-autopilot-terminate',
    transition: 'terminate',
    heartbeatSeconds: 1_800,
    globalSeconds: 172_800,
  },
];

export const PASS: PassMemory = {
  answeredHooks: new Set(),
  signalled: new Set(),
  refreshesEnded: new Set(),
  removedAtMs: new Map(),
  repairedAtMs: new Map(),
  failedTransferCount: 0,
  leaderHears: new Map(),
  isLeaderMute: false,
  inSyncLooks: new Map(),
  asked: null,
  choice: null,
  isRecoveryAsked: false,
  captureAsked: false,
};

export const NO_RECORDS: Records = {
  claim: null,
  nextClaim: null,
  unreadable: [],
  tickets: new Map(),
  ticketNames: [],
  reports: [],
  reportNames: [],
  recovery: NO_RECOVERY,
  endpoints: null,
  peers: null,
  status: null,
  statusText: null,
  space: NO_SPACE_RECORD,
  told: new Map(),
};

export const view = (members: readonly Member[], over: Partial<MemberView> = {}): MemberView => ({
  witness: 'http://10.0.0.1:2379',
  clusterId: CLUSTER_ID,
  members,
  agreed: true,
  toldByAll: true,
  leaderId: members.find(({ role, answers }) => role === 'voter' && answers)?.id ?? null,
  raftTerm: '2',
  memory: NO_MEMORY,
  ...over,
});

export interface Parts {
  readonly instances?: readonly Instance[];
  readonly members?: readonly Member[];
  /** `null`: no voter answers. */
  readonly view?: MemberView | null;
  readonly machines?: ReadonlyMap<string, Machine>;
  readonly records?: Partial<Records>;
  readonly group?: Partial<Observation['group']>;
  readonly config?: Partial<ClusterConfig>;
  readonly pass?: Partial<PassMemory>;
  readonly rebooting?: RebootLock;
  readonly databases?: Partial<Observation['databases']>;
  readonly statuses?: Observation['etcd']['statuses'];
  readonly rosters?: Observation['etcd']['rosters'];
  readonly saved?: Observation['saved'];
  readonly proof?: Observation['proof'];
}

/** A cluster that stands, published and with all its records, but for the parts that are given. */
export function observation(parts: Parts = {}): Observation {
  const instances = parts.instances ?? [instance(1), instance(2), instance(3)];
  const seen =
    parts.view === undefined ? view(parts.members ?? [member(1), member(2), member(3)]) : parts.view;
  const ids = instances.map((one) => one.id);
  return calmSince({
    cluster: 'core',
    takenAtMs: NOW_MS,
    config: { ...CONFIG, ...parts.config },
    group: {
      name: GROUP,
      desiredCapacity: 3,
      deleting: false,
      bootstrapped: 1,
      hooks: HOOKS,
      stack: null,
      ...parts.group,
    },
    instances,
    machines: parts.machines ?? new Map(ids.map((one, index) => [one, machine(index + 1)])),
    records: { ...recordsOf(seen?.members ?? []), ...parts.records },
    etcd: {
      clusterIds: new Map(seen === null ? [] : [[CLUSTER_ID, ids]]),
      view: seen,
      askedCount: instances.length,
      alarms: [],
      rebooting: seen === null ? null : (parts.rebooting ?? FREE_LOCK),
      statuses: parts.statuses ?? new Map(),
      rosters: parts.rosters ?? new Map(),
      turnedAway: [],
      statusCount: seen === null ? 0 : instances.length,
    },
    saved: parts.saved ?? null,
    proof: parts.proof ?? null,
    databases: { ...NO_DATABASES, ...parts.databases },
    pass: { ...PASS, ...parts.pass },
  });
}

/** One that is calm has been so for an hour, unless its memory says otherwise. */
export function calmSince(world: Observation): Observation {
  const { view: seen } = world.etcd;
  if (seen === null || seen.memory.steady !== null || !seen.memory.ours) return world;
  const now = steadyOf(world);
  const steady = now === null ? null : { ...now, sinceMs: NOW_MS - 3_600_000 };
  return { ...world, etcd: { ...world.etcd, view: { ...seen, memory: { ...seen.memory, steady } } } };
}

function recordsOf(members: readonly Member[]): Records {
  const started = members.filter((one) => one.instanceId !== null && one.started);
  const isTold = members.some((one) => one.answers && one.role === 'voter');
  return {
    ...NO_RECORDS,
    claim: {
      number: 1,
      token: 'core-1-token',
      members: Object.fromEntries(started.map((one) => [one.name, one.peerUrl])),
      claimedAt: '2026-01-01T00:00:00.000Z',
      clusterId: CLUSTER_ID,
    },
    tickets: new Map(started.map((one) => [one.name, startedTicket(one)])),
    ticketNames: started.map((one) => `members/${one.name}`),
    endpoints: isTold ? encodeEndpoints(members) : null,
    peers: isTold ? encodePeers(members) : null,
  };
}

/** All clusters of up to `voterCountMax` voters, by how many answer, with up to one learner. */
export function* everyCluster(voterCountMax: number): Generator<readonly Member[]> {
  for (let voterCount = 1; voterCount <= voterCountMax; voterCount += 1) {
    for (let mask = 0; mask < 2 ** voterCount; mask += 1) {
      const voters = Array.from({ length: voterCount }, (_, index) =>
        (mask >> index) % 2 === 1 ? member(index + 1) : silent(index + 1),
      );
      yield voters;
      yield [...voters, learner(voterCount + 1)];
    }
  }
}
