import { TEMPLATE_HOOKS } from '../../functions/core/checks/judge-platform.ts';
import { NO_CHECKS } from '../../functions/core/checks/memory.ts';
import type { GroupSettings, Rule } from '../../functions/core/checks/ports.ts';
import type { Sight } from '../../functions/core/checks/sight.ts';
import type { ChecksWorld } from '../../functions/core/checks/world.ts';
import type { Observation, SeenStatus } from '../../functions/core/observation.ts';
import {
  CLUSTER_ID,
  id,
  instance,
  member,
  memberId,
  NOW_MS,
  observation,
  type Parts,
} from './observations.ts';

export const ZONES = ['a', 'b', 'c'];

/** Of the n-th member, in a database of a megabyte. */
export const seen = (n: number, over: Partial<SeenStatus> = {}): SeenStatus => ({
  memberId: memberId(n),
  clusterId: CLUSTER_ID,
  leaderId: memberId(1),
  isLearner: false,
  raftIndex: '1000',
  raftTerm: '2',
  appliedIndex: '1000',
  revision: '500',
  version: '3.6.14',
  dbSizeBytes: 1_000_000,
  dbSizeInUseBytes: 900_000,
  errors: [],
  linearizable: true,
  ...over,
});

export const SETTINGS: GroupSettings = {
  terminationPolicies: [
    'arn:aws:lambda:eu-west-1:123456789012:function:etcd-autopilot-termination-policy',
    'OldestLaunchTemplate',
  ],
  suspended: [],
  zones: ZONES,
  hooks: TEMPLATE_HOOKS,
};

const rule = (name: string, over: Partial<Rule> = {}): Rule => ({
  name: `etcd-autopilot-core-${name}`,
  isEnabled: true,
  isSchedule: name === 'schedule',
  isHeard: name !== 'members',
  ...over,
});

/** As the template of a cluster has them, but for what is changed of one. */
export const rules = (changed: string | null = null, over: Partial<Rule> = {}): readonly Rule[] =>
  ['endings', 'events', 'members', 'schedule'].map((name) => rule(name, name === changed ? over : {}));

export const iso = (agoMs: number): string => new Date(NOW_MS - agoMs).toISOString();
const MINUTE_MS = 60_000;

/** What the last round wrote a minute ago. */
export const BEFORE: Sight = {
  at: iso(MINUTE_MS),
  clusterId: CLUSTER_ID,
  revision: '440',
  raftTerm: '2',
  raftIndex: '900',
  voters: [id(1), id(2), id(3)],
  samples: [{ at: iso(MINUTE_MS), revision: '440', term: '2' }],
  counters: {},
};

/** A snapshot of half an hour ago, restored since. */
export const BACKUP = {
  last: { key: 'etcd-autopilot/core/snapshots/a.db', at: iso(30 * MINUTE_MS), revision: '400', sizeBytes: 9 },
  restorable: {
    key: 'etcd-autopilot/core/snapshots/a.db',
    at: iso(30 * MINUTE_MS),
    revision: '400',
    sizeBytes: 9,
    sha256: 'ab',
    clusterId: CLUSTER_ID,
  },
  lastFailure: null,
  unverifiable: false,
};

/** Three voters of one good version in three zones, published, with everything around them as the template has it. */
export function checkWorld(parts: Parts = {}, over: Partial<ChecksWorld> = {}): ChecksWorld {
  const world: Observation = observation({
    instances: [1, 2, 3].map((n) => instance(n, { zone: ZONES[n - 1] ?? '' })),
    members: parts.members ?? [1, 2, 3].map((n) => good(n)),
    statuses: new Map([1, 2, 3].map((n) => [id(n), seen(n)])),
    ...parts,
  });
  return {
    cluster: 'core',
    nowMs: NOW_MS,
    world,
    waits: [],
    pending: [],
    texts: new Map([
      ['config', '{}'],
      ['bootstrap', '{}'],
    ]),
    settings: SETTINGS,
    rules: rules(),
    counters: new Map(),
    certificates: new Map(),
    ownCertificates: [],
    hashes: new Map(),
    permit: null,
    before: BEFORE,
    backup: BACKUP,
    isSnapshotThere: true,
    memory: NO_CHECKS,
    unread: [],
    ...over,
  };
}

const good = (n: number) => ({ ...member(n), version: '3.6.14' });
