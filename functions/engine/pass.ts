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
import { Session } from './session.ts';

/** A running join is followed closely: one look a second. */
export const LOOK_EVERY_MS = 1_000;
/** A look and a step at their worst: five AWS calls, one silent round of probes, one change. */
export const STEP_BUDGET_MS = 12_000;
/** A replacement takes about fourteen steps; a pass that needs more than this does not settle. */
export const STEPS_MAX = 80;
/** Looks or steps in a row that may fail before the pass leaves the rest to the schedule. */
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
    const [next] = plan.actions;
    if (next !== undefined) return isLate ? this.#report('outOfTime', plan, null) : this.#step(next, plan);
    if (isLate || !isWorthFollowing(plan)) return this.#settle(plan, isLate);
    this.#failureCount = 0;
    await this.#ports.clock.sleep(Math.max(0, startedAtMs + LOOK_EVERY_MS - this.#ports.clock.nowMs()));
    return null;
  }

  #settle(plan: Plan, isLate: boolean): PassReport {
    if (isLate && isWorthFollowing(plan)) return this.#report('outOfTime', plan, null);
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

  async #step(action: Action, plan: Plan): Promise<PassReport | null> {
    const witness = this.#witness();
    if (needsPermit(action) && witness !== null) {
      const permit = await this.#permit.ensure(witness, action.kind, this.#ports.clock.nowMs());
      if (permit === 'taken') return null; // what was seen before the permit does not count
      if (permit === 'held') return this.#waitForPermit(plan);
    }
    await this.#restBeforeRepeating(action);
    const { cluster } = this.#request;
    await this.#attempt(action, () =>
      apply({ ports: this.#ports, etcd: this.#etcd, cluster, witness, session: this.#session }, action),
    );
    this.#failureCount = 0;
    return null;
  }

  /** Its holder is done soon, or dead within the lease: worth waiting for in this pass, not for a new one. */
  async #waitForPermit(plan: Plan): Promise<PassReport | null> {
    const isLate = this.#ports.clock.nowMs() + STEP_BUDGET_MS + LOOK_EVERY_MS > this.#request.deadlineMs;
    const waits: readonly Wait[] = [...plan.waits, { kind: 'permitHeld' }];
    if (isLate) return this.#report('waiting', { actions: plan.actions, waits }, null);
    await this.#ports.clock.sleep(LOOK_EVERY_MS);
    return null;
  }

  /** The same step again means that its effect is not visible yet, or was refused: no hurry then. */
  async #restBeforeRepeating(action: Action): Promise<void> {
    const last = this.#steps.at(-1);
    const isRepeated = last !== undefined && JSON.stringify(last.action) === JSON.stringify(action);
    if (isRepeated) await this.#ports.clock.sleep(LOOK_EVERY_MS);
  }

  async #attempt(action: Action, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#note({ action, error: null });
    } catch (error) {
      if (error instanceof OperationError) this.#note({ action, error });
      throw error;
    }
  }

  #note(step: Step): void {
    this.#steps.push(step);
    this.#request.onStep?.(step);
  }

  /** The world refused or was silent: look again a few times, then leave it to the schedule. */
  async #survive(error: unknown): Promise<PassReport | null> {
    if (!(error instanceof OperationError)) throw error;
    this.#failureCount += 1;
    const isLate = this.#ports.clock.nowMs() + STEP_BUDGET_MS > this.#request.deadlineMs;
    if (error.retry === 'never' || this.#failureCount >= FAILURES_MAX || isLate) {
      const refused: Wait = { kind: 'refused', code: error.code, message: error.message };
      return this.#report('failed', { actions: [], waits: [refused] }, error);
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
    return plan.actions.length > 0 || hasStepped || this.#session.sawMovement;
  }

  #report(outcome: Outcome, plan: Plan, error: OperationError | null): PassReport {
    const hasWork = outcome === 'outOfTime' || outcome === 'stepLimit';
    return {
      outcome,
      steps: this.#steps,
      waits: plan.waits,
      pending: plan.actions,
      progressing: hasWork && this.#hasMoved(plan),
      world: this.#world,
      error,
      lookCount: this.#lookCount,
    };
  }
}

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
