import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { at } from './activities.ts';
import { Capacity } from './capacity.ts';
import { applyConduct } from './conduct.ts';
import { Lifecycle } from './lifecycle.ts';
import {
  type Activity,
  FleetError,
  type Group,
  type Instance,
  isLive,
  type LaunchTemplate,
  type PendingAction,
  type Place,
} from './model.ts';
import type { World } from './ports.ts';
import { currentTemplate, isRunning } from './refresh-model.ts';
import { Refresher } from './refresher.ts';
import { applySizes, hookOf, newGroup, type Properties, subnetsOf, tagsOf, templateOf } from './settings.ts';
import { Watch } from './watch.ts';
import { list, text, textList } from './wire.ts';
import { Zones } from './zones.ts';

const TICK_MS = 200;
const TERMINATED_KEPT_MS = 3600_000;

/** All groups of the region, and the will to keep each at its desired capacity. */
export class Groups {
  readonly #world: World;
  readonly #groups = new Map<string, Group>();
  readonly #instances = new Map<string, Instance>();
  readonly #capacity: Capacity;
  readonly #watch: Watch;
  readonly #timers: readonly NodeJS.Timeout[];
  #checking = false;
  readonly lifecycle: Lifecycle;
  readonly refresher: Refresher;
  /** Which zones have capacity. */
  readonly zones: Zones;

  constructor(world: World) {
    this.#world = world;
    this.lifecycle = new Lifecycle(world, (group) => this.settle(group));
    this.zones = new Zones(world.waits.healthCheckMs);
    const launched = (instance: Instance): void => void this.#instances.set(instance.id, instance);
    this.#capacity = new Capacity(this.lifecycle, this.zones, launched);
    this.refresher = new Refresher(this.lifecycle, this.#capacity);
    this.#watch = new Watch(() => this.#groups.values(), this.lifecycle, this.#capacity, this.zones);
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => void this.#checkHealth(), world.waits.healthCheckMs),
      setInterval(() => void world.targets.checkAll(), world.waits.healthCheckMs),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const group of this.#groups.values()) group.suspended.add('Launch');
  }

  all(): readonly Group[] {
    return [...this.#groups.values()].sort((left, right) => left.name.localeCompare(right.name));
  }

  /** Instances that EC2 still shows: terminated ones for an hour. */
  instances(): readonly Instance[] {
    const oldest = Date.now() - TERMINATED_KEPT_MS;
    return [...this.#instances.values()].filter(
      (one) => one.terminatedAtMs === null || one.terminatedAtMs > oldest,
    );
  }

  get(name: string): Group {
    const group = this.#groups.get(name);
    if (group === undefined)
      throw new FleetError(
        'ValidationError',
        `AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`,
      );
    return group;
  }

  instance(id: string): Instance {
    const instance = this.#instances.get(id);
    if (instance === undefined)
      throw new FleetError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    return instance;
  }

  /** An instance that a group manages, with that group. */
  managed(id: string): { readonly group: Group; readonly instance: Instance } {
    const instance = this.#instances.get(id);
    const group = instance && this.#groups.get(instance.groupName);
    if (instance === undefined || group === undefined || !group.instances.includes(instance)) {
      throw new FleetError(
        'ValidationError',
        `Instance Id not found - No managed instance found for instance ID: ${id}`,
      );
    }
    return { group, instance };
  }

  async create(name: string, properties: Properties): Promise<Group> {
    if (this.#groups.has(name))
      throw new FleetError(
        'AlreadyExists',
        `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
      );
    const template = templateOf(properties);
    if (template === null)
      throw new FleetError('ValidationError', 'Valid requests must contain a LaunchTemplate');
    await this.#world.stage.template(template);
    await this.#world.targets.require(textList(properties['TargetGroupARNs']));
    const arn = `arn:aws:autoscaling:${this.#world.region}:${this.#world.account}:autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`;
    const group = newGroup(name, arn, template, await this.#places(properties), properties);
    this.#groups.set(name, group);
    this.#world.log(`${name}: group created, ${group.desired} desired`);
    this.settle(group);
    return group;
  }

  /** Changes what is given and leaves the rest; running instances keep their template. */
  async update(name: string, properties: Properties): Promise<Group> {
    const group = this.get(name);
    const template = templateOf(properties) ?? group.template;
    await this.#world.stage.template(template);
    await this.#world.targets.require(textList(properties['TargetGroupARNs']));
    if (properties['VPCZoneIdentifier'] !== undefined || properties['AvailabilityZones'] !== undefined) {
      group.places = await this.#places(properties);
    }
    applyConduct(group, properties);
    applySizes(group, properties);
    group.template = template;
    if (properties['Tags'] !== undefined) group.tags = tagsOf(properties['Tags']);
    const hooks = properties['LifecycleHookSpecificationList'];
    if (hooks !== undefined) group.hooks = list(hooks).map(hookOf);
    this.#world.log(`${name}: group updated, ${group.desired} desired`);
    this.settle(group);
    return group;
  }

  /** Resolves when the last instance is terminated. Deleting what is not there is done already. */
  async remove(name: string, withHooks: boolean): Promise<void> {
    const group = this.#groups.get(name);
    if (group === undefined) return;
    for (const refresh of group.refreshes.filter(isRunning)) Object.assign(refresh, { status: 'Cancelled' });
    Object.assign(group, { deleting: true, deletingShows: !withHooks, minSize: 0, maxSize: 0, desired: 0 });
    const cause = `At ${at()} an instance was taken out of service in response to the deletion of its group.`;
    for (const instance of [...group.instances]) {
      if (instance.state === 'Terminating:Retained') this.lifecycle.release(group, instance);
      else this.lifecycle.terminate(group, instance, cause, withHooks);
    }
    while (group.instances.length > 0 && this.#groups.get(name) === group) await sleep(TICK_MS);
    this.#groups.delete(name);
    this.#world.log(`${name}: group deleted`);
  }

  terminateByUser(id: string, decrement: boolean): Activity {
    const { group, instance } = this.managed(id);
    if (instance.state === 'Terminating:Retained') {
      this.lifecycle.release(group, instance);
      return instance.activity;
    }
    if (decrement && isLive(instance)) {
      if (group.desired <= group.minSize) {
        throw new FleetError(
          'ValidationError',
          `Currently, desiredSize equals minSize (${group.minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
        );
      }
      group.desired -= 1;
    }
    const shrink = decrement ? `, shrinking the capacity from ${group.desired + 1} to ${group.desired}` : '';
    return this.lifecycle.terminate(
      group,
      instance,
      `At ${at()} instance ${id} was taken out of service in response to a user request${shrink}.`,
    );
  }

  /** The action that a token or an instance id means. */
  pending(
    groupName: string,
    hookName: string,
    token: string,
    instanceId: string,
  ): { group: Group; instance: Instance; action: PendingAction } {
    const group = this.get(groupName);
    for (const instance of group.instances) {
      for (const action of instance.actions) {
        const meant = token === '' ? instance.id === instanceId : action.token === token;
        if (meant && action.hook.name === hookName) return { group, instance, action };
      }
    }
    const what = token === '' ? `instance ID ${instanceId}` : `token ${token}`;
    throw new FleetError('ValidationError', `No active Lifecycle Action found with ${what}`);
  }

  /** What the group launches from now. */
  templateOf(group: Group): Promise<LaunchTemplate> {
    return this.#world.stage.template(currentTemplate(group));
  }

  settle(group: Group): void {
    this.#capacity.settle(group);
  }

  #tick(): void {
    this.#watch.expireHooks();
    for (const group of this.#groups.values()) this.refresher.tick(group);
    void this.#world.targets.sync(this.#groups.values());
  }

  /** One look at a time: a look may wait for a function of the group's own. */
  async #checkHealth(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    await this.#watch
      .checkHealth()
      .catch((error: unknown) => this.#world.log(`health check failed: ${String(error)}`));
    this.#checking = false;
  }

  async #places(properties: Properties): Promise<readonly Place[]> {
    const subnets = subnetsOf(properties);
    if (subnets.length > 0) return this.#world.stage.places(subnets);
    const zones = textList(properties['AvailabilityZones']).filter((zone) => text(zone) !== '');
    if (zones.length === 0)
      throw new FleetError('ValidationError', 'At least one Availability Zone or VPC Subnet is required.');
    return zones.map((zone) => ({ zone, subnetId: '', vpcId: '' }));
  }
}
