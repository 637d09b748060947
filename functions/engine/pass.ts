import { InvariantError, OperationError } from '../core/errors.ts';
import type { Observation } from '../core/observation.ts';
import { planCluster } from '../core/plan/cluster.ts';
import { type Action, isWorthFollowing, needsPermit, type Plan, type Wait } from '../core/plan/plan.ts';
import { planTeardown } from '../core/plan/teardown.ts';
import type { EtcdPort } from '../core/ports.ts';
import { apply } from './apply.ts';
import { sendHeartbeats } from './heartbeats.ts';
import { observe, type Sight } from './observe.ts';
import { Permit } from './permit.ts';
import type { Ports } from './ports.ts';
import { Refusals } from './refusals.ts';
import { Session } from './session.ts';

/** A running join is followed closely: one look a second. */
export const LOOK_EVERY_MS = 1_000;
/** A look and a step at their worst: five AWS calls, one silent round of probes, one change. */
export const STEP_BUDGET_MS = 12_000;
/** A replacement takes about fourteen steps; a pass that needs more than this does not settle. */
export const STEPS_MAX = 80;
/** Looks in a row that may fail before the pass leaves the rest to the schedule. */
const FAILURES_MAX = 3;

export interface PassRequest {
  readonly cluster: string;
  /** Who takes the permit: unique to this pass. */
  readonly owner: string;
  readonly deadlineMs: number;
  /** `dryRun`: plan and report, hooks get their heartbeats all the same. `look`: plan and report, nothing else. */
  readonly mode: 'act' | 'dryRun' | 'look';
  /** Only act when the cluster has a group of this name; `null`: whoever asked named none. */
  readonly groupName: string | null;
  readonly onStep?: (step: Step) => void;
}

export interface Step {
  readonly action: Action;
  readonly error: OperationError | null;
}

export type Outcome = 'settled' | 'waiting' | 'outOfTime' | 'stepLimit' | 'failed' | 'dryRun' | 'ignored';

export interface PassReport {
  readonly outcome: Outcome;
  readonly steps: readonly Step[];
  readonly waits: readonly Wait[];
  /** Actions that were planned and not applied (dry run, or no time left). */
  readonly pending: readonly Action[];
  /** A change is under way: somebody should look again at once. */
  readonly progressing: boolean;
  readonly world: Observation | null;
  readonly error: OperationError | null;
  readonly lookCount: number;
}

/** Looks, decides, does one thing, looks again, until settled, blocked or out of time. */
export async function runPass(ports: Ports, request: PassRequest): Promise<PassReport> {
  const etcd = ports.openEtcd();
  const pass = new Pass(ports, etcd, request);
  try {
    return await pass.run();
  } finally {
    await pass.end();
    etcd.close();
  }
}

class Pass {
  readonly #ports: Ports;
  readonly #etcd: EtcdPort;
  readonly #request: PassRequest;
  readonly #session = new Session();
  readonly #permit: Permit;
  readonly #steps: Step[] = [];
  readonly #refusals = new Refusals();
  #isPermitHeld = false;
  #world: Observation | null = null;
  #lookCount = 0;
  #failureCount = 0;

  constructor(ports: Ports, etcd: EtcdPort, request: PassRequest) {
    this.#ports = ports;
    this.#etcd = etcd;
    this.#request = request;
    this.#permit = new Permit(etcd, request.owner);
  }

  async run(): Promise<PassReport> {
    while (this.#steps.length < STEPS_MAX) {
      const report = await this.#round().catch((error: unknown) => this.#survive(error));
      if (report !== null) return report;
    }
    return this.#report('stepLimit', { actions: [], waits: [] }, null);
  }

  /** Gives the permit back. */
  end(): Promise<void> {
    return this.#permit.release(this.#witness());
  }

  /** One look and at most one step; `null`: look again. */
  async #round(): Promise<PassReport | null> {
    const startedAtMs = this.#ports.clock.nowMs();
    const sight = await this.#look();
    if (sight === null) return this.#report('ignored', { actions: [], waits: [] }, null);
    const plan = planSight(sight);
    if (this.#request.mode !== 'act') return this.#report('dryRun', plan, null);
    const isLate = this.#ports.clock.nowMs() + STEP_BUDGET_MS > this.#request.deadlineMs;
    if (isLate)
      return plan.actions.length > 0 ? this.#report('outOfTime', plan, null) : this.#settle(plan, true);
    if (await this.#stepOn(plan)) return null;
    const isPatient = this.#refusals.mayTryLater(plan.actions) || this.#isPermitHeld;
    if (!isPatient && !isWorthFollowing(plan)) return this.#settle(plan, false);
    this.#failureCount = 0;
    await this.#ports.clock.sleep(Math.max(0, startedAtMs + LOOK_EVERY_MS - this.#ports.clock.nowMs()));
    return null;
  }

  /** Makes the first action true that may be tried now. False: none may, so nothing was done. */
  async #stepOn(plan: Plan): Promise<boolean> {
    this.#isPermitHeld = false;
    for (const action of plan.actions) {
      if (!this.#refusals.mayTry(action, this.#ports.clock.nowMs())) continue;
      const permit = await this.#permitFor(action);
      if (permit === 'taken') return true; // what was seen before the permit does not count
      if (permit === 'fresh') {
        await this.#step(action);
        return true;
      }
      this.#isPermitHeld = true; // its holder is done soon, or dead within the lease
    }
    return false;
  }

  async #permitFor(action: Action): Promise<'fresh' | 'taken' | 'held'> {
    const witness = this.#witness();
    if (!needsPermit(action) || witness === null) return 'fresh';
    return this.#permit.ensure(witness, action.kind, this.#ports.clock.nowMs());
  }

  #settle(plan: Plan, isLate: boolean): PassReport {
    if (isLate && isWorthFollowing(plan)) return this.#report('outOfTime', plan, null);
    const error = this.#refusals.lastOf(plan.actions);
    if (error !== null)
      return this.#report('failed', { ...plan, waits: [...plan.waits, refusedWait(error)] }, error);
    return this.#report(plan.waits.length === 0 ? 'settled' : 'waiting', plan, null);
  }

  /** `null`: the group that the event named is none of this cluster's. */
  async #look(): Promise<Sight | null> {
    this.#lookCount += 1;
    const { cluster, groupName } = this.#request;
    const groups = await this.#ports.scaling.listGroups(cluster);
    if (groupName !== null && groups.every((group) => group.name !== groupName)) return null;
    if (this.#lookCount === 1 && this.#request.mode !== 'look') await sendHeartbeats(this.#ports, groups);
    const sight = await observe(this.#ports, this.#etcd, cluster, groups, this.#session);
    this.#world = sight.kind === 'world' ? sight.world : null;
    return sight;
  }

  /** Applies one action. What the world refuses rests for a while; the other actions go on meanwhile. */
  async #step(action: Action): Promise<void> {
    await this.#restBeforeRepeating(action);
    const { cluster } = this.#request;
    const site = {
      ports: this.#ports,
      etcd: this.#etcd,
      cluster,
      witness: this.#witness(),
      session: this.#session,
    };
    try {
      await apply(site, action);
      this.#note({ action, error: null });
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.#refusals.note(action, error, this.#ports.clock.nowMs());
      this.#note({ action, error });
    }
    this.#failureCount = 0;
  }

  /** The same step again means that its effect is not visible yet: no hurry then. */
  async #restBeforeRepeating(action: Action): Promise<void> {
    const last = this.#steps.at(-1);
    const isRepeated = last !== undefined && JSON.stringify(last.action) === JSON.stringify(action);
    if (isRepeated) await this.#ports.clock.sleep(LOOK_EVERY_MS);
  }

  #note(step: Step): void {
    this.#steps.push(step);
    this.#request.onStep?.(step);
  }

  /** A look failed: look again a few times, then leave it to the schedule. */
  async #survive(error: unknown): Promise<PassReport | null> {
    if (!(error instanceof OperationError)) throw error;
    this.#failureCount += 1;
    const isLate = this.#ports.clock.nowMs() + STEP_BUDGET_MS > this.#request.deadlineMs;
    if (error.retry === 'never' || this.#failureCount >= FAILURES_MAX || isLate) {
      return this.#report('failed', { actions: [], waits: [refusedWait(error)] }, error);
    }
    await this.#ports.clock.sleep(LOOK_EVERY_MS);
    return null;
  }

  #witness(): string | null {
    return this.#world?.etcd.view?.witness ?? null;
  }

  /**
   * A change that stood still for a whole pass is left to the schedule: a founder that never
   * starts, or a learner that is stuck, must not keep a function busy for days.
   */
  #hasMoved(plan: Plan): boolean {
    const hasStepped = this.#steps.some(({ error }) => error === null);
    const isUntried =
      plan.actions.length > 0 && !this.#isPermitHeld && this.#refusals.lastOf(plan.actions) === null;
    return isUntried || hasStepped || this.#session.sawMovement;
  }

  #report(outcome: Outcome, plan: Plan, error: OperationError | null): PassReport {
    const hasWork = outcome === 'outOfTime' || outcome === 'stepLimit';
    return {
      outcome,
      steps: this.#steps,
      waits: this.#isPermitHeld ? [...plan.waits, { kind: 'permitHeld' }] : plan.waits,
      pending: plan.actions,
      progressing: hasWork && this.#hasMoved(plan),
      world: this.#world,
      error,
      lookCount: this.#lookCount,
    };
  }
}

const refusedWait = (error: OperationError): Wait => ({
  kind: 'refused',
  code: error.code,
  message: error.message,
});

function planSight(sight: Sight): Plan {
  switch (sight.kind) {
    case 'world':
      return planCluster(sight.world);
    case 'teardown':
      return planTeardown(sight.sight);
    case 'refused':
      return { actions: [], waits: sight.waits };
    default:
      throw new InvariantError('a look of an unknown kind');
  }
}
