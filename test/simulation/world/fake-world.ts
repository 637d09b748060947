import { OperationError } from '../../../functions/core/errors.ts';
import type { HookOfInstance, HookResult } from '../../../functions/core/ports.ts';
import { type PassRequest, runPass } from '../../../functions/engine/pass.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import type { PassReport } from '../../../functions/engine/report.ts';
import { Judge } from '../rules/judge.ts';
import { bootOn } from './boot.ts';
import { type Services, servicesOf } from './fake-ports.ts';
import { isSparedNow } from './faults/targets.ts';
import { FunctionLife, Killed } from './function-life.ts';
import { keepCapacity } from './group.ts';
import { holdIn, hooksHolding } from './hooks.ts';
import { type FakeInstance, instanceIdOf, newInstance } from './instance.ts';
import { answer, liveOn, terminate } from './lifecycle.ts';
import { CLUSTER, WorldState } from './state.ts';

export { Killed } from './function-life.ts';
export { type FakeInstance, instanceIdOf } from './instance.ts';
export { CLUSTER, PATH } from './state.ts';

/**
 * A group, its machines, Parameter Store and etcd in virtual time. Machines boot by
 * the rules of the boot script; the group keeps its desired capacity.
 */
export class FakeWorld extends WorldState {
  /** The function whose call is heard now. */
  life = new FunctionLife(this, null);
  /** Stands between every function that has an owner and its ports. */
  readonly judge: Judge = new Judge(this, this.etcd.violations);
  readonly services: Services = servicesOf(this);
  private serial = 0;
  private passes = 0;
  private owedMs = 0;

  constructor(desired: number, config: Readonly<Record<string, unknown>> = {}) {
    super(desired, config);
    this.etcd.onEffect = (name) => this.effect(`etcd.${name}`);
  }

  effect(name: string): void {
    this.effects.push(name);
    if (this.effects.length >= this.killAfter || this.killOn?.test(name)) {
      this.killAfter = Number.POSITIVE_INFINITY;
      this.killOn = null;
      this.life.end(name);
    }
    if (this.effects.length >= this.loseAfter || this.loseOn?.test(name)) {
      this.loseAfter = Number.POSITIVE_INFINITY;
      this.loseOn = null;
      const code = name.startsWith('etcd.') ? 'ETCD_UNAVAILABLE' : 'AWS_UNAVAILABLE';
      throw new OperationError(code, 'nextLook', `the reply to ${name} was lost`);
    }
  }

  /** The group and the machines live on for a second. */
  tick(): void {
    this.passSecond();
    for (const instance of this.instances) {
      if (instance.state === 'terminated' && !instance.listed) continue;
      liveOn(this, instance);
      bootOn(this, instance);
    }
    for (const id of this.doomed) this.endWhenSpared(id);
    keepCapacity(this);
    if (this.backups.isOn) this.backups.tick(this);
    this.mail.tick(this);
    this.etcd.elect();
  }

  /** A call takes its time: the world lives on meanwhile, in whole seconds. */
  spend(ms: number): void {
    this.owedMs += ms;
    for (; this.owedMs >= 1_000; this.owedMs -= 1_000) this.tick();
  }

  private endWhenSpared(id: string): void {
    const instance = this.instance(id);
    // A cluster that is deleted has no quorum to keep.
    const isHeld = !this.isTearingDown() && !isSparedNow(this, instance);
    if (instance.state === 'running' && isHeld) return;
    this.doomed.delete(id);
    this.kill(id);
  }

  protected passSecond(): void {
    this.nowMs += 1_000;
  }

  protected addressOf(serial: number): string {
    return `10.0.0.${serial}`;
  }

  launch(zone = this.zones.next(this) ?? 'a'): FakeInstance {
    this.serial += 1;
    const instance = newInstance({
      id: instanceIdOf(this.serial),
      address: this.addresses.shift() ?? this.addressOf(this.serial),
      zone,
      launchedAtMs: this.nowMs,
      boots: this.imageBoots,
    });
    this.instances.push(instance);
    const { bootSeconds } = this.times;
    if (bootSeconds === 0) this.mail.tellHook(this, instance);
    else {
      const nextAtMs = this.nowMs + bootSeconds * 1_000;
      Object.assign(instance, { lifecycle: 'Pending', state: 'pending', nextAtMs });
    }
    return instance;
  }

  /** For the warm pool: it passes the launch hook there. */
  launchWarm(): FakeInstance {
    const instance = this.launch();
    if (instance.lifecycle === 'Pending') instance.lifecycle = 'Warmed:Pending';
    else holdIn(this, instance, 'Warmed:Pending:Wait');
    return instance;
  }

  /** Through the hook, as the group does it. */
  terminate(id: string): void {
    terminate(this, this.instance(id));
  }

  /** EC2 ends the machine; its group finds out by and by. */
  kill(id: string): void {
    const instance = this.instance(id);
    const { shutdownSeconds } = this.times;
    instance.state = shutdownSeconds === 0 ? 'terminated' : 'shutting-down';
    instance.endedAtMs = this.nowMs + shutdownSeconds * 1_000;
    this.stopEtcd(instance);
  }

  /** Without any hook: the machine is gone, the group notices. */
  vanish(id: string): void {
    const instance = this.instance(id);
    instance.state = 'terminated';
    instance.endedAtMs = this.nowMs;
    instance.listed = false;
    this.stopEtcd(instance);
  }

  /** The machine goes down and comes up again after so many seconds, with its disk. */
  reboot(id: string, seconds: number): void {
    const instance = this.instance(id);
    instance.upAtMs = this.nowMs + seconds * 1_000;
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

  complete(hook: HookOfInstance, result: HookResult): 'completed' | 'notWaiting' {
    const instance = this.instance(hook.instanceId);
    if (!hooksHolding(instance).includes(hook.hookName)) return 'notWaiting';
    this.answerHook(instance, result);
    return 'completed';
  }

  /** Whoever answers it: the autopilot, somebody else, or the platform when time is up. */
  answerHook(instance: FakeInstance, result: HookResult): void {
    answer(this, instance, result);
  }

  /** The ports of one function: when it is killed, nothing that it still calls is heard. */
  ports(owner: string | null = null, mode: 'act' | 'dryRun' | 'look' = 'act'): Ports {
    this.life = new FunctionLife(this, owner);
    return this.life.ports(owner === null ? null : this.judge.watch(owner, mode));
  }

  uniqueToken(): string {
    return `token${this.passes}`;
  }

  /** Whose pass begins now. */
  nextOwner(): string {
    this.passes += 1;
    return `pass-${this.passes}`;
  }

  /** One pass with the time that a function has. */
  async pass(
    options: {
      readonly mode?: 'act' | 'dryRun' | 'look';
      readonly groupName?: string;
      readonly seconds?: number;
      /** What an operator asks, or chose. */
      readonly recover?: PassRequest['recover'];
    } = {},
  ): Promise<PassReport> {
    const owner = this.nextOwner();
    const mode = options.mode ?? 'act';
    this.etcd.actor = owner;
    const report = await runPass(this.ports(owner, mode), {
      cluster: CLUSTER,
      owner,
      deadlineMs: this.nowMs + this.skewMs + (options.seconds ?? 48) * 1_000,
      mode,
      groupName: options.groupName ?? null,
      ...(options.recover === undefined ? {} : { recover: options.recover }),
    });
    this.judge.close(owner, report);
    return report;
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
