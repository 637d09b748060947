import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, endActivity, instanceTags, startActivity } from './activities.ts';
import { lifecycleEvent, resultEvent, type ScalingEvent } from './events.ts';
import {
  type Activity,
  type Group,
  type HookResult,
  type Instance,
  isLeaving,
  isWarm,
  type LaunchTemplate,
  type PendingAction,
  type Place,
  type Route,
} from './model.ts';
import { restInPool } from './pool-life.ts';
import type { World } from './ports.ts';
import { renewRoot } from './root-volume.ts';
import { actionsOn, ROUTES } from './routes.ts';

const PROCEED_MS = 100;

/** The way of one instance through its states. `changed` is called when its group may have to act. */
export class Lifecycle {
  readonly world: World;
  readonly #changed: (group: Group) => void;

  constructor(world: World, changed: (group: Group) => void) {
    this.world = world;
    this.#changed = changed;
  }

  /** Starts a machine on its way into the group or into its warm pool. */
  launch(
    group: Group,
    template: LaunchTemplate,
    place: Place,
    cause: string,
    way: Route = ROUTES.launch,
  ): Instance {
    const id = `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
    const where = way.next === 'pool' ? ' into warm pool' : '';
    const instance: Instance = {
      id,
      groupName: group.name,
      address: this.world.machines.allocate(),
      place,
      template,
      launchedAtMs: Date.now(),
      tags: instanceTags(group, template),
      state: way.next === 'pool' ? 'Warmed:Pending' : 'Pending',
      ec2State: 'pending',
      health: 'Healthy',
      notice: null,
      protectedFromScaleIn: false,
      inServiceAtMs: null,
      terminatedAtMs: null,
      actions: [],
      activity: startActivity(group, id, place, `Launching a new EC2 instance${where}: ${id}`, cause),
    };
    group.instances.push(instance);
    this.say(instance, `launching${where} in ${place.zone} at ${instance.address}`);
    this.run(instance, this.boot(group, instance, way));
    return instance;
  }

  /** Takes an instance out of its group, through the terminate hooks unless told otherwise. Repeating it changes nothing. */
  terminate(group: Group, instance: Instance, cause: string, withHooks = true): Activity {
    if (isLeaving(instance)) return instance.activity;
    const way = isWarm(instance) ? ROUTES.terminateWarm : ROUTES.terminate;
    this.begin(group, instance, `Terminating EC2 instance: ${instance.id}`, cause);
    instance.state = way === ROUTES.terminate ? 'Terminating' : 'Warmed:Terminating';
    const skipsHooks = instance.ec2State === 'terminated' && !this.world.hooksForGone;
    if (withHooks && !skipsHooks) this.hold(group, instance, way);
    else this.#go(group, instance, way);
    this.#changed(group);
    return instance.activity;
  }

  /** Ends one lifecycle action. ABANDON ends all of the transition, and every way but the last with the instance. */
  complete(
    group: Group,
    instance: Instance,
    action: PendingAction,
    result: HookResult,
    because: string,
  ): void {
    this.say(instance, `hook ${action.hook.name}: ${result} (${because})`);
    instance.actions = result === 'ABANDON' ? [] : instance.actions.filter((other) => other !== action);
    const isLast = action.way.next === 'end';
    if (result === 'ABANDON' && !isLast) this.#giveUp(group, instance, action, because);
    else if (result === 'ABANDON' && group.retainsAbandoned && !group.deleting) this.#retain(group, instance);
    else if (instance.actions.length === 0) this.#go(group, instance, action.way);
  }

  heartbeat(action: PendingAction): void {
    action.deadlineMs = Math.min(Date.now() + action.hook.heartbeatSeconds * 1000, action.limitMs);
  }

  /** EC2 ends the machine by itself: with a shutdown, or without notice. The group finds out at its next health check. */
  async endMachine(instance: Instance, graceful: boolean): Promise<void> {
    if (instance.ec2State === 'shutting-down' || instance.ec2State === 'terminated') return;
    instance.ec2State = 'shutting-down';
    const grace = graceful ? this.world.waits.terminationMs : 0;
    await Promise.all([this.world.machines.stop(instance.id, grace), sleep(grace)]);
    instance.ec2State = 'terminated';
    instance.terminatedAtMs = Date.now();
  }

  /** Notes that something new happens to an instance; what was under way for it is over. */
  begin(group: Group, instance: Instance, description: string, cause: string): void {
    if (instance.activity.endedAtMs === null) endActivity(instance.activity, 'Cancelled');
    instance.activity = startActivity(group, instance.id, instance.place, description, cause);
    instance.actions = [];
    this.say(instance, `${description}. ${cause}`);
  }

  /** Starts the machine and then its way. What has become of the instance meanwhile comes first. */
  async boot(group: Group, instance: Instance, way: Route): Promise<void> {
    const { state } = instance;
    await sleep(this.world.waits.bootMs);
    if (instance.ec2State !== 'pending' || isLeaving(instance)) return;
    instance.ec2State = 'running';
    await this.world.machines.start(instance);
    if (instance.state === state) this.hold(group, instance, way);
  }

  /** Holds the instance in the hooks of its way, or lets it go on where there are none. */
  hold(group: Group, instance: Instance, way: Route): void {
    instance.actions = actionsOn(group, way);
    if (instance.actions.length === 0) {
      this.#go(group, instance, way);
      return;
    }
    instance.state = way.waitState;
    instance.activity.status = 'MidLifecycleAction';
    this.say(instance, `${instance.state} (${instance.actions.map(({ hook }) => hook.name).join(', ')})`);
    for (const action of instance.actions) this.publish(group, lifecycleEvent(group, instance, action));
  }

  /** A way has ended as it should. */
  arrived(group: Group, instance: Instance, way: Route): void {
    endActivity(instance.activity, 'Successful');
    this.say(instance, instance.state);
    this.publish(group, resultEvent(instance.activity, way));
    this.#changed(group);
  }

  publish(group: Group, event: ScalingEvent): void {
    this.world.stage.publish(event.detailType, group.arn, event.detail);
  }

  say(instance: Instance, words: string): void {
    this.world.log(`${instance.groupName} ${instance.id}: ${words}`);
  }

  run(instance: Instance, work: Promise<void>): void {
    work.catch((error: unknown) => this.say(instance, `fleet failed: ${String(error)}`));
  }

  #go(group: Group, instance: Instance, way: Route): void {
    this.run(instance, this.#next(group, instance, way));
  }

  #next(group: Group, instance: Instance, way: Route): Promise<void> {
    switch (way.next) {
      case 'service':
        return this.#enterService(group, instance, way);
      case 'pool':
        return restInPool(this, group, instance, way);
      case 'disk':
        return renewRoot(this, group, instance);
      case 'end':
        return this.#leave(group, instance, way);
    }
  }

  async #enterService(group: Group, instance: Instance, way: Route): Promise<void> {
    instance.state = 'Pending:Proceed';
    instance.activity.status = 'PreInService';
    await sleep(PROCEED_MS);
    if (instance.state !== 'Pending:Proceed') return;
    instance.state = 'InService';
    instance.inServiceAtMs = Date.now();
    if (way.origin !== way.destination) instance.protectedFromScaleIn = group.newInstancesProtected;
    this.arrived(group, instance, way);
  }

  async #leave(group: Group, instance: Instance, way: Route): Promise<void> {
    instance.state = way === ROUTES.terminateWarm ? 'Warmed:Terminating:Proceed' : 'Terminating:Proceed';
    instance.activity.status = 'InProgress';
    await this.endMachine(instance, true);
    while (instance.ec2State !== 'terminated') await sleep(PROCEED_MS);
    instance.state = 'Terminated';
    group.instances = group.instances.filter((other) => other !== instance);
    this.arrived(group, instance, way);
  }

  #giveUp(group: Group, instance: Instance, action: PendingAction, because: string): void {
    instance.activity.message = `Lifecycle Action with token ${action.token} was abandoned: ${because}`;
    endActivity(instance.activity, 'Failed');
    this.publish(group, resultEvent(instance.activity, action.way));
    const cause = `At ${at()} an instance was taken out of service in response to an abandoned launch.`;
    this.terminate(group, instance, cause);
  }

  /** Kept running, outside of the group's capacity, until somebody ends the machine. */
  #retain(group: Group, instance: Instance): void {
    instance.state = 'Terminating:Retained';
    endActivity(instance.activity, 'Successful');
    this.say(instance, 'retained: its terminate hook was abandoned');
    this.#changed(group);
  }

  /** Ends what is retained, or finds that EC2 has ended it: nothing holds it any more. */
  release(group: Group, instance: Instance): void {
    this.#go(group, instance, ROUTES.terminate);
  }
}
