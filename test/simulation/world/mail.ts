import type { FakeWorld } from './fake-world.ts';
import { hooksHolding, LAUNCH_HOOK } from './hooks.ts';
import type { FakeInstance } from './instance.ts';
import { Queue } from './queue.ts';

/** Longer than the function may run, as the template sets it. */
const VISIBILITY_SECONDS = 70;
const SCHEDULE_MS = 60_000;

/** What the platform tells of itself, the schedule, and the queue that both end in. Closed: nobody is told. */
export class Mail {
  isOpen = false;
  readonly queue = new Queue();
  #serial = 0;
  #scheduledAtMs = 0;

  tick(world: FakeWorld): void {
    if (!this.isOpen || world.nowMs < this.#scheduledAtMs) return;
    this.#scheduledAtMs = world.nowMs + SCHEDULE_MS;
    this.#put(world, 'aws.events', 'Scheduled Event', {}, true);
  }

  /** The next message of the cluster; it stays in flight until `queue.done()`, or comes again after a while. */
  take(world: FakeWorld): string | null {
    return this.queue.take(world.nowMs, VISIBILITY_SECONDS);
  }

  ask(world: FakeWorld, body: string): void {
    if (this.isOpen) this.queue.send(body, world.nowMs);
  }

  tellHook(world: FakeWorld, instance: FakeInstance): void {
    if (!this.isOpen) return;
    for (const hook of hooksHolding(instance)) {
      const word = hook === LAUNCH_HOOK ? 'launch' : 'terminate';
      this.#put(world, 'aws.autoscaling', `EC2 Instance-${word} Lifecycle Action`, {
        LifecycleActionToken: `token-${this.#serial}`,
        AutoScalingGroupName: world.groupName,
        LifecycleHookName: hook,
        EC2InstanceId: instance.id,
      });
    }
  }

  tellResult(world: FakeWorld, instance: FakeInstance, verb: 'Launch' | 'Terminate'): void {
    this.#tellGroup(world, `EC2 Instance ${verb} Successful`, instance.id);
  }

  tellNoCapacity(world: FakeWorld): void {
    if (world.nowMs % SCHEDULE_MS < 1_000) this.#tellGroup(world, 'EC2 Instance Launch Unsuccessful', '');
  }

  tellRefresh(world: FakeWorld, how: 'Started' | 'Succeeded' | 'Cancelled'): void {
    this.#tellGroup(world, `EC2 Auto Scaling Instance Refresh ${how}`);
  }

  /** EC2 knows no groups: its warnings reach every cluster. */
  tellEnding(world: FakeWorld, instanceId: string): void {
    const detail = { 'instance-id': instanceId, 'instance-action': 'terminate' };
    if (this.isOpen) this.#put(world, 'aws.ec2', 'EC2 Spot Instance Interruption Warning', detail);
  }

  /** Whatever else comes by the bus, from whomever. */
  tellBody(world: FakeWorld, body: string): void {
    if (this.isOpen) this.queue.send(body, world.nowMs);
  }

  #tellGroup(world: FakeWorld, detailType: string, instanceId?: string): void {
    if (!this.isOpen) return;
    const about = instanceId === undefined ? {} : { EC2InstanceId: instanceId };
    this.#put(world, 'aws.autoscaling', detailType, { AutoScalingGroupName: world.groupName, ...about });
  }

  #put(world: FakeWorld, source: string, detailType: string, detail: object, isSchedule = false): void {
    this.#serial += 1;
    const body = JSON.stringify({ source, 'detail-type': detailType, id: `event-${this.#serial}`, detail });
    if (isSchedule) this.queue.send(body, world.nowMs);
    else this.queue.tell(body, world.nowMs);
  }
}
