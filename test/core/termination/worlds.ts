import { configFromProperties, encodeConfig } from '../../../functions/core/config.ts';
import { encodeStatus, type Status } from '../../../functions/core/status.ts';
import type { TerminationSight } from '../../../functions/core/termination/choose.ts';
import type { LeavingGroup, LeavingInstance } from '../../../functions/core/termination/ports.ts';
import type { Cause, TerminationRequest } from '../../../functions/core/termination/request.ts';

export const NOW = Date.parse('2026-11-21T12:00:00Z');
export const TEMPLATE = 'lt-0a';

/** `i-0000000a`, `i-0000000b`, … */
export const idOf = (letter: string): string => `i-0000000${letter}`;

export const instance = (letter: string, changes: Partial<LeavingInstance> = {}): LeavingInstance => ({
  id: idOf(letter),
  lifecycle: 'InService',
  zone: 'eu-west-1a',
  health: 'Healthy',
  isProtected: false,
  template: { id: TEMPLATE, version: 1 },
  ...changes,
});

export const groupOf = (
  instances: readonly LeavingInstance[],
  changes: Partial<LeavingGroup> = {},
): LeavingGroup => ({
  name: 'etcd-core',
  desiredCapacity: instances.length,
  deleting: false,
  tags: new Map([
    ['etcd-autopilot:cluster', 'core'],
    ['etcd-autopilot:role', 'member'],
    ['etcd-autopilot:bootstrapped', '1'],
  ]),
  templateId: TEMPLATE,
  instances,
  ...changes,
});

/** A healthy cluster of these, led by the first, whole for a minute. */
export const statusOf = (letters: string, changes: Partial<Status> = {}): Status => ({
  generation: 7,
  clusterId: '1',
  health: 'healthy',
  leader: idOf(letters[0] ?? ''),
  voters: [...letters].map((letter) => voter(letter)),
  learners: [],
  waits: [],
  desired: letters.length,
  alarms: [],
  steadySince: new Date(NOW - 60_000).toISOString(),
  shortfalls: [],
  asked: [],
  repaired: [],
  at: new Date(NOW - 1_000).toISOString(),
  ...changes,
});

export const voter = (
  letter: string,
  changes: Partial<Status['voters'][number]> = {},
): Status['voters'][number] => ({
  name: idOf(letter),
  id: letter,
  answers: true,
  version: '3.6.14',
  lag: 0,
  behind: false,
  ...changes,
});

export function configText(settings: Readonly<Record<string, unknown>> = {}): string {
  const parsed = configFromProperties(settings, 'stack');
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return encodeConfig(parsed.config);
}

export const requestOf = (
  letters: string,
  cause: Cause = 'SCALE_IN',
  count = 1,
  zone = 'eu-west-1a',
): TerminationRequest => ({
  groupName: 'etcd-core',
  cause,
  capacity: [{ zone, count }],
  suggested: [...letters].map((letter) => ({ instanceId: idOf(letter), zone })),
});

/** Five voters led by the first, all suggested, everything well; parameters by their names below the path. */
export function sight(
  changes: Partial<TerminationSight> & {
    readonly status?: Status | null;
    readonly config?: Readonly<Record<string, unknown>>;
    readonly more?: Readonly<Record<string, string>>;
  } = {},
): TerminationSight {
  const { status = statusOf('abcde'), config = {}, more = {}, ...rest } = changes;
  const texts = {
    config: configText(config),
    bootstrap: '{}',
    endpoints: 'http://10.0.0.1:2379',
    peers: 'a=http://10.0.0.1:2380',
    ...(status === null ? {} : { status: encodeStatus(status) }),
    ...more,
  };
  return {
    request: requestOf('abcde'),
    group: groupOf(
      [...'abcde'].map((letter) => instance(letter)),
      { desiredCapacity: 3 },
    ),
    texts: new Map(Object.entries(texts)),
    isGroupDeleting: false,
    telling: 'answer',
    nowMs: NOW,
    ...rest,
  };
}
