import { OperationError } from '../../../functions/core/errors.ts';
import type { Host, HostPort, NoticePort } from '../../../functions/core/hosts.ts';
import type { JoinedPort } from '../../../functions/core/joined-port.ts';
import { TAG } from '../../../functions/core/names.ts';
import type { HookOfInstance, HookSettings, ScalingGroup } from '../../../functions/core/ports.ts';
import type { FrontGroup, FrontInstance, GroupWish, HookEnd } from './fleet-parts.ts';

export type { FrontInstance, GroupWish } from './fleet-parts.ts';

const HOURS_MS = 3_600_000;
/** How long a machine takes from its launch until it said that it is ready. */
const BOOT_MS = 8_000;

/** Groups, their instances and hooks, as far as DNS and registry see them. Time passes by `tick`. */
export class FrontsFleet {
  readonly groups = new Map<string, FrontGroup>();
  readonly instances: FrontInstance[] = [];
  /** Groups that Auto Scaling leaves out of its lists for a while. */
  readonly hidden = new Set<string>();
  /** Instances of which EC2 has announced the end; `null`: it does not tell. */
  ending: ReadonlySet<string> | null = new Set();
  /** Every end of a hook, in order. */
  readonly ends: HookEnd[] = [];
  /** Told of whatever Auto Scaling announces, by the group's name. */
  onEvent: (group: string) => void = () => undefined;
  /** In and out of a hook, before it is true. */
  onComplete: (hook: HookOfInstance) => void = () => undefined;
  /** How long a group takes to find out that a machine ended, and again to act on it. */
  checkedMs = 30_000;
  nowMs: number;
  #count = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  addGroup(wish: GroupWish, cluster = 'core'): void {
    const tags = new Map(
      Object.entries({ [TAG.cluster]: cluster, [TAG.role]: wish.role ?? 'worker', ...wish.tags }),
    );
    this.groups.set(wish.name, { wish, tags, desired: wish.desired, deleting: false, activities: [] });
  }

  group(name: string): FrontGroup {
    const found = this.groups.get(name);
    if (found === undefined) throw new Error(`no group ${name}`);
    return found;
  }

  instance(id: string): FrontInstance {
    const found = this.instances.find((one) => one.id === id);
    if (found === undefined) throw new Error(`no instance ${id}`);
    return found;
  }

  of(name: string): readonly FrontInstance[] {
    return this.instances.filter(({ group, lifecycle }) => group === name && lifecycle !== 'Terminated');
  }

  inService(name: string): readonly FrontInstance[] {
    return this.of(name).filter(({ lifecycle }) => lifecycle === 'InService');
  }

  /** Its machine ends, and nobody is told. */
  kill(id: string): void {
    const found = this.instance(id);
    found.isAlive = false;
    found.sinceMs = this.nowMs;
    found.diedAtMs = this.nowMs;
  }

  /** Its group ends it, through its hooks. */
  terminate(instance: FrontInstance): void {
    if (!['InService', 'Pending', 'Standby'].includes(instance.lifecycle)) return;
    this.#move(instance, 'Terminating');
    instance.terminatingSinceMs = this.nowMs;
    this.group(instance.group).activities.unshift({
      instanceId: instance.id,
      kind: 'terminate',
      startedAtMs: this.nowMs,
    });
  }

  tick(seconds = 1): void {
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1_000;
      for (const instance of this.instances) this.#advance(instance);
      for (const [name, group] of this.groups) this.#scale(name, group);
    }
  }

  #advance(instance: FrontInstance): void {
    const ageMs = this.nowMs - instance.sinceMs;
    switch (instance.lifecycle) {
      case 'Pending':
        if (ageMs >= BOOT_MS) this.#move(instance, 'InService');
        return;
      case 'InService':
        if (!instance.isAlive && ageMs >= this.checkedMs) instance.health = 'Unhealthy';
        if (instance.health === 'Unhealthy' && ageMs >= this.checkedMs) this.terminate(instance);
        return;
      case 'Terminating':
        for (const hook of this.#hooksOf(instance.group)) instance.pending.set(hook, this.nowMs);
        this.#move(instance, instance.pending.size > 0 ? 'Terminating:Wait' : 'Terminating:Proceed');
        return;
      case 'Terminating:Wait':
        this.#expire(instance);
        return;
      case 'Terminating:Proceed':
        instance.isAlive = false;
        this.#move(instance, 'Terminated');
        return;
      default:
    }
  }

  #expire(instance: FrontInstance): void {
    const heartbeatMs = (this.group(instance.group).wish.heartbeatSeconds ?? 300) * 1_000;
    for (const [hookName, beatMs] of instance.pending) {
      if (this.nowMs - beatMs < heartbeatMs) continue;
      const hook = { groupName: instance.group, hookName, instanceId: instance.id };
      instance.pending.delete(hookName);
      this.ends.push({ hook, by: 'timeout' });
    }
    if (instance.pending.size === 0) this.#move(instance, 'Terminating:Proceed');
  }

  #hooksOf(name: string): readonly string[] {
    return this.group(name).wish.hooks ?? [];
  }

  #scale(name: string, group: FrontGroup): void {
    const counted = this.of(name).filter(({ lifecycle }) => !lifecycle.startsWith('Terminating'));
    const desired = group.deleting ? 0 : group.desired;
    for (let count = counted.length; count < desired; count += 1) this.#launch(name);
    for (const instance of counted.slice(0, Math.max(0, counted.length - desired))) this.terminate(instance);
    if (group.deleting && this.of(name).length === 0) this.groups.delete(name);
  }

  #launch(group: string): void {
    this.#count += 1;
    const id = `i-${this.#count.toString(16).padStart(17, '0')}`;
    this.instances.push({
      id,
      n: this.#count,
      group,
      launchedAtMs: this.nowMs,
      lifecycle: 'Pending',
      health: 'Healthy',
      isAlive: true,
      diedAtMs: null,
      sinceMs: this.nowMs,
      terminatingSinceMs: null,
      pending: new Map(),
    });
  }

  #move(instance: FrontInstance, lifecycle: string): void {
    instance.lifecycle = lifecycle;
    instance.sinceMs = this.nowMs;
    this.onEvent(instance.group);
  }

  hostOf({ id, n, isAlive, lifecycle, launchedAtMs, sinceMs }: FrontInstance): Host | 'notFound' {
    const isOver = !isAlive || lifecycle === 'Terminated';
    if (isOver && this.nowMs - sinceMs > HOURS_MS) return 'notFound';
    return {
      id,
      state: isOver ? 'terminated' : 'running',
      privateIp: isOver ? null : `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
      publicIp: isOver ? null : `198.18.${(n >> 8) & 255}.${n & 255}`,
      ipv6: null,
      instanceType: 't3.small',
      zone: `zone-${'abc'[n % 3]}`,
      launchedAtMs,
    };
  }

  readonly hosts: HostPort = {
    describeHosts: async (ids) =>
      new Map(
        ids.map((id) => {
          const found = this.instances.find((one) => one.id === id);
          return [id, found === undefined ? ('notFound' as const) : this.hostOf(found)];
        }),
      ),
  };

  readonly notices: NoticePort = {
    listEnding: async () => {
      if (this.ending === null) throw new OperationError('AWS_THROTTLED', 'nextLook', 'slow down');
      return this.ending;
    },
  };

  readonly joined: JoinedPort = {
    listByCluster: async (cluster) => this.#listed(TAG.cluster, cluster),
    listByZone: async (zone) => this.#listed(TAG.dnsZone, zone),
    listWarmPool: async () => [],
    listHooks: async (name) => this.#settingsOf(name),
    listActivities: async (name) => this.group(name).activities.slice(0, 100),
    heartbeat: async ({ instanceId, hookName }) => {
      const pending = this.instance(instanceId).pending;
      if (!pending.has(hookName)) return 'notWaiting';
      pending.set(hookName, this.nowMs);
      return 'extended';
    },
    complete: async (hook) => {
      const instance = this.instance(hook.instanceId);
      if (!instance.pending.has(hook.hookName)) return 'notWaiting';
      this.onComplete(hook);
      instance.pending.delete(hook.hookName);
      this.ends.push({ hook, by: 'completed' });
      if (instance.pending.size === 0) this.#move(instance, 'Terminating:Proceed');
      return 'completed';
    },
  };

  #listed(tag: string, value: string): readonly ScalingGroup[] {
    return [...this.groups]
      .filter(([name, { tags }]) => tags.get(tag) === value && !this.hidden.has(name))
      .map(([name, { desired, deleting, tags }]) => ({
        name,
        desiredCapacity: deleting ? 0 : desired,
        deleting,
        hasWarmPool: false,
        tags: new Map(tags),
        instances: this.of(name).map(({ id, lifecycle, health, n }) => ({
          id,
          lifecycle,
          health,
          zone: `zone-${'abc'[n % 3]}`,
        })),
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  #settingsOf(group: string): readonly HookSettings[] {
    const heartbeatSeconds = this.group(group).wish.heartbeatSeconds ?? 300;
    return this.#hooksOf(group).map((name) => ({
      name,
      transition: 'terminate',
      heartbeatSeconds,
      globalSeconds: heartbeatSeconds * 100,
    }));
  }
}
