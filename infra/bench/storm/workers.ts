import type { AwsCall } from '../../../functions/adapters/aws-calls.ts';
import type { Worker } from './crowd.ts';
import { TERMINATE_HOOKS } from './hooks.ts';
import type { Ground } from './storm.ts';
import { DAWN_MS } from './virtual-time.ts';

/** Auto Scaling asks EC2 for all of them within this time. */
const LAUNCH_MS = 10_000;
/** From the launch until the boot script runs, and its boot commands: so long, and up to twice that. */
const BOOT_MS = 30_000;
/** From the end of the launch hook until Auto Scaling says `InService`, and sends its event. */
const SERVICE_MS = 1_000;
const PAUSE_MS_MAX = 15_000;
/** The caller that the boot scripts are counted as. */
export const WORKERS = 'workers';

export type WorkerEvent = 'launching' | 'launched' | 'leaving' | 'gone';

/** Has every worker boot: it reads the peers' addresses, and reports that it is ready (infra/node/worker.sh). */
export function bootAll(
  { time, api, random, crowd }: Pick<Ground, 'time' | 'api' | 'random' | 'crowd'>,
  onEvent: (worker: Worker, event: WorkerEvent) => void,
): void {
  for (const worker of crowd.workers) {
    const startMs = DAWN_MS + random() * LAUNCH_MS;
    time.at(startMs, async () => {
      worker.lifecycle = 'Pending:Wait';
      onEvent(worker, 'launching');
      await time.sleep(BOOT_MS * (1 + random()));
      await insist('ssm:GetParameters');
      await insist('autoscaling:CompleteLifecycleAction');
      await time.sleep(SERVICE_MS);
      worker.lifecycle = 'InService';
      worker.inServiceAtMs = time.nowMs();
      onEvent(worker, 'launched');
    });
  }

  /** As the boot script does: by curl, and the pause between two attempts grows and differs from machine to machine. */
  async function insist(call: AwsCall): Promise<void> {
    const nothing = () => ({ items: 1, value: null });
    for (let n = 1; ; n += 1) {
      const isDone = await api.call(WORKERS, call, nothing, { attempts: 1 }).then(
        () => true,
        () => false,
      );
      if (isDone) return;
      await time.sleep(Math.min(n * 1_000, PAUSE_MS_MAX) * (1 + random() / 2));
    }
  }
}

const DETAIL_TYPES = {
  launching: 'EC2 Instance-launch Lifecycle Action',
  launched: 'EC2 Instance Launch Successful',
  leaving: 'EC2 Instance-terminate Lifecycle Action',
  gone: 'EC2 Instance Terminate Successful',
} as const;
const HOOKS_OF = {
  launching: ['etcd-autopilot-ready'],
  leaving: TERMINATE_HOOKS,
  launched: [],
  gone: [],
} as const;

/** What Auto Scaling tells of it, as EventBridge sends it to the queues: one event for each hook, or one. */
export function eventsOf({ id, group }: Worker, event: WorkerEvent): readonly string[] {
  const about = { AutoScalingGroupName: group, EC2InstanceId: id };
  const hooks: readonly string[] = HOOKS_OF[event];
  const details = hooks.map((LifecycleHookName) => ({
    ...about,
    LifecycleActionToken: `${id}-${LifecycleHookName}`,
    LifecycleHookName,
  }));
  return (details.length === 0 ? [about] : details).map((detail) =>
    JSON.stringify({ source: 'aws.autoscaling', 'detail-type': DETAIL_TYPES[event], detail }),
  );
}
