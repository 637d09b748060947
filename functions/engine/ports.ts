import type { EtcdAccess, SecretPort } from '../core/access.ts';
import type {
  Clock,
  EtcdPort,
  EventPort,
  MachinePort,
  ParameterPort,
  QueuePort,
  ScalingPort,
} from '../core/ports.ts';
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
  /** A token that nobody else can have: 128 random bits as text. */
  uniqueToken(): string;
}
