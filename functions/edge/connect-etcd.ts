import { openEtcd } from '../adapters/etcd/open.ts';
import type { EtcdAccess } from '../core/access.ts';
import type { SnapshotPort } from '../core/backup/snapshot-port.ts';
import type { EtcdPort } from '../core/ports.ts';
import type { KeyPort } from '../core/registry/key-port.ts';

/** For one call to etcd, and for one whole round of probes: a black-holed endpoint costs this once. */
const ETCD_DEADLINE_MS = 2_000;

/** Apart from the AWS wiring, so that functions which never ask etcd do not carry its client. */
export const connectEtcd = (access: EtcdAccess): EtcdPort & KeyPort & SnapshotPort =>
  openEtcd({ ...access, deadlineMs: ETCD_DEADLINE_MS });
