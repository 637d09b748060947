import { FakeWorld, PATH } from '../world/fake-world.ts';
import { QUOTA_BYTES } from '../world/faults/space.ts';
import { noTimes, type Times, usualTimes } from '../world/times.ts';
import type { Fate } from './fate.ts';

/** What a history hears of its world while it lives on. */
export interface Listener {
  readonly onSecond: () => void;
  readonly onEffect: (name: string) => void;
}

/** Next to nothing takes time, and nothing stays unnoticed. */
const quickTimes = (): Times => ({ ...noTimes(), bootSeconds: 1, noticeSeconds: 3, memorySeconds: 3_600 });

const WRITES_EVERY_SECONDS = 5;

/** A world that tells its history of every second and of every effect. */
export class HistoryWorld extends FakeWorld {
  listener: Listener | null = null;
  /** A copy of the claim as it stood last, as operators keep one. */
  lastClaim: string | null = null;
  /** What one history may cost: a loop without end is a finding, not a hang. */
  readonly passesMax: number = 400;
  #tokens = 0;
  #seconds = 0;

  constructor(fate: Fate) {
    super(fate.size, fate.config);
    this.mail.isOpen = true;
    this.hooks.enforced = true;
    this.launchesFirst = fate.launchesFirst;
    this.policy = fate.policy;
    this.zones.names = fate.zones;
    this.times = fate.takesTime ? usualTimes() : quickTimes();
    this.mayRemoveStrangers = fate.config['removeForeign'] === true;
    this.lifeSeconds = fate.functionSeconds;
    this.etcd.version = fate.etcd;
    this.etcd.space.quotaBytes = QUOTA_BYTES;
    Object.assign(this.backups, fate.care);
    // Deadlines, elections and slow answers take the time of everybody.
    this.etcd.onWait = (ms) => this.spend(ms);
  }

  /** Functions other than membership's, which work side by side with it. */
  get hasErrands(): boolean {
    return false;
  }

  runErrands(): Promise<void> {
    return Promise.resolve();
  }

  /** What of their work is still to end, in words. */
  unfinished(): readonly string[] {
    return [];
  }

  override uniqueToken(): string {
    this.#tokens += 1;
    return `token${this.#tokens}`;
  }

  override tick(): void {
    super.tick();
    this.#seconds += 1;
    // A client: what it is told is kept must be kept (I2).
    if (this.#seconds % WRITES_EVERY_SECONDS === 0) this.etcd.clientWrite();
    this.listener?.onSecond();
  }

  override effect(name: string): void {
    if (name.endsWith(' bootstrap'))
      this.lastClaim = this.parameters.get(`${PATH}bootstrap`) ?? this.lastClaim;
    this.listener?.onEffect(name);
    super.effect(name);
  }
}

/** Tells what changed in the group since the last time, for readers. */
export class GroupNews {
  readonly #told = new Map<string, string>();

  take(world: FakeWorld): readonly string[] {
    return world.instances.flatMap((instance) => {
      const state = `${instance.listed ? instance.lifecycle : 'not listed'}, ${instance.state}`;
      if (this.#told.get(instance.id) === state) return [];
      this.#told.set(instance.id, state);
      return [`${instance.id} (${instance.address}) is ${state}`];
    });
  }
}
