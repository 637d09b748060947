import type { HookResult, HookSettings } from '../../../functions/core/ports.ts';
import type { FakeWorld } from './fake-world.ts';
import type { FakeInstance } from './instance.ts';

export const LAUNCH_HOOK = 'etcd-autopilot-launch';
export const TERMINATE_HOOK = 'etcd-autopilot-terminate';

/** The hooks of the group, as its template sets them. */
export class Hooks {
  /** Whether the platform ends waits that nobody extends, and knows who waits at all. */
  enforced = false;
  heartbeatSeconds = 1_800;
  globalSeconds = 172_800;
  /** What stands for an answer that does not come. */
  defaultResult: HookResult = 'ABANDON';
  /** An instance whose terminate hook is abandoned is kept, out of service. */
  retains = false;
  /** Machines that EC2 has ended pass the terminate hook all the same. */
  holdsGone = true;

  settings(): readonly HookSettings[] {
    const { heartbeatSeconds, globalSeconds } = this;
    return [
      { name: LAUNCH_HOOK, transition: 'launch', heartbeatSeconds, globalSeconds },
      { name: TERMINATE_HOOK, transition: 'terminate', heartbeatSeconds, globalSeconds },
    ];
  }

  /** When the platform answers by itself. */
  deadlineMs({ hookAtMs, beatAtMs }: FakeInstance): number {
    return Math.min(beatAtMs + this.heartbeatSeconds * 1_000, hookAtMs + this.globalSeconds * 1_000);
  }
}

const WAITS: Readonly<Record<string, readonly string[]>> = {
  'Pending:Wait': [LAUNCH_HOOK],
  'Terminating:Wait': [TERMINATE_HOOK],
  'Warmed:Pending:Wait': [LAUNCH_HOOK, TERMINATE_HOOK],
  'Warmed:Terminating:Wait': [TERMINATE_HOOK],
  'ReplacingRootVolume:Wait': [TERMINATE_HOOK],
};

/** The hooks that an instance may wait in; none: it does not wait. */
export const hooksHolding = ({ listed, lifecycle }: FakeInstance): readonly string[] =>
  listed ? (WAITS[lifecycle] ?? []) : [];

/** Puts an instance into its hook. */
export function holdIn(world: FakeWorld, instance: FakeInstance, lifecycle: string): void {
  instance.lifecycle = lifecycle;
  instance.hookAtMs = world.nowMs;
  instance.beatAtMs = world.nowMs;
  world.mail.tellHook(world, instance);
}

/** The platform answers for those who did not. */
export function expireHook(world: FakeWorld, instance: FakeInstance): void {
  if (hooksHolding(instance).length === 0 || world.nowMs < world.hooks.deadlineMs(instance)) return;
  const isGlobal = world.nowMs >= instance.hookAtMs + world.hooks.globalSeconds * 1_000;
  world.judge.hookExpired(instance.id, isGlobal);
  world.answerHook(instance, world.hooks.defaultResult);
}
