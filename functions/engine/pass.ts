import { OperationError } from '../core/errors.ts';
import type { InstanceId } from '../core/identity.ts';
import type { Observation } from '../core/observation.ts';
import { isFollowed } from '../core/plan/following.ts';
import { isAdvice, isWorthFollowing, nothing, type Plan, type Wait } from '../core/plan/plan.ts';
import type { GroupInstance, ScalingGroup } from '../core/ports.ts';
import type { RecoveryChoice } from '../core/recovery/sources.ts';
import { Door } from './door.ts';
import { sendHeartbeats } from './heartbeats.ts';
import { observe, type Sight } from './observe.ts';
import { LOOK_EVERY_MS, Pace } from './pace.ts';
import { planSight } from './plan-sight.ts';
import type { Ports } from './ports.ts';
import { Reads } from './reads.ts';
import { type Outcome, type PassReport, refusedWait, type Step } from './report.ts';
import { Session } from './session.ts';
import { type Site, siteOf } from './site.ts';
import { STEP_BUDGET_MS, Steps, stepBudgetMs } from './steps.ts';
import { listWarmPools, withPools } from './warm-pools.ts';

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
  readonly asked?: string | null; // the nonce of whoever waits for the status to show this look
  /** What an operator chose to bring a lost cluster back from; `options`: what could be chosen is asked. */
  readonly recover?: RecoveryChoice | 'options';
  readonly onStep?: (step: Step) => void;
}

/** Looks, decides, does one thing, looks again, until settled, blocked or out of time. */
export async function runPass(ports: Ports, request: PassRequest): Promise<PassReport> {
  const door = new Door(ports);
  const pass = new Pass(ports, door, request);
  try {
    return await pass.run();
  } finally {
    await pass.end();
    door.close();
  }
}

class Pass {
  readonly #ports: Ports;
  readonly #door: Door;
  readonly #request: PassRequest;
  readonly #session: Session;
  readonly #pace: Pace;
  readonly #steps: Steps;
  #world: Observation | null = null;
  readonly #beaten = new Set<InstanceId>();
  #lookCount = 0;
  #failureCount = 0;

  constructor(ports: Ports, door: Door, request: PassRequest) {
    this.#ports = ports;
    this.#door = door;
    this.#request = request;
    this.#session = new Session(request.asked ?? null, request.recover ?? null);
    this.#pace = new Pace(ports, request.cluster, this.#session);
    const onStep = request.onStep ?? (() => undefined);
    this.#steps = new Steps(request.owner, this.#site(), (aheadMs) => this.#isLate(aheadMs), onStep);
  }

  async run(): Promise<PassReport> {
    while (this.#steps.taken.length < STEPS_MAX) {
      const report = await this.#round().catch((error: unknown) => this.#survive(error));
      if (report !== null) return report;
    }
    return this.#report('stepLimit', nothing, null);
  }

  end(): Promise<void> {
    return this.#steps.end();
  }

  /** One look and at most one step; `null`: look again. */
  async #round(): Promise<PassReport | null> {
    const sinceMs = this.#ports.clock.nowMs();
    const sight = await this.#look();
    if (sight === null) return this.#report('ignored', nothing, null);
    const plan = planSight(sight);
    this.#failureCount = 0;
    if (this.#request.mode !== 'act') return this.#report('dryRun', plan, null);
    if (this.#isLate(stepBudgetMs(plan))) return this.#settle(plan, true);
    if (await this.#steps.takeFirst(plan, sinceMs)) {
      this.#pace.noteMove();
      return null;
    }
    if (!this.#steps.mayTryLater(plan) && !isFollowed(plan, this.#world)) return this.#settle(plan, false);
    await this.#pace.untilNextLook({ sinceMs, plan, etcd: this.#door.opened });
    return null;
  }

  #settle(plan: Plan, isLate: boolean): PassReport {
    if (isLate && (plan.actions.length > 0 || isWorthFollowing(plan)))
      return this.#report('outOfTime', plan, null);
    const error = this.#steps.refusalOf(plan);
    if (error !== null) return this.#report('failed', plan, error);
    return this.#report(plan.waits.every(isAdvice) ? 'settled' : 'waiting', plan, null);
  }

  /** `null`: the group that the event named is none of this cluster's. */
  async #look(): Promise<Sight | null> {
    this.#lookCount += 1;
    const reads = new Reads(this.#ports, this.#request.cluster);
    try {
      return await this.#lookWith(reads);
    } finally {
      await reads.end();
    }
  }

  async #lookWith(reads: Reads): Promise<Sight | null> {
    const { cluster, groupName } = this.#request;
    const { lastGroup, lastIds } = this.#session;
    if (lastGroup !== null) reads.begin(lastGroup, lastIds);
    const groups = await this.#ports.scaling.listGroups(cluster);
    if (groupName !== null && groups.every((group) => group.name !== groupName)) return null;
    await this.#beat(groups);
    const pools = await listWarmPools(this.#ports, groups);
    await this.#beat(pools);
    const all = withPools(groups, pools);
    const sight = await observe(this.#ports, reads, this.#door, cluster, all, this.#session);
    this.#world = sight.kind === 'world' ? sight.world : null;
    return sight;
  }

  /** Once in a pass for every instance, before anything that could fail and is not needed for it (rule R7). */
  async #beat(groups: readonly ScalingGroup[]): Promise<void> {
    if (this.#request.mode === 'look') return;
    const isNew = ({ id }: GroupInstance) => !this.#beaten.has(id);
    if (!groups.some(({ instances }) => instances.some(isNew))) return;
    const due = groups.map((group) => ({ ...group, instances: group.instances.filter(isNew) }));
    await sendHeartbeats(this.#ports, due);
    for (const { id } of due.flatMap(({ instances }) => instances)) this.#beaten.add(id);
  }

  /** A look failed: look again a few times, then leave it to the schedule. */
  async #survive(error: unknown): Promise<PassReport | null> {
    if (!(error instanceof OperationError)) throw error;
    this.#failureCount += 1;
    if (error.retry === 'never' || this.#failureCount >= FAILURES_MAX || this.#isLate()) {
      return this.#report('failed', nothing, error);
    }
    await this.#ports.clock.sleep(LOOK_EVERY_MS);
    return null;
  }

  #isLate(aheadMs = STEP_BUDGET_MS): boolean {
    return this.#ports.clock.nowMs() + aheadMs > this.#request.deadlineMs;
  }

  #site(): Site {
    const [door, session, { cluster, deadlineMs }] = [this.#door, this.#session, this.#request];
    return siteOf({ ports: this.#ports, door, session, cluster, deadlineMs, world: () => this.#world });
  }

  /**
   * A change that stood still for a whole pass is left to the schedule: a founder that never
   * starts, or a learner that is stuck, must not keep a function busy for days.
   */
  #hasMoved(plan: Plan): boolean {
    const isBlocked = this.#steps.isPermitHeld || this.#steps.refusalOf(plan) !== null;
    return (plan.actions.length > 0 && !isBlocked) || this.#steps.hasEffect || this.#session.sawMovement;
  }

  #report(outcome: Outcome, plan: Plan, error: OperationError | null): PassReport {
    const isCutOff = outcome === 'outOfTime' || outcome === 'stepLimit';
    const permitHeld: readonly Wait[] = this.#steps.isPermitHeld ? [{ kind: 'permitHeld' }] : [];
    const refused: readonly Wait[] = error === null ? [] : [refusedWait(error)];
    return {
      outcome,
      steps: this.#steps.taken,
      waits: [...plan.waits, ...permitHeld, ...refused],
      pending: plan.actions,
      progressing: isCutOff && this.#hasMoved(plan),
      world: this.#world,
      error,
      lookCount: this.#lookCount,
    };
  }
}
