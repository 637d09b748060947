import type { EtcdAccess, SecretPort } from '../../core/access.ts';
import type { HostPort, NoticePort } from '../../core/hosts.ts';
import type { JoinedPort } from '../../core/joined-port.ts';
import type { Clock, EtcdPort, ParameterPort } from '../../core/ports.ts';
import type { KeyPort } from '../../core/registry/key-port.ts';

export type RegistryEtcd = EtcdPort & KeyPort;

/** Everything that a pass of the registry needs of the world. */
export interface RegistryPorts {
  readonly joined: JoinedPort;
  readonly hosts: HostPort;
  readonly notices: NoticePort;
  readonly parameters: ParameterPort;
  readonly secrets: SecretPort;
  readonly clock: Clock;
  /** One port for one pass: a channel kept over a frozen container burns its whole deadline. */
  openEtcd(access: EtcdAccess): RegistryEtcd;
}
