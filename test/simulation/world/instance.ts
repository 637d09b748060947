import type { Ending, Machine } from '../../../functions/core/ports.ts';

/** As EC2 writes it. */
export type MachineState = Extract<Machine, { kind: 'known' }>['state'];

export interface FakeInstance {
  id: string;
  address: string;
  zone: string;
  lifecycle: string;
  state: MachineState;
  health: 'Healthy' | 'Unhealthy';
  /** What EC2 has announced. */
  ending: Ending | null;
  /** False once the group lists it no more. */
  listed: boolean;
  launchedAtMs: number;
  terminatingAtMs: number | null;
  /** Its boot script is able to start etcd. */
  boots: boolean;
  /** Member id that its disk belongs to; `null`: empty. */
  disk: string | null;
  /** Member ids that it started with once: outlives the disk of etcd. */
  readonly used: Set<string>;
  /** As its machine read it last. */
  ticket: { readonly text: string; readonly values: ReadonlyMap<string, string> } | null;
  /** `null`: not asked for yet; it never changes. */
  clientUrl: string | null;
  /** Scale-in passes it by. */
  isProtected: boolean;
  /** When its wait in a hook began, and was extended last. */
  hookAtMs: number;
  beatAtMs: number;
  /** When the state that it passes through is over, and another follows. */
  nextAtMs: number;
  /** Its boot script runs from then on. */
  upAtMs: number;
  /** When EC2 ends it, as announced. */
  diesAtMs: number;
  /** When EC2 had ended it. */
  endedAtMs: number;
}

/** The id of the n-th instance of a world. */
export const instanceIdOf = (serial: number): string => `i-${serial.toString(16).padStart(17, '0')}`;

/** A machine that has just come up, and waits in the launch hook. */
export const newInstance = (
  about: Pick<FakeInstance, 'id' | 'address' | 'zone' | 'launchedAtMs' | 'boots'>,
): FakeInstance => ({
  ...about,
  lifecycle: 'Pending:Wait',
  state: 'running',
  health: 'Healthy',
  ending: null,
  listed: true,
  terminatingAtMs: null,
  disk: null,
  used: new Set(),
  ticket: null,
  clientUrl: null,
  isProtected: false,
  hookAtMs: about.launchedAtMs,
  beatAtMs: about.launchedAtMs,
  nextAtMs: 0,
  upAtMs: 0,
  diesAtMs: Number.POSITIVE_INFINITY,
  endedAtMs: Number.POSITIVE_INFINITY,
});

/** Those in standby, in the warm pool and on their way out do not. */
export const countsForCapacity = ({ listed, lifecycle }: FakeInstance): boolean =>
  listed && (lifecycle === 'InService' || lifecycle.startsWith('Pending'));

/** The group's own list leaves them out. */
export const isWarm = ({ lifecycle }: FakeInstance): boolean => lifecycle.startsWith('Warmed:');

export const isInService = ({ listed, lifecycle }: FakeInstance): boolean =>
  listed && lifecycle === 'InService';

/** On its way out, or retained there. */
export const isOnItsWayOut = ({ lifecycle }: FakeInstance): boolean =>
  lifecycle.startsWith('Terminating') || lifecycle.startsWith('Warmed:Terminating');

/** EC2 has ended it, or is about to be done with that. */
export const isOver = ({ state }: FakeInstance): boolean =>
  state === 'terminated' || state === 'shutting-down';
