import type { View } from '../demo/look.ts';
import type { Groups } from '../local/fleet/groups.ts';
import type { Instance } from '../local/fleet/model.ts';
import type { StateChange } from './platform.ts';

const LOOK_EVERY_MS = 5;

/** What the local region itself knows of a group's instances, by the clock of everything else that is measured. */
export class FleetWatch {
  readonly #groups: Pick<Groups, 'instances'>;
  readonly #group: string;
  readonly #last = new Map<string, string>();
  readonly changes: StateChange[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(groups: Pick<Groups, 'instances'>, group: string) {
    this.#groups = groups;
    this.#group = group;
    this.look();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  look(): void {
    const atMs = performance.now();
    for (const { id, state, ec2State } of this.#own()) {
      const now = `${state} ${ec2State}`;
      if (this.#last.get(id) === now) continue;
      this.#last.set(id, now);
      this.changes.push({ atMs, instanceId: id, state, ec2State });
    }
  }

  /** How each stood at a time, and what became of it since. Who was terminated by then is left out. */
  since(fromMs: number): readonly StateChange[] {
    const before = new Map<string, StateChange>();
    for (const change of this.changes) if (change.atMs < fromMs) before.set(change.instanceId, change);
    const then = [...before.values()].filter(({ state }) => state !== 'Terminated');
    return [...then, ...this.changes.filter(({ atMs }) => atMs >= fromMs)];
  }

  /** Whose etcd can be asked. */
  views(): readonly View[] {
    return this.#own()
      .filter(({ ec2State }) => ec2State !== 'terminated')
      .map(({ id, address, place, state, ec2State }) => {
        return { id, group: this.#group, address, zone: place.zone, state, ec2State };
      });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #own(): readonly Instance[] {
    return this.#groups.instances().filter(({ groupName }) => groupName === this.#group);
  }
}
