import type { ChecksSidePorts } from '../../core/checks/ports.ts';
import type { Ports } from '../ports.ts';

/** Everything that a round of checks needs of the world: it looks with the code of membership. */
export interface ChecksPorts extends Omit<Ports, 'objectsIn'>, ChecksSidePorts {}

export interface ChecksRequest {
  readonly cluster: string;
  /** Unique to this round. */
  readonly owner: string;
  readonly deadlineMs: number;
  /** `look`: nothing is repaired, written or told. */
  readonly mode: 'act' | 'look';
}
