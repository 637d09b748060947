import { at } from './activities.ts';
import type { Capacity } from './capacity.ts';
import { refreshEvent } from './events.ts';
import type { Lifecycle } from './lifecycle.ts';
import { FleetError, type Group, type Instance, isLive } from './model.ts';
import { isRunning, type Refresh, type RefreshStatus } from './refresh-model.ts';
import { newRefresh } from './refresh-settings.ts';
import { goalOf, isStuck, nextStart, type Progress, progressOf } from './refresh-step.ts';
import { replaceRoot } from './root-volume.ts';
import { chooseLeaving } from './termination.ts';

/** Replaces the instances of groups, within their bounds, at the pace of their hooks. */
export class Refresher {
  readonly #lifecycle: Lifecycle;
  readonly #capacity: Capacity;
  readonly #stepping = new Set<Refresh>();

  constructor(lifecycle: Lifecycle, capacity: Capacity) {
    this.#lifecycle = lifecycle;
    this.#capacity = capacity;
  }

  /** @throws {FleetError} one runs already, or what is asked for cannot be */
  async start(group: Group, input: Readonly<Record<string, unknown>>): Promise<Refresh> {
    const refresh = newRefresh(group, input);
    const template = await this.#lifecycle.world.stage.template(refresh.wanted ?? group.template);
    if (group.refreshes.some(isRunning)) {
      throw new FleetError(
        'InstanceRefreshInProgress',
        `An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.`,
      );
    }
    const { skipMatching, protectedInstances, standbyInstances } = refresh.preferences;
    const todo = group.instances.filter((one) => {
      if (one.state === 'Standby') return standbyInstances !== 'Ignore';
      const matches = one.template.id === template.id && one.template.version === template.version;
      if (skipMatching && matches) return false;
      return isLive(one) && !(one.protectedFromScaleIn && protectedInstances === 'Ignore');
    });
    refresh.todo = todo.map((one) => one.id);
    refresh.total = todo.length;
    group.refreshes.unshift(refresh);
    return refresh;
  }

  /** @throws {FleetError} none runs */
  cancel(group: Group, waits: boolean): Refresh {
    const refresh = this.#running(group);
    refresh.status = 'Cancelling';
    refresh.reason = 'Cancelled due to user request.';
    if (!waits) this.#end(group, refresh, 'Cancelled', 'Cancelled');
    return refresh;
  }

  /** Turns a refresh round: what it launched is replaced by what was there before. */
  rollBack(group: Group): Refresh {
    const refresh = this.#running(group);
    if (refresh.wanted === null || refresh.previous.version.startsWith('$')) {
      throw new FleetError(
        'IrreversibleInstanceRefresh',
        'The refresh has no desired configuration, or its group launched from $Latest or $Default before.',
      );
    }
    const launched = group.instances.filter((one) => isLive(one) && one.launchedAtMs > refresh.startedAtMs);
    Object.assign(refresh, { status: 'RollbackInProgress', restUntilMs: 0, startedAtMs: Date.now() });
    refresh.farthest = -1;
    refresh.todo = launched.map((one) => one.id);
    refresh.total = launched.length;
    this.#lifecycle.publish(group, refreshEvent(group, refresh, 'Rollback Started'));
    return refresh;
  }

  /** Goes on with the group's refresh, if there is one. Steps of one refresh never overlap. */
  tick(group: Group): void {
    const refresh = group.refreshes.find(isRunning);
    if (refresh === undefined || this.#stepping.has(refresh) || group.suspended.has('InstanceRefresh'))
      return;
    this.#stepping.add(refresh);
    this.#step(group, refresh)
      .catch((error: unknown) => this.#lifecycle.world.log(`${group.name}: refresh: ${String(error)}`))
      .finally(() => this.#stepping.delete(refresh));
  }

  async #step(group: Group, refresh: Refresh): Promise<void> {
    if (refresh.status === 'Pending') {
      refresh.status = 'InProgress';
      this.#lifecycle.publish(group, refreshEvent(group, refresh, 'Started'));
    }
    this.#capacity.settle(group);
    const progress = progressOf(group, refresh);
    if (refresh.status === 'Cancelling') {
      if (progress.busy === 0) this.#end(group, refresh, 'Cancelled', 'Cancelled');
      return;
    }
    this.#noteCheckpoint(group, refresh, progress);
    if (Date.now() < refresh.restUntilMs) return;
    if (progress.busy === 0 && progress.finished >= goalOf(refresh)) this.#complete(group, refresh);
    else if (isStuck(group, refresh, progress)) this.#giveUp(group, refresh, progress);
    else await this.#replaceNext(group, refresh, progress);
  }

  #noteCheckpoint(group: Group, refresh: Refresh, progress: Progress): void {
    const { checkpoints, checkpointSeconds } = refresh.preferences;
    if (refresh.status !== 'InProgress' || progress.finished < goalOf(refresh)) return;
    if (refresh.checkpointsReached >= checkpoints.length) return;
    refresh.checkpointsReached += 1;
    this.#lifecycle.publish(group, refreshEvent(group, refresh, 'Checkpoint Reached'));
    const isLast = refresh.checkpointsReached === checkpoints.length;
    if (!isLast) refresh.restUntilMs = Date.now() + checkpointSeconds * 1000;
  }

  #complete(group: Group, refresh: Refresh): void {
    if (refresh.status === 'RollbackInProgress') {
      this.#end(group, refresh, 'RollbackSuccessful', 'Rollback Succeeded');
      return;
    }
    if (refresh.status === 'InProgress' && refresh.preferences.bakeSeconds > 0) {
      refresh.status = 'Baking';
      refresh.restUntilMs = Date.now() + refresh.preferences.bakeSeconds * 1000;
      return;
    }
    if (refresh.wanted !== null) group.template = refresh.wanted;
    this.#end(group, refresh, 'Successful', 'Succeeded');
  }

  #giveUp(group: Group, refresh: Refresh, { untouched }: Progress): void {
    const isHeld = untouched.length > 0 && !untouched.some((one) => this.#isFree(one, refresh));
    refresh.reason = isHeld
      ? 'Instances that are protected from scale in or in Standby were waited for in vain.'
      : 'For an hour no instance could be replaced: see the scaling activities of the group.';
    const isRollback = refresh.status === 'RollbackInProgress';
    this.#end(
      group,
      refresh,
      isRollback ? 'RollbackFailed' : 'Failed',
      isRollback ? 'Rollback Failed' : 'Failed',
    );
  }

  async #replaceNext(group: Group, refresh: Refresh, progress: Progress): Promise<void> {
    const way = nextStart(group, refresh, progress);
    const free = progress.untouched.filter((one) => this.#isFree(one, refresh));
    if (way === null || free.length === 0) return;
    const { world } = this.#lifecycle;
    const [old] = await chooseLeaving(world, group, 1, 'INSTANCE_REFRESH', free);
    if (old === undefined) return;
    const cause = `At ${at()} an instance was taken out of service in response to an instance refresh.`;
    if (refresh.strategy === 'ReplaceRootVolume') {
      const template = await world.stage.template(refresh.wanted ?? group.template);
      refresh.started = [...refresh.started, old.id];
      replaceRoot(this.#lifecycle, group, old, template, cause);
    } else if (way === 'terminate' || old.state === 'Standby') {
      this.#lifecycle.terminate(group, old, cause);
    } else {
      await this.#capacity.replace(
        group,
        old,
        cause,
        refresh.preferences.warmupSeconds * 1000,
        old.place.zone,
      );
    }
  }

  #isFree(instance: Instance, { preferences }: Refresh): boolean {
    if (instance.state === 'Standby') return preferences.standbyInstances === 'Terminate';
    return !instance.protectedFromScaleIn || preferences.protectedInstances === 'Refresh';
  }

  #running(group: Group): Refresh {
    const refresh = group.refreshes.find(isRunning);
    if (refresh !== undefined) return refresh;
    throw new FleetError(
      'ActiveInstanceRefreshNotFound',
      'No in progress or pending Instance Refresh found.',
    );
  }

  #end(
    group: Group,
    refresh: Refresh,
    status: RefreshStatus,
    what: Parameters<typeof refreshEvent>[2],
  ): void {
    const { percent, untouched, busy } = progressOf(group, refresh);
    Object.assign(refresh, { status, endedAtMs: Date.now() });
    Object.assign(refresh, { percentAtEnd: percent, leftAtEnd: untouched.length + busy });
    this.#lifecycle.world.log(`${group.name}: instance refresh ${refresh.id}: ${status}`);
    this.#lifecycle.publish(group, refreshEvent(group, refresh, what));
  }
}
