import type { EtcdAccess } from '../../core/access.ts';
import type { EtcdPort } from '../../core/ports.ts';
import type { KeyPort } from '../../core/registry/key-port.ts';
import type { Ports } from '../ports.ts';

export type RebootEtcd = EtcdPort & Pick<KeyPort, 'range'>;

/** Everything that the gate for reboots needs of the world: it looks as a pass does, and keeps its locks in etcd. */
export interface RebootPorts extends Ports {
  openEtcd(access: EtcdAccess): RebootEtcd;
}

/** Somebody who asks for a lock, or gives it back. */
export interface Asked {
  readonly cluster: string;
  /** `members`, or the name of a group of workers. */
  readonly group: string;
  /** As the client gave it. */
  readonly id: string;
}

/** One invocation. */
export interface Turn {
  readonly ports: RebootPorts;
  /** Unique to it: the owner of the permit. */
  readonly owner: string;
  readonly deadlineMs: number;
}
