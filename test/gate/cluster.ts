import { encodeStatus, type Status } from '../../functions/core/status.ts';

export const PATH = '/etcd-autopilot/core/';
export const CONFIG = JSON.stringify({ version: 1, size: 3, stackId: 'arn:stack/core' });
export const WHOLE_SINCE = '2026-11-20T11:00:00.000Z';

const voter = (name: string): Status['voters'][number] => ({
  name,
  id: `1${name.slice(-1).charCodeAt(0)}`,
  answers: true,
  version: '3.5.33',
  lag: 0,
  behind: false,
});

/** A cluster of three that has been whole for an hour, as membership publishes it. */
export const WHOLE: Status = {
  generation: 7,
  clusterId: '99',
  health: 'healthy',
  leader: 'i-0000000a',
  voters: [voter('i-0000000a'), voter('i-0000000b'), voter('i-0000000c')],
  learners: [],
  waits: [],
  desired: 3,
  alarms: [],
  steadySince: WHOLE_SINCE,
  shortfalls: [],
  asked: [],
  repaired: [],
  at: '2026-11-20T11:59:00.000Z',
};

/** The same with one voter that does not answer. */
export const WEAK: Status = {
  ...WHOLE,
  health: 'degraded',
  voters: WHOLE.voters.map((one, at) =>
    at === 2 ? { ...one, answers: false, lag: null, behind: true } : one,
  ),
  steadySince: null,
  shortfalls: [{ code: 'voterSilent', subject: 'i-0000000c' }],
};

/** What stands under the cluster's path. */
export const founded = (status: Status, changes: Readonly<Record<string, string | null>> = {}) => {
  const all = {
    config: CONFIG,
    bootstrap: '{}',
    endpoints: 'http://10.0.0.1:2379',
    peers: 'i-0000000a=http://10.0.0.1:2380',
    status: encodeStatus(status),
    ...changes,
  };
  return new Map(
    Object.entries(all).flatMap(([name, text]) => (text === null ? [] : [[name, text] as const])),
  );
};
