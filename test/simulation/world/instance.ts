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
});

/** Those in standby, in the warm pool and on their way out do not. */
export const countsForCapacity = ({ listed, lifecycle }: FakeInstance): boolean =>
  listed && (lifecycle === 'InService' || lifecycle.startsWith('Pending'));

/** The group's own list leaves them out. */
export const isWarm = ({ lifecycle }: FakeInstance): boolean => lifecycle.startsWith('Warmed:');
