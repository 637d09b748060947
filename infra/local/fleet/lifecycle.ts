import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, endActivity, instanceTags, startActivity } from './activities.ts';
import { lifecycleEvent, resultEvent, type ScalingEvent } from './events.ts';
import {
  type Activity,
  type Group,
  type HookResult,
  type Instance,
  isLive,
  type LaunchTemplate,
  type PendingAction,
  type Place,
  type Transition,
} from './model.ts';
import type { World } from './ports.ts';

const LAUNCHING: Transition = 'autoscaling:EC2_INSTANCE_LAUNCHING';
const TERMINATING: Transition = 'autoscaling:EC2_INSTANCE_TERMINATING';
const PROCEED_MS = 100;
const GLOBAL_LIMIT_MS = 48 * 3600_000;
const HEARTBEATS_MAX = 100;

/** The way of one instance through its states. `changed` is called when its group may have to act. */
export class Lifecycle {
  readonly #world: World;
  readonly #changed: (group: Group) => void;

  constructor(world: World, changed: (group: Group) => void) {
    this.#world = world;
    this.#changed = changed;
  }

  launch(group: Group, template: LaunchTemplate, place: Place, cause: string): Instance {
    const id = `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
    const activity = startActivity(group, id, place, `Launching a new EC2 instance: ${id}`, cause);
    const instance: Instance = {
      id,
      groupName: group.name,
      address: this.#world.machines.allocate(),
      place,
      template,
      launchedAtMs: Date.now(),
      tags: instanceTags(group, template),
      state: 'Pending',
      ec2State: 'pending',
      health: 'Healthy',
      protectedFromScaleIn: group.newInstancesProtected,
      inServiceAtMs: null,
      terminatedAtMs: null,
      actions: [],
      activity,
      notice: null,
    };
    group.instances.push(instance);
    this.#say(instance, `launching in ${place.zone} at ${instance.address}`);
    this.#run(instance, this.#boot(group, instance));
    return instance;
  }

  /** Takes an instance out of its group, through the terminate hooks unless told otherwise. Repeating it changes nothing. */
  terminate(group: Group, instance: Instance, cause: string, withHooks = true): Activity {
    if (!isLive(instance)) return instance.activity;
    if (instance.activity.endedAtMs === null) endActivity(instance.activity, 'Cancelled');
    const description = `Terminating EC2 instance: ${instance.id}`;
    instance.activity = startActivity(group, instance.id, instance.place, description, cause);
    instance.state = 'Terminating';
    instance.actions = [];
    this.#say(instance, `terminating: ${cause}`);
    if (withHooks) this.#enterWait(group, instance, TERMINATING);
    else this.#run(instance, this.#proceed(group, instance));
    this.#changed(group);
    return instance.activity;
  }

  /** Ends one lifecycle action. ABANDON ends all of the transition. */
  complete(
    group: Group,
    instance: Instance,
    action: PendingAction,
    result: HookResult,
    because: string,
  ): void {
    this.#say(instance, `hook ${action.hook.name}: ${result} (${because})`);
    instance.actions = result === 'ABANDON' ? [] : instance.actions.filter((other) => other !== action);
    if (action.hook.transition === LAUNCHING && result === 'ABANDON') {
      instance.activity.message = `Lifecycle Action with token ${action.token} was abandoned: ${because}`;
      this.#fail(group, instance);
      this.terminate(
        group,
        instance,
        `At ${at()} an instance was taken out of service in response to an abandoned launch.`,
      );
    } else if (instance.actions.length === 0) {
      this.#run(instance, this.#proceed(group, instance));
    }
  }

  heartbeat(action: PendingAction): void {
    action.deadlineMs = Math.min(Date.now() + action.hook.heartbeatSeconds * 1000, action.limitMs);
  }

  /** EC2 ends the machine by itself: with a shutdown, or without notice. The group finds out at its next health check. */
  async endMachine(instance: Instance, graceful: boolean): Promise<void> {
    if (instance.ec2State === 'shutting-down' || instance.ec2State === 'terminated') return;
    instance.ec2State = 'shutting-down';
    const grace = graceful ? this.#world.waits.terminationMs : 0;
    await Promise.all([this.#world.machines.stop(instance.id, grace), sleep(grace)]);
    instance.ec2State = 'terminated';
    instance.terminatedAtMs = Date.now();
  }

  async #boot(group: Group, instance: Instance): Promise<void> {
    await sleep(this.#world.waits.bootMs);
    if (instance.ec2State !== 'pending' || !isLive(instance)) return;
    instance.ec2State = 'running';
    await this.#world.machines.start(instance);
    if (instance.state === 'Pending') this.#enterWait(group, instance, LAUNCHING);
  }

  #enterWait(group: Group, instance: Instance, transition: Transition): void {
    const skip =
      transition === TERMINATING && instance.ec2State === 'terminated' && !this.#world.hooksForGone;
    const hooks = skip ? [] : group.hooks.filter((hook) => hook.transition === transition);
    if (hooks.length === 0) {
      this.#run(instance, this.#proceed(group, instance));
      return;
    }
    instance.state = transition === LAUNCHING ? 'Pending:Wait' : 'Terminating:Wait';
    instance.activity.status = 'MidLifecycleAction';
    const now = Date.now();
    instance.actions = hooks.map((hook) => ({
      hook,
      token: randomUUID(),
      sinceMs: now,
      deadlineMs: now + hook.heartbeatSeconds * 1000,
      limitMs: now + Math.min(GLOBAL_LIMIT_MS, HEARTBEATS_MAX * hook.heartbeatSeconds * 1000),
    }));
    this.#say(instance, `${instance.state} (${hooks.map((hook) => hook.name).join(', ')})`);
    for (const action of instance.actions) this.#publish(group, lifecycleEvent(group, instance, action));
  }

  async #proceed(group: Group, instance: Instance): Promise<void> {
    if (isLive(instance)) await this.#enterService(group, instance);
    else await this.#leave(group, instance);
  }

  async #enterService(group: Group, instance: Instance): Promise<void> {
    instance.state = 'Pending:Proceed';
    instance.activity.status = 'PreInService';
    await sleep(PROCEED_MS);
    if (instance.state !== 'Pending:Proceed') return;
    instance.state = 'InService';
    instance.inServiceAtMs = Date.now();
    endActivity(instance.activity, 'Successful');
    this.#say(instance, 'in service');
    this.#publish(group, resultEvent(LAUNCHING, instance.activity));
    this.#changed(group);
  }

  async #leave(group: Group, instance: Instance): Promise<void> {
    instance.state = 'Terminating:Proceed';
    instance.activity.status = 'InProgress';
    await this.endMachine(instance, true);
    while (instance.ec2State !== 'terminated') await sleep(PROCEED_MS);
    instance.state = 'Terminated';
    group.instances = group.instances.filter((other) => other !== instance);
    endActivity(instance.activity, 'Successful');
    this.#say(instance, 'terminated');
    this.#publish(group, resultEvent(TERMINATING, instance.activity));
    this.#changed(group);
  }

  #fail(group: Group, instance: Instance): void {
    endActivity(instance.activity, 'Failed');
    this.#publish(group, resultEvent(LAUNCHING, instance.activity));
  }

  #publish(group: Group, event: ScalingEvent): void {
    this.#world.stage.publish(event.detailType, group.arn, event.detail);
  }

  #say(instance: Instance, words: string): void {
    this.#world.log(`${instance.groupName} ${instance.id}: ${words}`);
  }

  #run(instance: Instance, work: Promise<void>): void {
    work.catch((error: unknown) => this.#say(instance, `fleet failed: ${String(error)}`));
  }
}
