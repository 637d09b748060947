/** An entry of the member list. */
export interface FakeMember {
  id: string;
  name: string;
  peerUrl: string;
  /** Empty until its etcd has published itself. */
  clientUrl: string;
  isLearner: boolean;
  /** Every list shows this learner as a voter: what an update by an operator does to it in some releases. */
  hasStaleFlag?: boolean;
}

/** One etcd process of the fake. */
export interface FakeEtcd {
  readonly memberId: string;
  readonly clusterId: string;
  up: boolean;
  /** Stopped as by SIGSTOP: it takes connections and never answers. */
  frozen: boolean;
  /** Its certificate or its users are not ours. */
  denies: boolean;
  /** Entries that it is behind the leader. */
  lag: bigint;
  /** Each of its answers takes this long. */
  answerMs: number;
  /** It rewrites its database, and answers nobody until then. */
  busyUntilMs: number;
  /** Alarms that it reports of itself. */
  errors: string[];
  /** It has found its cluster since it started; before, it serves nobody. */
  serves: boolean;
  /** What it tells the cluster of itself as soon as it finds a leader; `null`: told. */
  introduces: Pick<FakeMember, 'name' | 'clientUrl'> | null;
  readonly startedAtMs: number;
  /** `null`: that of the cluster. */
  version: string | null;
  /** It hears those who make up the majority, or would. */
  isInTouch: boolean;
  /** Since when that is as it is. */
  turnedAtMs: number;
  /** Since when its peers count it as connected, as long as they do. */
  connectedSinceMs: number;
  /** How long after it lost touch its peers still took it for connected. */
  seemsConnectedMs: number;
  /** The world as it was when it lost touch; `null`: it knows what the majority knows. */
  lastKnown: LastKnown | null;
}

export interface LastKnown {
  readonly members: readonly FakeMember[];
  readonly leaderId: string | null;
  readonly term: number;
}

export const newProcess = (
  memberId: string,
  clusterId: string,
  nowMs: number,
  changes: Partial<FakeEtcd> = {},
): FakeEtcd => ({
  memberId,
  clusterId,
  up: true,
  frozen: false,
  denies: false,
  lag: 0n,
  answerMs: 0,
  busyUntilMs: 0,
  errors: [],
  serves: false,
  introduces: null,
  startedAtMs: nowMs,
  version: null,
  isInTouch: false,
  turnedAtMs: nowMs,
  connectedSinceMs: nowMs,
  seemsConnectedMs: Number.POSITIVE_INFINITY,
  lastKnown: null,
  ...changes,
});
