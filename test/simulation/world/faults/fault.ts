import type { Fault } from '../../history/fault.ts';

/** Process, host, AWS API, event, network, controller, user, data: as the scenarios have them. */
export type FaultKind = 'P' | 'H' | 'A' | 'E' | 'N' | 'C' | 'U' | 'D';

export interface WorldFault extends Fault {
  readonly kind: FaultKind;
}

export type WorldFaults = Readonly<Record<string, WorldFault>>;

/** Puts the same letter on each. */
export const allOf = (kind: FaultKind, faults: Readonly<Record<string, Fault>>): WorldFaults =>
  Object.fromEntries(Object.entries(faults).map(([name, fault]) => [name, { ...fault, kind }]));
