import type { ObjectPort } from '../backup/object-port.ts';
import type { Clock, QueuePort } from '../ports.ts';
import type { ScratchPort } from './scratch-port.ts';

/** Everything that a verification needs of the world. */
export interface VerificationPorts {
  readonly clock: Clock;
  readonly scratch: ScratchPort;
  /** Of backup: it writes down what was found. */
  readonly backup: Pick<QueuePort, 'askForLook'>;
  openBucket(name: string): Pick<ObjectPort, 'readText' | 'list' | 'writeText' | 'download'>;
}
