import { join } from 'node:path';

/** One folder for one snapshot, and the programs that it is tried out with. */
export interface Place {
  readonly dir: string;
  readonly etcd: string;
  /** `etcdutl`, or an `etcdctl` of before 3.6. */
  readonly restorer: string;
  /** As it came. */
  readonly snapshot: string;
  /** What is made of it. */
  readonly data: string;
  readonly restoreArguments: readonly string[];
}

const NAME = 'verification';
/** Nobody connects to it: the member is alone. */
export const PEER_URL = 'http://127.0.0.1:0';

export function placeIn(dir: string, etcd: string, restorer: string): Place {
  const snapshot = join(dir, 'snapshot.db');
  const data = join(dir, 'data');
  const peerUrl = 'http://127.0.0.1:1';
  return {
    dir,
    etcd,
    restorer,
    snapshot,
    data,
    restoreArguments: [
      'snapshot',
      'restore',
      snapshot,
      `--data-dir=${data}`,
      `--name=${NAME}`,
      `--initial-cluster=${NAME}=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
    ],
  };
}

/** Of an etcd that need not outlive a power cut, and takes nobody's writes. */
export const etcdArguments = ({ data }: Place, clientUrl: string): readonly string[] => [
  `--name=${NAME}`,
  `--data-dir=${data}`,
  `--listen-client-urls=${clientUrl}`,
  `--advertise-client-urls=${clientUrl}`,
  `--listen-peer-urls=${PEER_URL}`,
  '--logger=zap',
];
