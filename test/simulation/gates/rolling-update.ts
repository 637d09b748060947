import { type FakeInstance, isInService, isOnItsWayOut } from '../world/instance.ts';
import type { GatesWorld } from './gates-world.ts';

export interface RollingOptions {
  /** Room for newcomers first: fewer than wanted are never in service. */
  readonly isSurging: boolean;
  readonly pauseSeconds: number;
  /** What it brings cannot start etcd. */
  readonly isBad: boolean;
}

const MEMBERS_MAX = 7;
type Phase = 'idle' | 'gate' | 'grow' | 'take' | 'wait' | 'shrink';
const STACK_TAGS = { 'aws:cloudformation:stack-name': 'stack', 'aws:cloudformation:logical-id': 'Group' };

/**
 * CloudFormation's rolling update with signals: a gate before it, room for one more, then one old instance after the
 * other, each followed by a signal of its replacement within the pause; a failure takes everything back, once.
 */
export class RollingUpdate {
  readonly #world: GatesWorld;
  #phase: Phase = 'idle';
  #options: RollingOptions = { isSurging: true, pauseSeconds: 300, isBad: false };
  #todo: string[] = [];
  #before = new Set<string>();
  #deadlineMs = 0;
  #isBack = false;
  /** Instances that the group has room for meanwhile. */
  #extra = 0;
  #signalsRead = 0;
  /** How often an update ended, and how. */
  readonly ends = { done: 0, refused: 0, rolledBack: 0, failed: 0 };

  constructor(world: GatesWorld) {
    this.#world = world;
  }

  get isRunning(): boolean {
    return this.#phase !== 'idle';
  }

  start(options: RollingOptions, gateSeconds: number): boolean {
    const world = this.#world;
    if (this.isRunning || world.isTearingDown() || world.stackWaits) return false;
    // More members than etcd advises are never made.
    const hasRoom = world.instances.filter(({ listed }) => listed).length < MEMBERS_MAX;
    this.#options = { ...options, isSurging: options.isSurging && hasRoom };
    this.#phase = 'gate';
    this.#isBack = false;
    world.gates.stackStatus = 'UPDATE_IN_PROGRESS';
    world.gates.ask(gateSeconds, ({ status }) => {
      if (status === 'SUCCESS') this.#begin();
      else this.#end('refused');
    });
    return true;
  }

  unfinished(): readonly string[] {
    return this.isRunning ? [`the stack is in ${this.#phase}`] : [];
  }

  #begin(): void {
    const world = this.#world;
    world.templateVersion += 1;
    world.imageBoots = !this.#options.isBad;
    world.stackWaits = true;
    for (const [name, value] of Object.entries(STACK_TAGS)) world.tags.set(name, value);
    this.#extra = 0;
    this.#todo = world.instances.filter(isInService).map(({ id }) => id);
    if (this.#options.isSurging) {
      world.desired += 1;
      this.#extra = 1;
      this.#await('grow');
    } else this.#phase = 'take';
  }

  tick(): void {
    if (this.#phase === 'idle' || this.#phase === 'gate') return;
    if (this.#world.isTearingDown()) this.#end('failed');
    else if (this.#phase === 'grow' || this.#phase === 'wait') this.#awaitSignal();
    else if (this.#phase === 'take') this.#take();
    else this.#shrink();
  }

  /** One newcomer must come, and be signalled. */
  #await(phase: 'grow' | 'wait'): void {
    const { instances, nowMs, signals } = this.#world;
    this.#phase = phase;
    this.#before = new Set(instances.map(({ id }) => id));
    this.#signalsRead = signals.length;
    this.#deadlineMs = nowMs + this.#options.pauseSeconds * 1_000;
  }

  #awaitSignal(): void {
    const world = this.#world;
    const news = world.signals
      .slice(this.#signalsRead)
      .filter(({ instanceId }) => !this.#before.has(instanceId));
    if (news.some(({ status }) => status === 'SUCCESS')) this.#phase = 'take';
    else if (news.some(({ status }) => status === 'FAILURE') || world.nowMs >= this.#deadlineMs)
      this.#goBack();
  }

  #take(): void {
    const world = this.#world;
    const left = this.#todo.filter((id) => isThere(world.instances.find((one) => one.id === id)));
    this.#todo = left;
    const [next] = left;
    // The last old one goes when the room for one more is given back.
    if (next === undefined || (this.#extra > 0 && left.length === 1)) {
      this.#phase = 'shrink';
      return;
    }
    this.#todo = left.slice(1);
    this.#await('wait');
    world.terminate(next);
  }

  #shrink(): void {
    const world = this.#world;
    if (this.#extra > 0) {
      this.#giveRoomBack();
      const [last] = this.#todo;
      if (last !== undefined && isThere(world.instances.find(({ id }) => id === last))) world.terminate(last);
    }
    this.#end(this.#isBack ? 'rolledBack' : 'done');
  }

  /** Whatever else was asked of the group meanwhile stays. */
  #giveRoomBack(): void {
    const world = this.#world;
    world.desired = Math.max(Math.min(world.desired, 1), world.desired - this.#extra);
    this.#extra = 0;
  }

  /** Everything that came with the new template goes again; the way back never fails for a signal. */
  #goBack(): void {
    const world = this.#world;
    if (this.#isBack) {
      this.#end('failed');
      return;
    }
    this.#isBack = true;
    world.gates.stackStatus = 'UPDATE_ROLLBACK_IN_PROGRESS';
    world.imageBoots = true;
    for (const one of world.instances)
      if (!one.boots && one.listed && one.state === 'running') one.boots = true;
    world.templateVersion += 1;
    this.#todo = world.instances
      .filter((one) => isInService(one) && world.templates.get(one.id) === world.templateVersion - 1)
      .map(({ id }) => id);
    this.#phase = 'take';
  }

  #end(how: keyof RollingUpdate['ends']): void {
    const world = this.#world;
    this.ends[how] += 1;
    if (this.#phase !== 'gate') {
      world.stackWaits = false;
      world.imageBoots = true;
      this.#giveRoomBack();
      if (!world.stackDeletes) for (const name of Object.keys(STACK_TAGS)) world.tags.delete(name);
    }
    world.gates.stackStatus = how === 'done' ? 'UPDATE_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE';
    this.#phase = 'idle';
  }
}

const isThere = (one: FakeInstance | undefined): boolean => one?.listed === true && !isOnItsWayOut(one);
