import type { Observation } from '../core/observation.ts';
import type { EtcdPort } from '../core/ports.ts';
import type { Door } from './door.ts';
import type { Ports } from './ports.ts';
import type { Session } from './session.ts';

/** Where an action is applied. */
export interface Site {
  readonly ports: Ports;
  readonly etcd: EtcdPort;
  readonly cluster: string;
  /** The voter that answers, which the permit is taken through; `null`: none does, as before a cluster exists. */
  readonly witness: string | null;
  /** The voter that changes go through: the witness, or while an alarm stands the one that would be it. */
  readonly speaker: string;
  readonly session: Session;
  /** When the pass must be over. */
  readonly deadlineMs: number;
}

/** What a site is made of; what the last look saw is asked for when it is needed. */
interface Ground extends Pick<Site, 'ports' | 'cluster' | 'session' | 'deadlineMs'> {
  readonly door: Door;
  world(): Observation | null;
}

export function siteOf({ door, world, ...rest }: Ground): Site {
  const witness = () => world()?.etcd.view?.witness ?? null;
  return {
    ...rest,
    get etcd() {
      return door.etcd;
    },
    get witness() {
      return witness();
    },
    get speaker() {
      return witness() ?? world()?.databases.alarmed?.witness ?? '';
    },
  };
}
