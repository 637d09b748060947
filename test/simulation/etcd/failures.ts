import type { EtcdOperation } from '../../../functions/adapters/etcd/errors.ts';
import { type ErrorCode, OperationError, type Retry } from '../../../functions/core/errors.ts';

/** How an endpoint fails, apart from what etcd itself says. */
export type Silence = 'unreachable' | 'notListening' | 'deadline' | 'denied';

/** What gRPC says of it. */
const TRANSPORT: Readonly<Record<Silence, string>> = {
  unreachable: '14 UNAVAILABLE: No connection established. Last error: connect EHOSTUNREACH',
  notListening: '14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED',
  deadline: '4 DEADLINE_EXCEEDED: Deadline exceeded',
  denied: 'invalid auth token',
};

const REFUSED = ['ETCD_REFUSED', 'nextLook', 'refused'] as const;
const UNABLE = ['ETCD_UNAVAILABLE', 'nextLook', 'was not able to answer'] as const;

/** What etcd says, and what the adapter makes of it. A test holds this table to the adapter's own. */
export const TEXTS = {
  'member not found': REFUSED,
  'member ID already exist': REFUSED,
  'Peer URLs already exists': REFUSED,
  'unhealthy cluster': REFUSED,
  're-configuration failed due to not enough started members': REFUSED,
  'can only promote a learner member which is in sync with leader': REFUSED,
  'can only promote a learner member': REFUSED,
  'too many learner members in cluster': REFUSED,
  'bad leader transferee': REFUSED,
  'rpc not supported for learner': REFUSED,
  'requested lease not found': REFUSED,
  'mvcc: database space exceeded': ['ETCD_REFUSED', 'never', 'refused'],
  'corrupt cluster': ['ETCD_REFUSED', 'never', 'refused'],
  'mvcc: required revision has been compacted': REFUSED,
  'mvcc: required revision is a future revision': REFUSED,
  'not leader': UNABLE,
  'leader changed': UNABLE,
} as const satisfies Readonly<Record<string, readonly [ErrorCode, Retry, string]>>;
export type EtcdText = keyof typeof TEXTS;

/** The error that the adapter makes of what etcd says. */
export function saidBy(endpoint: string, operation: EtcdOperation, text: EtcdText): OperationError {
  const [code, retry, what] = TEXTS[text];
  return new OperationError(code, retry, `etcd at ${endpoint} ${what}: ${text}`, {
    operation,
    endpoint,
    text,
  });
}

/** The error that the adapter makes when nothing is said. */
export function silenceOf(endpoint: string, operation: EtcdOperation, silence: Silence): OperationError {
  const text = TRANSPORT[silence];
  const isDenied = silence === 'denied';
  return new OperationError(
    isDenied ? 'ETCD_ACCESS' : 'ETCD_UNAVAILABLE',
    isDenied ? 'never' : 'nextLook',
    `etcd at ${endpoint}: ${text}`,
    { operation, endpoint, text },
  );
}
