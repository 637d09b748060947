import type { HookOfInstance, ScalingActivity } from '../../../functions/core/ports.ts';

/** A group as an operator asks for it. */
export interface GroupWish {
  readonly name: string;
  readonly role?: 'member' | 'worker';
  readonly desired: number;
  readonly tags?: Readonly<Record<string, string>>;
  /** Terminate hooks of the group. */
  readonly hooks?: readonly string[];
  readonly heartbeatSeconds?: number;
}

export interface FrontInstance {
  readonly id: string;
  readonly n: number;
  readonly group: string;
  readonly launchedAtMs: number;
  lifecycle: string;
  health: 'Healthy' | 'Unhealthy';
  /** False: its machine ended, whatever its group says. */
  isAlive: boolean;
  /** When its machine ended without a word. */
  diedAtMs: number | null;
  /** Since when it is in its lifecycle state. */
  sinceMs: number;
  terminatingSinceMs: number | null;
  /** Terminate hooks that nobody answered yet, by when the last heartbeat was. */
  readonly pending: Map<string, number>;
}

export interface FrontGroup {
  readonly wish: GroupWish;
  readonly tags: Map<string, string>;
  desired: number;
  deleting: boolean;
  readonly activities: ScalingActivity[];
}

export interface HookEnd {
  readonly hook: HookOfInstance;
  readonly by: 'completed' | 'timeout';
}
