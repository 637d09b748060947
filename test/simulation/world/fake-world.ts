import { OperationError } from '../../../functions/core/errors.ts';
import type { HookOfInstance } from '../../../functions/core/ports.ts';
import { runPass } from '../../../functions/engine/pass.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import type { PassReport } from '../../../functions/engine/report.ts';
import { objectionTo } from '../../support/fake-rules.ts';
import { openFakeEtcd } from '../etcd/fake-etcd-port.ts';
import { bootOn } from './boot.ts';
import { awsPorts, guarded } from './fake-ports.ts';
import { countsForCapacity, type FakeInstance, instanceIdOf, newInstance } from './instance.ts';
import { CLUSTER, WorldState } from './state.ts';

export { type FakeInstance, instanceIdOf } from './instance.ts';
export { CLUSTER, PATH } from './state.ts';

/** Thrown into a pass to stand for a killed function: nothing of it runs on. */
export class Killed extends Error {}

/**
 * A group, its machines, Parameter Store and etcd in virtual time. Machines boot by
 * the rules of the boot script; the group keeps its desired capacity.
 */
export class FakeWorld extends WorldState {
  private life = { isOver: false };
  private serial = 0;
  private passes = 0;

  constructor(desired: number, config: Readonly<Record<string, unknown>> = {}) {
    super(desired, config);
    this.etcd.onEffect = (name) => this.effect(`etcd.${name}`);
    this.etcd.objection = (change, member) => objectionTo(this, change, member);
  }

  effect(name: string): void {
    this.effects.push(name);
    if (this.effects.length >= this.killAfter || this.killOn?.test(name)) {
      this.killAfter = Number.POSITIVE_INFINITY;
      this.killOn = null;
      this.life.isOver = true;
      throw new Killed(name);
    }
    if (this.effects.length >= this.loseAfter) {
      this.loseAfter = Number.POSITIVE_INFINITY;
      const code = name.startsWith('etcd.') ? 'ETCD_UNAVAILABLE' : 'AWS_UNAVAILABLE';
      throw new OperationError(code, 'nextLook', `the reply to ${name} was lost`);
    }
  }

  /** The group and the machines live on for a second. */
  tick(): void {
    this.passSecond();
    for (const instance of this.instances) bootOn(this, instance);
    const unhealthyCount = this.replaceUnhealthy();
    const wanted = this.instances.filter(countsForCapacity);
    const target = Math.min(this.desired + unhealthyCount, this.capacity);
    for (let missing = target - wanted.length; missing > 0; missing -= 1) this.launch();
    for (const surplus of wanted.slice(0, Math.max(0, wanted.length - this.desired - unhealthyCount)))
      this.terminate(surplus.id);
    this.etcd.elect();
  }

  /** Ends what is unhealthy, and returns how many have to wait for their replacements. */
  private replaceUnhealthy(): number {
    const inService = this.instances.filter(({ listed, lifecycle }) => listed && lifecycle === 'InService');
    const unhealthy = inService.filter(({ health }) => health === 'Unhealthy');
    if (this.launchesFirst && inService.length - unhealthy.length < this.desired) return unhealthy.length;
    for (const { id } of unhealthy) this.terminate(id);
    return 0;
  }

  protected passSecond(): void {
    this.nowMs += 1_000;
  }

  protected addressOf(serial: number): string {
    return `10.0.0.${serial}`;
  }

  launch(): FakeInstance {
    this.serial += 1;
    const instance = newInstance({
      id: instanceIdOf(this.serial),
      address: this.addresses.shift() ?? this.addressOf(this.serial),
      zone: 'a',
      launchedAtMs: this.nowMs,
      boots: this.imageBoots,
    });
    this.instances.push(instance);
    return instance;
  }

  /** Through the hook, as the group does it. */
  terminate(id: string): void {
    const instance = this.instance(id);
    instance.lifecycle = 'Terminating:Wait';
    instance.terminatingAtMs = this.nowMs;
  }

  /** Without any hook: the machine is gone, the group notices. */
  vanish(id: string): void {
    const instance = this.instance(id);
    instance.state = 'terminated';
    instance.listed = false;
    this.stopEtcd(instance);
  }

  /** The disk is lost, the machine reboots: its boot script decides anew. */
  wipe(id: string): void {
    const instance = this.instance(id);
    instance.disk = null;
    this.stopEtcd(instance);
  }

  hasEtcd(instance: FakeInstance): boolean {
    return this.etcd.processes.has(this.clientUrl(instance));
  }

  startEtcd(instance: FakeInstance, ticket: ReadonlyMap<string, string>): void {
    const memberId = ticket.get('AUTOPILOT_MEMBER_ID');
    if (instance.disk !== null && instance.disk === memberId) {
      this.etcd.resume(this.clientUrl(instance), memberId);
    } else {
      this.etcd.startFresh(instance.id, ticket);
    }
  }

  /** The power goes, or the disk: whatever ran there runs no more. */
  stopEtcd(instance: FakeInstance): void {
    this.etcd.processes.delete(this.clientUrl(instance));
    this.etcd.elect();
  }

  complete(hook: HookOfInstance, result: 'CONTINUE' | 'ABANDON'): 'completed' | 'notWaiting' {
    const instance = this.instance(hook.instanceId);
    if (instance.lifecycle === 'Warmed:Pending:Wait') {
      instance.lifecycle = 'Warmed:Stopped';
      return 'completed';
    }
    if (instance.lifecycle === 'Pending:Wait') {
      if (result === 'CONTINUE') instance.lifecycle = 'InService';
      else this.terminate(instance.id);
      return 'completed';
    }
    if (instance.lifecycle !== 'Terminating:Wait') return 'notWaiting';
    this.vanish(instance.id);
    return 'completed';
  }

  /** The ports of one function: when it is killed, nothing that it still calls is heard. */
  ports(): Ports {
    const life = { isOver: false };
    this.life = life;
    const before = (port: string) => (method: string) => {
      const call = `${port}.${method}`;
      if (life.isOver) throw new Killed(call);
      this.interfere(call);
      if (this.failing.size === 0) return;
      const fails = this.failing.get(call) ?? this.failing.get(method) ?? this.failing.get(port);
      const error = fails?.() ?? null;
      if (error !== null) throw error;
    };
    const aws = awsPorts(this);
    return {
      scaling: guarded(aws.scaling, before('scaling')),
      machines: guarded(aws.machines, before('machines')),
      stacks: guarded(aws.stacks, before('stacks')),
      parameters: guarded(aws.parameters, before('parameters')),
      secrets: guarded(aws.secrets, before('secrets')),
      queue: guarded(aws.queue, before('queue')),
      events: guarded(aws.events, before('events')),
      clock: { nowMs: () => this.nowMs, sleep: async () => this.tick() },
      uniqueToken: () => `token${this.passes}`,
      openEtcd: () => guarded(openFakeEtcd(this.etcd), before('etcd')),
    };
  }

  /** One pass with the time that a function has. */
  pass(
    options: {
      readonly mode?: 'act' | 'dryRun' | 'look';
      readonly groupName?: string;
      readonly seconds?: number;
    } = {},
  ): Promise<PassReport> {
    this.passes += 1;
    const owner = `pass-${this.passes}`;
    this.etcd.actor = owner;
    return runPass(this.ports(), {
      cluster: CLUSTER,
      owner,
      deadlineMs: this.nowMs + (options.seconds ?? 48) * 1_000,
      mode: options.mode ?? 'act',
      groupName: options.groupName ?? null,
    });
  }

  /** Passes and seconds until nothing is left to do; a kill ends one pass only. */
  async settle(passesMax = 30): Promise<PassReport> {
    for (let count = 0; count < passesMax; count += 1) {
      this.tick();
      const report = await this.pass().catch((error: unknown) => {
        if (error instanceof Killed) return null;
        throw error;
      });
      if (report?.outcome === 'settled') return report;
      for (let second = 0; second < 5; second += 1) this.tick();
    }
    throw new Error(`did not settle: ${JSON.stringify((await this.pass()).waits)}`);
  }
}
