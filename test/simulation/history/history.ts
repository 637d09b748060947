import { OperationError } from '../../../functions/core/errors.ts';
import type { PassReport } from '../../../functions/engine/report.ts';
import { type WorkOptions, workOn } from '../../../functions/membership/work.ts';
import { CLUSTER, Killed, PATH } from '../world/fake-world.ts';
import { isRecoveryUnderWay, recoverByHand, seeTo } from './by-hand.ts';
import { groupText, help, tidyUp } from './calm.ts';
import { Chronicle } from './chronicle.ts';
import type { Fate, Incident } from './fate.ts';
import type { Ending, Faults } from './fault.ts';
import { GroupNews, HistoryWorld } from './history-world.ts';
import { randomFor } from './random.ts';
import { passText } from './report-text.ts';
import { type Sums, sumsOf, Tally } from './tally.ts';
import { endOf, isLost, isRecoverable, missingFor } from './whole.ts';

/** What a history came to. */
export interface Outcome {
  readonly seed: number;
  readonly fate: Fate;
  /** Every rule that was broken, in words; none: it held. */
  readonly violations: readonly string[];
  readonly sums: Sums;
  readonly faultCount: number;
  readonly effectCount: number;
  readonly changeCount: number;
  readonly passCount: number;
  readonly lookCount: number;
  readonly lines: readonly string[];
}

/** Minutes within which everything must agree once nothing disturbs it any more. */
const CONVERGENCE_MINUTES = 40;
/** Minutes in which nothing may be written after that. */
const STILL_MINUTES = 1;
/** When an operator sees to what waits for a person. */
const HELP_MINUTE = 10;
const MINUTE_MS = 60_000;
/** Messages that are worked on in one second of the world, at most. */
const MESSAGES_MAX = 20;
/** What the room keeps back of the function's time. */
const RESERVE_SECONDS = 4;

/** A file that could be smaller is made so as soon as the cluster can do without a member, which two never can. */
const isDefragmented = ({ waits }: PassReport, world: HistoryWorld): boolean =>
  world.etcd.voters().length < 3 || waits.every(({ kind }) => kind !== 'defragmentationDue');

/** Runs one history to its end. Equal fates give equal outcomes, line by line. */
export function runHistory(
  fate: Fate,
  faults: Faults,
  isRecorded: boolean,
  world = new HistoryWorld(fate),
): Promise<Outcome> {
  return new History(fate, faults, isRecorded, world).run();
}

class History {
  readonly #fate: Fate;
  readonly #faults: Faults;
  readonly #world: HistoryWorld;
  readonly #chronicle: Chronicle;
  readonly #tally = new Tally();
  readonly #news = new GroupNews();
  readonly #startMs: number;
  /** Settings as they were registered. */
  readonly #config: string;
  readonly #endings: { readonly fault: string; readonly atMs: number; readonly end: Ending }[] = [];
  #incidents: readonly Incident[];
  #told = 0;
  #last: PassReport | null = null;

  constructor(fate: Fate, faults: Faults, isRecorded: boolean, world: HistoryWorld) {
    this.#fate = fate;
    this.#faults = faults;
    this.#world = world;
    this.#world.listener = { onSecond: () => this.#onSecond(), onEffect: (name) => this.#onEffect(name) };
    this.#startMs = this.#world.nowMs;
    this.#config = this.#world.parameters.get(`${PATH}config`) ?? '';
    this.#incidents = fate.incidents;
    this.#chronicle = new Chronicle(isRecorded, () => this.#world.nowMs);
  }

  async run(): Promise<Outcome> {
    this.#chronicle.note(
      'phase',
      () => `seed ${this.#fate.seed}: ${this.#fate.size} members, etcd ${this.#fate.etcd}`,
    );
    await this.#liveUntil(this.#startMs + this.#fate.minutes * MINUTE_MS);
    this.#calm();
    await this.#end();
    return this.#outcome();
  }

  async #liveUntil(untilMs: number): Promise<void> {
    while (this.#world.nowMs < untilMs && !this.#isBroken()) {
      this.#world.tick();
      // Nothing is awaited in seconds in which nobody is told anything, which are most.
      if (this.#world.mail.queue.hasWork) await this.#work();
      if (this.#world.hasErrands) await this.#world.runErrands();
    }
  }

  /** A broken rule ends the history: what follows from it would only hide it. */
  #isBroken(): boolean {
    return this.#world.etcd.violations.length > 0 || this.#tally.passCount > this.#world.passesMax;
  }

  /** The function takes what the queue has for it. */
  async #work(): Promise<void> {
    for (let count = 0; count < MESSAGES_MAX && !this.#isBroken(); count += 1) {
      const body = this.#world.mail.take(this.#world);
      if (body === null) return;
      // The message of a killed function stays in flight, and comes again after a while.
      if (await this.#handle(body)) this.#world.mail.queue.done();
    }
  }

  /** False: the function was killed. */
  async #handle(body: string): Promise<boolean> {
    const world = this.#world;
    this.#tally.passCount += 1;
    const owner = world.nextOwner();
    this.#chronicle.note('message', () => `${owner}: ${body}`);
    try {
      const handled = await workOn(world.ports(owner), { cluster: CLUSTER, body }, this.#options(owner));
      if (handled.kind === 'unreadable') this.#tally.noteError('EVENT_MALFORMED');
      else this.#notePass(owner, handled.report);
    } catch (error) {
      if (error instanceof Killed) {
        this.#chronicle.note('pass', () => `killed at ${error.message}`);
        return false;
      }
      // The room tells it and acknowledges the message.
      if (error instanceof OperationError) this.#tally.noteError(error.code);
      else world.etcd.violations.push(`the function failed: ${error instanceof Error ? error.stack : error}`);
    }
    return true;
  }

  #options(owner: string): WorkOptions {
    const { nowMs, skewMs } = this.#world;
    const deadlineMs = nowMs + skewMs + (this.#fate.functionSeconds - RESERVE_SECONDS) * 1_000;
    return { owner, deadlineMs, dryRun: false, onStep: () => undefined };
  }

  #notePass(owner: string, report: PassReport): void {
    this.#world.judge.close(owner, report);
    this.#last = report;
    this.#tally.notePass(report);
    this.#chronicle.note('pass', () => passText(report));
  }

  #onSecond(): void {
    const world = this.#world;
    if (this.#chronicle.isKept)
      for (const words of this.#news.take(world)) this.#chronicle.note('group', () => words);
    this.#endDue(world.nowMs);
    this.#befallDue();
    this.#tellBroken();
  }

  #onEffect(name: string): void {
    this.#tally.noteEffect(name);
    this.#chronicle.note('effect', () => name);
    this.#tellBroken();
  }

  #tellBroken(): void {
    const { violations } = this.#world.etcd;
    if (violations.length === this.#told) return;
    for (const words of violations.slice(this.#told)) this.#chronicle.note('broken', () => words);
    this.#told = violations.length;
  }

  #befallDue(): void {
    const second = Math.round((this.#world.nowMs - this.#startMs) / 1_000);
    if (this.#incidents.every(({ atSecond }) => atSecond > second)) return;
    const due = this.#incidents.filter(({ atSecond }) => atSecond <= second);
    this.#incidents = this.#incidents.slice(due.length);
    for (const incident of due) this.#befall(incident);
  }

  #befall({ fault: name, nth, seconds }: Incident): void {
    const fault = this.#faults[name];
    if (fault === undefined) throw new Error(`there is no fault ${name}`);
    // One at a time of each kind: what ends restores what was before it began.
    if (this.#endings.some((one) => one.fault === name)) return;
    const happened = () => {
      this.#tally.faults.add(name);
      this.#chronicle.note('fault', () => `${name}: ${fault.about} (for ${seconds} s, where it lasts)`);
    };
    const ending = fault.apply(this.#world, randomFor(this.#fate.seed, `${name} ${nth}`), happened);
    if (ending === null) return;
    if (fault.tellsItself !== true) happened();
    if (ending === 'done') return;
    this.#endings.push({ fault: name, atMs: this.#world.nowMs + seconds * 1_000, end: ending });
  }

  #endDue(nowMs: number): void {
    if (this.#endings.every(({ atMs }) => atMs > nowMs)) return;
    for (const one of this.#endings.filter(({ atMs }) => atMs <= nowMs)) {
      this.#endings.splice(this.#endings.indexOf(one), 1);
      this.#chronicle.note('over', () => `${one.fault} is over`);
      one.end();
    }
  }

  /** From here on nothing disturbs the world any more. */
  #calm(): void {
    this.#incidents = [];
    this.#chronicle.note('phase', () => 'faults stop');
    this.#endDue(Number.POSITIVE_INFINITY);
    tidyUp(this.#world, this.#fate.size, this.#config);
    this.#last = null;
  }

  /** Everything agrees within a bounded time, and then nothing is written any more. */
  async #end(): Promise<void> {
    const endMs = this.#world.nowMs + CONVERGENCE_MINUTES * MINUTE_MS;
    for (let minute = 0; minute < CONVERGENCE_MINUTES && !this.#isBroken(); minute += 1) {
      if (this.#isAtRest() && (await this.#staysStill())) return;
      if (minute === HELP_MINUTE) help(this.#world, this.#world.lastClaim);
      if (minute >= HELP_MINUTE) await this.#recover();
      this.#skipPause();
      await this.#liveUntil(this.#world.nowMs + MINUTE_MS);
    }
    if (this.#isBroken()) return;
    const missing = this.#missing().join('; ');
    const report = this.#last === null ? 'no pass ended' : passText(this.#last);
    const minutes = Math.round((this.#world.nowMs - endMs) / MINUTE_MS) + CONVERGENCE_MINUTES;
    this.#world.etcd.violations.push(`R8: no convergence in ${minutes} minutes: ${missing} (${report})`);
  }

  /** Where the settings leave it to a person, or found nothing to recover from, one does it. */
  async #recover(): Promise<void> {
    if (!isLost(this.#world) || !isRecoverable(this.#world)) return;
    const random = randomFor(this.#fate.seed, `recover ${this.#world.nowMs}`);
    const isUnderWay = isRecoveryUnderWay(this.#world);
    if (isUnderWay || random.chance(0.5)) seeTo(this.#world);
    if (isUnderWay) return;
    if (await recoverByHand(this.#world, random))
      this.#chronicle.note('phase', () => 'an operator chooses what to recover from');
  }

  /** Joins that are put off for hours are waited for in one leap. */
  #skipPause(): void {
    const paused = this.#last?.waits.find((wait) => wait.kind === 'joinsPaused');
    if (paused?.kind !== 'joinsPaused' || paused.untilMs <= this.#world.nowMs + MINUTE_MS) return;
    this.#world.nowMs = paused.untilMs;
  }

  #isAtRest(): boolean {
    if (this.#last === null || this.#world.mail.queue.length > 0) return false;
    const end = endOf(this.#world);
    const isWhole = this.#last.outcome === 'settled' && isDefragmented(this.#last, this.#world);
    const isQuiet = end !== 'whole' || isWhole;
    return isQuiet && this.#missing().length === 0;
  }

  #missing(): readonly string[] {
    return [...missingFor(this.#world, endOf(this.#world)), ...this.#world.unfinished()];
  }

  /** False: the group itself went on, and what was written followed that. */
  async #staysStill(): Promise<boolean> {
    this.#chronicle.note('phase', () => 'stillness');
    const world = this.#world;
    const [before, group] = [world.effects.length, groupText(world)];
    await this.#liveUntil(world.nowMs + STILL_MINUTES * MINUTE_MS);
    if (groupText(world) !== group) return false;
    const written = world.effects.slice(before);
    // Evidence of a loss takes its time, and is written down when it stands.
    if (written.length > 0 && endOf(world) === 'lost') return false;
    if (written.length > 0 && !this.#isBroken())
      world.etcd.violations.push(`R8: written although nothing is left to do: ${written.join(', ')}`);
    return true;
  }

  #outcome(): Outcome {
    this.#tellBroken();
    const { passCount, lookCount, effectCount, changeCount, faults } = this.#tally;
    const loops = passCount > this.#world.passesMax ? [`more than ${this.#world.passesMax} passes`] : [];
    return {
      seed: this.#fate.seed,
      fate: this.#fate,
      violations: [...this.#world.etcd.violations, ...loops],
      sums: sumsOf(this.#tally),
      faultCount: faults.total,
      effectCount,
      changeCount,
      passCount,
      lookCount,
      lines: this.#chronicle.lines,
    };
  }
}
