import type { EtcdAccess } from '../../core/access.ts';
import type { ObjectPort } from '../../core/backup/object-port.ts';
import type { SnapshotPort } from '../../core/backup/snapshot-port.ts';
import type { EtcdPort, QueuePort } from '../../core/ports.ts';
import type { Ports } from '../ports.ts';

export type BackupEtcd = Pick<EtcdPort, 'probe' | 'hashKv' | 'countKeys' | 'close'> & SnapshotPort;

/** Everything that backups need of the world. */
export interface BackupPorts extends Pick<Ports, 'secrets' | 'events' | 'clock'> {
  readonly scaling: Pick<Ports['scaling'], 'listGroups'>;
  readonly machines: Pick<Ports['machines'], 'describe'>;
  readonly parameters: Pick<Ports['parameters'], 'readAll' | 'create' | 'write'>;
  /** Of membership: a capture that is done is looked at. */
  readonly membership: Pick<QueuePort, 'askForLook'>;
  /** Its own, which operators' requests wait in. */
  readonly queue: QueuePort;
  readonly verification: Pick<QueuePort, 'askForLook'>;
  openEtcd(access: EtcdAccess): BackupEtcd;
  openBucket(name: string): ObjectPort;
  /** Of the autopilot's own stack, where a cluster's settings name no other. */
  readonly ownBucket: string;
}

/** One message, and until when it may be worked on. */
export interface BackupTurn {
  readonly ports: BackupPorts;
  readonly cluster: string;
  /** Unique to this invocation. */
  readonly nonce: string;
  readonly deadlineMs: number;
}
