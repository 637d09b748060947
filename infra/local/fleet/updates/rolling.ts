import { at } from '../activities.ts';
import type { Groups } from '../groups.ts';
import { type Group, type Instance, isLeaving, isLive, isWarm, type LaunchTemplate } from '../model.ts';
import { applySizes } from '../settings.ts';
import { type Job, RESOURCE_MS_MAX, WorkFailed } from './job.ts';
import type { RollingPolicy } from './policy.ts';
import {
  added,
  initiated,
  planRolling,
  type RollingPlan,
  replacementsFor,
  unsatisfied,
} from './rolling-plan.ts';

/**
 * Replaces every instance of a group that is not as the group wants it, batch by batch, as CloudFormation does: it ends
 * the old ones itself, asks no termination policy, and heeds neither protection nor the maintenance policy.
 *
 * @throws {WorkFailed} too few newcomers signalled success; raised sizes stay, as on the platform
 * @throws {FleetError} the policy does not fit the group
 */
export async function runRollingUpdate(
  groups: Groups,
  group: Group,
  policy: RollingPolicy,
  job: Job,
): Promise<void> {
  const wanted = await groups.templateOf(group);
  const obsolete = group.instances.filter((one) => isObsolete(group, wanted, one));
  if (obsolete.length === 0) return;
  const plan = planRolling(policy, group, obsolete.length);
  job.note(initiated(policy, plan.batch, obsolete.length));
  const suspending = policy.suspends.filter((process) => !group.suspended.has(process));
  for (const process of suspending) group.suspended.add(process);
  try {
    await new RollingUpdate(groups, group, policy, job, plan, obsolete).run();
  } finally {
    for (const process of suspending) group.suspended.delete(process);
  }
}

/** Of another version of the template, or where the group has no place any more. */
function isObsolete(group: Group, wanted: LaunchTemplate, one: Instance): boolean {
  if (isLeaving(one) || isWarm(one)) return false;
  if (one.template.id !== wanted.id || one.template.version !== wanted.version) return true;
  return !group.places.some(
    ({ zone, subnetId }) => zone === one.place.zone && subnetId === one.place.subnetId,
  );
}

class RollingUpdate {
  readonly #groups: Groups;
  readonly #group: Group;
  readonly #policy: RollingPolicy;
  readonly #job: Job;
  readonly #plan: RollingPlan;
  readonly #obsolete: readonly Instance[];
  /** The sizes that the group comes back to. */
  readonly #before: { readonly minSize: number; readonly desired: number };
  #expectedSignals = 0;
  #missedSignals = 0;
  #freshTarget: number;

  constructor(
    groups: Groups,
    group: Group,
    policy: RollingPolicy,
    job: Job,
    plan: RollingPlan,
    obsolete: readonly Instance[],
  ) {
    this.#groups = groups;
    this.#group = group;
    this.#policy = policy;
    this.#job = job;
    this.#plan = plan;
    this.#obsolete = obsolete.toSorted((a, b) => a.launchedAtMs - b.launchedAtMs);
    this.#before = { minSize: group.minSize, desired: group.desired };
    this.#freshTarget = this.#fresh().length;
  }

  async run(): Promise<void> {
    await this.#grow();
    for (const _ of this.#obsolete) {
      const left = this.#obsolete.filter((one) => this.#isThere(one));
      if (left.length > 0) await this.#replace(left.slice(0, this.#plan.batch));
    }
    this.#resize(this.#before.minSize, this.#before.desired);
  }

  async #grow(): Promise<void> {
    const { desired } = this.#plan;
    const count = desired - this.#group.desired;
    if (count <= 0) return;
    this.#job.note(`Temporarily setting autoscaling group MinSize and DesiredCapacity to ${desired}.`);
    this.#resize(desired, desired);
    await this.#welcome(count);
  }

  async #replace(leaving: readonly Instance[]): Promise<void> {
    const ids = leaving.map((one) => one.id).join(',');
    const count = replacementsFor(leaving.length, this.#fresh().length, this.#before.desired);
    this.#job.note(`Terminating instance(s) [${ids}]; replacing with ${count} new instance(s).`);
    const fewer = leaving.length - count;
    this.#group.minSize = Math.min(this.#group.minSize, Math.max(0, this.#group.desired - fewer));
    const cause = `At ${at()} an instance was taken out of service in response to a rolling update of its stack.`;
    // The desired capacity goes with them: one that is lowered before would have the group choose who goes.
    this.#group.desired -= Math.min(fewer, this.#group.desired);
    for (const one of leaving) this.#groups.lifecycle.terminate(this.#group, one, cause);
    await Promise.all([this.#welcome(count), this.#farewell(leaving, ids)]);
  }

  async #farewell(leaving: readonly Instance[], ids: string): Promise<void> {
    await this.#job.until(RESOURCE_MS_MAX, () => leaving.every((one) => isGone(this.#group, one)));
    const gone = this.#obsolete.filter((one) => isGone(this.#group, one)).length;
    const percent = Math.round((100 * gone) / this.#obsolete.length);
    this.#job.note(`Successfully terminated instance(s) [${ids}] (Progress ${percent}%).`);
  }

  /** Waits for that many newcomers more. */
  async #welcome(count: number): Promise<void> {
    if (count === 0) return;
    this.#freshTarget += count;
    const { pause, waitsForSignals } = this.#policy;
    if (waitsForSignals) return this.#hear(count);
    await this.#job.until(RESOURCE_MS_MAX, () => this.#inService() >= this.#freshTarget);
    if (pause.ms > 0) this.#job.note(added(this.#policy, count));
    await this.#job.pause(pause.ms);
  }

  async #hear(count: number): Promise<void> {
    const { pause } = this.#policy;
    this.#expectedSignals += count;
    const isLaunched = await this.#job.until(pause.ms, () => this.#fresh().length >= this.#freshTarget);
    if (isLaunched) this.#job.note(added(this.#policy, count));
    const deadlineMs = Date.now() + (isLaunched ? pause.ms : 0);
    await this.#job.until(
      deadlineMs - Date.now(),
      () => this.#missing() <= 0 || this.#failures() > this.#plan.failuresMax,
    );
    this.#judge();
    await this.#job.until(deadlineMs - Date.now(), () => this.#inService() >= this.#freshTarget);
  }

  #judge(): void {
    const { failuresMax } = this.#plan;
    const outOf = `signal(s) out of ${this.#obsolete.length}`;
    const told = this.#job.signalCount('FAILURE');
    if (this.#failures() > failuresMax) this.#fail(`${told} FAILURE ${outOf}`);
    const missing = Math.max(0, this.#missing());
    if (missing === 0) return;
    this.#job.note(
      `Failed to receive ${missing} resource signal(s) for the current batch.  Each resource signal timeout is counted as a FAILURE.`,
    );
    this.#missedSignals += missing;
    if (this.#failures() > failuresMax) this.#fail(`${this.#job.signalCount('SUCCESS')} SUCCESS ${outOf}`);
  }

  #fail(what: string): never {
    throw new WorkFailed(unsatisfied(this.#policy.successPercent, what));
  }

  #failures(): number {
    return this.#job.signalCount('FAILURE') + this.#missedSignals;
  }

  #missing(): number {
    return this.#expectedSignals - this.#job.signals.size - this.#missedSignals;
  }

  #fresh(): readonly Instance[] {
    return this.#group.instances.filter((one) => isLive(one) && !this.#obsolete.includes(one));
  }

  #inService(): number {
    return this.#fresh().filter((one) => one.state === 'InService').length;
  }

  #isThere(one: Instance): boolean {
    return this.#group.instances.includes(one) && !isLeaving(one);
  }

  #resize(minSize: number, desired: number): void {
    applySizes(this.#group, { MinSize: minSize, DesiredCapacity: desired });
    this.#groups.settle(this.#group);
  }
}

/** One that is retained has left, too: its termination is over, and somebody has to see to the rest. */
function isGone(group: Group, one: Instance): boolean {
  return !group.instances.includes(one) || one.state === 'Terminating:Retained';
}
