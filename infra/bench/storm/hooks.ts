import type { Crowd, Worker } from './crowd.ts';
import { text } from './text.ts';

/** As infra/workers.yml has them; each worker of the crowd has both. */
export const TERMINATE_HOOKS = ['etcd-autopilot-dns', 'etcd-autopilot-registry'] as const;
export const HEARTBEAT_MS = 600_000;
const GLOBAL_BEATS = 100;
const PAGE_SIZE = 100;

export const HOOKS = {
  LifecycleHooks: TERMINATE_HOOKS.map((LifecycleHookName) => ({
    LifecycleHookName,
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    HeartbeatTimeout: HEARTBEAT_MS / 1_000,
    GlobalTimeout: (HEARTBEAT_MS / 1_000) * GLOBAL_BEATS,
  })),
};

interface Hook {
  extend(nowMs: number): void;
  complete(): void;
}

/** @throws as Auto Scaling does, where nobody waits. */
export function answerHook(
  { workers }: Crowd,
  { InstanceId, LifecycleHookName }: Readonly<Record<string, unknown>>,
  answer: (hook: Hook) => void,
) {
  const name = text(LifecycleHookName);
  const worker = workers.find(({ id }) => id === InstanceId);
  if (worker === undefined || !worker.waits.has(name)) throw nothingPending(text(InstanceId));
  answer({
    extend: (nowMs) => worker.waits.set(name, nowMs + HEARTBEAT_MS),
    complete: () => worker.waits.delete(name),
  });
  return { items: 1, value: {} };
}

/** Those in progress, newest first, in pages; nothing else happened in these groups of late. */
export function activitiesOf(
  { workers }: Crowd,
  { AutoScalingGroupName, NextToken }: Readonly<Record<string, unknown>>,
) {
  const leaving = workers.filter(
    ({ group, leavingAtMs, lifecycle }) =>
      group === AutoScalingGroupName && leavingAtMs !== null && lifecycle !== 'Gone',
  );
  const start = Number(NextToken ?? 0);
  const page = leaving.slice(start, start + PAGE_SIZE);
  const next = start + page.length;
  const value = {
    Activities: page.map(activityOf),
    ...(next < leaving.length ? { NextToken: String(next) } : {}),
  };
  return { items: page.length, value };
}

const activityOf = ({ id, leavingAtMs }: Worker) => ({
  ActivityId: id,
  Description: `Terminating EC2 instance: ${id}`,
  StartTime: new Date(leavingAtMs ?? 0),
  StatusCode: 'MidTerminatingLifecycleAction',
});

const nothingPending = (id: string): Error =>
  Object.assign(new Error(`No active Lifecycle Action found with instance ID ${id}`), {
    name: 'ValidationError',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });
