import { randomUUID } from 'node:crypto';
import type { Group, PendingAction, Route, Transition } from './model.ts';

const GLOBAL_LIMIT_MS = 48 * 3600_000;
const HEARTBEATS_MAX = 100;

export const LAUNCHING: Transition = 'autoscaling:EC2_INSTANCE_LAUNCHING';
const TERMINATING: Transition = 'autoscaling:EC2_INSTANCE_TERMINATING';

/** Every way an instance can go. */
export const ROUTES = {
  launch: {
    transition: LAUNCHING,
    origin: 'EC2',
    destination: 'AutoScalingGroup',
    waitState: 'Pending:Wait',
    next: 'service',
  },
  terminate: {
    transition: TERMINATING,
    origin: 'AutoScalingGroup',
    destination: 'EC2',
    waitState: 'Terminating:Wait',
    next: 'end',
  },
  enterPool: {
    transition: LAUNCHING,
    origin: 'EC2',
    destination: 'WarmPool',
    waitState: 'Warmed:Pending:Wait',
    next: 'pool',
  },
  leavePool: {
    transition: LAUNCHING,
    origin: 'WarmPool',
    destination: 'AutoScalingGroup',
    waitState: 'Pending:Wait',
    next: 'service',
  },
  returnToPool: {
    transition: TERMINATING,
    origin: 'AutoScalingGroup',
    destination: 'WarmPool',
    waitState: 'Warmed:Pending:Wait',
    next: 'pool',
  },
  terminateWarm: {
    transition: TERMINATING,
    origin: 'WarmPool',
    destination: 'EC2',
    waitState: 'Warmed:Terminating:Wait',
    next: 'end',
  },
  /** The instance stays; its root volume is about to go. */
  rootBefore: {
    transition: TERMINATING,
    origin: 'AutoScalingGroup',
    destination: 'AutoScalingGroup',
    waitState: 'ReplacingRootVolume:Wait',
    next: 'disk',
  },
  /** It has started from its new root volume. */
  rootAfter: {
    transition: LAUNCHING,
    origin: 'AutoScalingGroup',
    destination: 'AutoScalingGroup',
    waitState: 'Pending:Wait',
    next: 'service',
  },
} as const satisfies Record<string, Route>;

/** The actions of the group's hooks on that way, each with its own token and deadline. */
export function actionsOn(group: Group, way: Route): PendingAction[] {
  const now = Date.now();
  return group.hooks
    .filter((hook) => hook.transition === way.transition)
    .map((hook) => ({
      hook,
      token: randomUUID(),
      way,
      sinceMs: now,
      deadlineMs: now + hook.heartbeatSeconds * 1000,
      limitMs: now + Math.min(GLOBAL_LIMIT_MS, HEARTBEATS_MAX * hook.heartbeatSeconds * 1000),
    }));
}
