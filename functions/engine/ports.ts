import type { EtcdAccess, SecretPort } from '../core/access.ts';
import type { ObjectLook } from '../core/backup/object-port.ts';
import type {
  Clock,
  EtcdPort,
  EventPort,
  MachinePort,
  ParameterPort,
  QueuePort,
  ScalingPort,
} from '../core/ports.ts';
import type { RecoveryPort } from '../core/recovery/port.ts';
import type { StackPort } from '../core/stack-port.ts';

/** Everything that a pass needs of the world. */
export interface Ports {
  readonly scaling: ScalingPort;
  readonly machines: MachinePort;
  readonly stacks: StackPort;
  readonly parameters: ParameterPort;
  readonly queue: QueuePort;
  readonly events: EventPort;
  readonly clock: Clock;
  readonly secrets: SecretPort;
  /** One port for one pass: a channel kept over a frozen container burns its whole deadline. */
  openEtcd(access: EtcdAccess): EtcdPort;
  /** The bucket with snapshots and what checks saw last; `null`: that of the stack. */
  objectsIn(bucket: string | null): ObjectLook;
  /** Of membership alone: whoever only looks has none. */
  readonly recovery?: RecoveryPort;
  /** A token that nobody else can have: 128 random bits as text. */
  uniqueToken(): string;
}
