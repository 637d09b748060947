import type { AwsCall } from '../../../functions/adapters/aws-calls.ts';
import type { StormApi } from './api.ts';
import type { Crowd, Worker } from './crowd.ts';
import { DAWN_MS, type VirtualTime } from './virtual-time.ts';

/** Auto Scaling asks EC2 for all of them within this time. */
const LAUNCH_MS = 10_000;
/** From the launch until the boot script runs, and its boot commands: so long, and up to twice that. */
const BOOT_MS = 30_000;
/** From the end of the launch hook until Auto Scaling says `InService`, and sends its event. */
const SERVICE_MS = 1_000;
const PAUSE_MS_MAX = 15_000;
/** The caller that the boot scripts are counted as. */
export const WORKERS = 'workers';

export type OnEvent = (worker: Worker, event: 'launching' | 'launched') => void;

/** Has every worker boot: it reads the peers' addresses, and reports that it is ready (infra/node/worker.sh). */
export function bootAll(
  time: VirtualTime,
  api: StormApi,
  random: () => number,
  crowd: Crowd,
  onEvent: OnEvent,
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

/** The event of Auto Scaling, as EventBridge sends it to the queues. */
export function eventOf(worker: Worker, event: 'launching' | 'launched', at: number): string {
  const isLifecycle = event === 'launching';
  return JSON.stringify({
    source: 'aws.autoscaling',
    'detail-type': isLifecycle ? 'EC2 Instance-launch Lifecycle Action' : 'EC2 Instance Launch Successful',
    id: `${worker.id}-${at}`,
    detail: {
      AutoScalingGroupName: worker.group,
      EC2InstanceId: worker.id,
      ...(isLifecycle
        ? {
            LifecycleActionToken: worker.id,
            LifecycleHookName: 'etcd-autopilot-ready',
            LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
            Origin: 'EC2',
            Destination: 'AutoScalingGroup',
          }
        : {}),
    },
  });
}
