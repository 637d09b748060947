import type { Observation, SeenStatus } from '../../functions/core/observation.ts';
import type { Captured } from '../../functions/core/recovery/captured.ts';
import type { RecoveryRecord } from '../../functions/core/recovery/record.ts';
import { NO_RECOVERY, type RecoveryRecords } from '../../functions/core/recovery/records.ts';
import type { Ticket } from '../../functions/core/ticket.ts';
import {
  CLUSTER_ID,
  id,
  instance,
  launching,
  machine,
  member,
  memberId,
  observation,
} from './observations.ts';
import { startedTicket } from './tickets.ts';

export const AT = '2026-01-01T00:00:00.000Z';
/** The database of the third member, in the bucket. */
export const CAPTURED: Captured = {
  key: 'a/core/snapshots/x.db',
  cluster: 'core',
  clusterId: CLUSTER_ID,
  memberId: memberId(3),
  instanceId: id(3),
  etcdVersion: '3.5.33',
  takenAt: AT,
  sizeBytes: 32,
  sha256: 'a'.repeat(64),
  atRevision: '900',
  hash: null,
  compactRevision: null,
  keyCount: null,
  origin: 'recovery',
};

/** What verification found of it. */
export const PROVED = {
  known: true,
  verified: {
    key: CAPTURED.key,
    at: AT,
    restorable: true,
    reason: null,
    revision: '900',
    keyCount: null,
    etcdVersion: '3.6.14',
  },
  unverifiable: false,
} as const;

/** The decision to bring it back. */
export const RECORD: RecoveryRecord = {
  number: 2,
  attempt: 1,
  source: {
    how: 'from-survivor',
    instanceId: id(3),
    memberId: memberId(3),
    raftTerm: '2',
    raftIndex: '1000',
    revision: '900',
  },
  fenced: [id(3)],
  forced: [],
  formerClusterId: CLUSTER_ID,
  by: 'policy',
  nonce: null,
  at: AT,
  lastSeen: null,
};

export const GONE = machine(3, { state: 'terminated', privateIp: null });

/** Voters 1 and 2 are gone, 3 is left, and 4 waits to launch. */
export function lost(recovery: Partial<RecoveryRecords> = {}, over: Partial<Observation> = {}): Observation {
  const world = observation({
    view: null,
    instances: [instance(3), launching(4), launching(5)],
    machines: new Map([
      [id(1), GONE],
      [id(2), GONE],
      [id(3), machine(3)],
      [id(4), machine(4)],
      [id(5), machine(5)],
    ]),
    statuses: new Map([[id(3), statusOf(3)]]),
    rosters: new Map([
      [
        id(3),
        [1, 2, 3].map((n) => ({
          id: memberId(n),
          name: id(n),
          peerUrls: [],
          clientUrls: [],
          isLearner: false,
        })),
      ],
    ]),
    config: { recovery: 'from-survivor' },
    saved: { known: true, lastSeen: null, snapshots: [] },
    proof: PROVED,
    records: { ...observation().records, recovery: { ...NO_RECOVERY, ...recovery } },
  });
  return { ...world, ...over };
}

/** Captured, and nothing of the lost cluster is left. */
export const cleared = (
  recovery: Partial<RecoveryRecords> = {},
  over: Partial<Observation> = {},
): Observation => {
  const world = lost({ latest: RECORD, captured: CAPTURED, ...recovery });
  const instances = world.instances.filter((one) => one.id !== id(3));
  const machines = new Map([...world.machines, [id(3), GONE]]);
  return {
    ...world,
    instances,
    machines,
    etcd: { ...world.etcd, statuses: new Map(), rosters: new Map() },
    ...over,
  };
};

/** The claim of that number is made, and nothing else. */
export function withClaim(number: number, founder = 4): Observation {
  const made = {
    number,
    token: `core-${number}-token`,
    members: { [id(founder)]: `http://10.0.0.${founder}:2380` },
    claimedAt: AT,
    clusterId: null,
    restore: {
      uri: `s3://snapshots/${CAPTURED.key}`,
      sha256: CAPTURED.sha256,
      sizeBytes: 32,
      bump: 1_000_000_000,
    },
    recovery: 2,
  };
  return cleared({ claims: new Map([[number, made]]) });
}

/** What the etcd of the n-th member says of itself, with nobody behind it. */
export const statusOf = (n: number, over: Partial<SeenStatus> = {}): SeenStatus => ({
  memberId: memberId(n),
  clusterId: CLUSTER_ID,
  leaderId: null,
  isLearner: false,
  raftIndex: '1000',
  raftTerm: '2',
  appliedIndex: '1000',
  revision: '900',
  version: '3.5.33',
  dbSizeBytes: 4_096,
  dbSizeInUseBytes: 4_096,
  errors: ['etcdserver: no leader'],
  linearizable: false,
  ...over,
});

export const startedTicketOf = (n: number): Ticket => startedTicket(member(n));
