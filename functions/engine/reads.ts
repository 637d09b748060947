import type { InstanceId } from '../core/identity.ts';
import { waitsIn } from '../core/lifecycle.ts';
import { clusterPath, INSTANCE_ID } from '../core/names.ts';
import type { GroupInstance, HookSettings, Machine, ScalingActivity, ScalingGroup } from '../core/ports.ts';
import type { Ports } from './ports.ts';

type Machines = ReadonlyMap<InstanceId, Machine>;

/** The state on the way to a terminate hook, and the last one where there is no such hook. */
export const TERMINATING = 'Terminating';

/**
 * What one look reads of AWS beside the groups: everything once, side by side, and as soon as it
 * is known to matter. Each answer is awaited where it is needed, so that what fails counts there
 * and only there, as if it had been asked for at that moment.
 */
export class Reads {
  readonly #ports: Ports;
  readonly #cluster: string;
  readonly #parameters = new Once<ReadonlyMap<string, string>>();
  readonly #hooks = new Once<readonly HookSettings[]>();
  readonly #activities = new Once<readonly ScalingActivity[]>();
  readonly #machines = new Once<Machines>();
  readonly #asked = new Set<InstanceId>();

  constructor(ports: Ports, cluster: string) {
    this.#ports = ports;
    this.#cluster = cluster;
  }

  /** Asks for all that a look at this group needs, with machines beside those that it lists. */
  begin(group: ScalingGroup, otherIds: readonly InstanceId[] = []): void {
    void this.parameters();
    this.#ask([...group.instances.map(({ id }) => id), ...otherIds]);
    if (!isAnybodyWaiting(group)) return;
    void this.hooks(group.name);
    void this.activities(group);
  }

  parameters(): Promise<ReadonlyMap<string, string>> {
    return this.#parameters.get('', () => this.#ports.parameters.readAll(clusterPath(this.#cluster)));
  }

  hooks(groupName: string): Promise<readonly HookSettings[]> {
    return this.#hooks.get(groupName, () => this.#ports.scaling.listHooks(groupName));
  }

  /** What was asked before somebody began to wait does not tell since when: for other waiters it is asked anew. */
  activities(group: ScalingGroup): Promise<readonly ScalingActivity[]> {
    const { name, instances } = group;
    const waiters = instances.filter(isWaiting).map(({ id, lifecycle }) => `${id} ${lifecycle}`);
    const key = [name, ...waiters.sort()].join();
    return this.#activities.get(key, () => this.#ports.scaling.listActivities(name));
  }

  /** What EC2 says of exactly these; only those that were not asked for yet cost another call. */
  async machines(ids: readonly InstanceId[]): Promise<Machines> {
    this.#ask(ids);
    const answers = await this.#machines.all();
    const known = new Map<InstanceId, Machine>();
    for (const id of ids) {
      const machine = answers.findLast((answer) => answer.has(id))?.get(id);
      if (machine !== undefined) known.set(id, machine);
    }
    return known;
  }

  #ask(ids: readonly InstanceId[]): void {
    const unasked: InstanceId[] = [];
    for (const id of ids) {
      if (this.#asked.has(id) || !INSTANCE_ID.test(id)) continue;
      this.#asked.add(id);
      unasked.push(id);
    }
    if (unasked.length === 0) return;
    void this.#machines.get(unasked.join(), () => this.#ports.machines.describe(unasked));
  }

  /** Nothing is left under way when the look is over. */
  async end(): Promise<void> {
    await Promise.allSettled([
      ...this.#parameters.underWay(),
      ...this.#hooks.underWay(),
      ...this.#activities.underWay(),
      ...this.#machines.underWay(),
    ]);
  }
}

/** Only while somebody waits in a hook, or is about to, are hooks and activities of use. */
export const isAnybodyWaiting = (group: ScalingGroup): boolean => group.instances.some(isWaiting);

const isWaiting = ({ lifecycle }: GroupInstance): boolean =>
  lifecycle === TERMINATING || waitsIn(lifecycle) !== null;

/** Answers by key, each asked for once. */
class Once<Answer> {
  readonly #asked = new Map<string, Promise<Answer>>();

  get(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.#asked.get(key);
    if (known !== undefined) return known;
    const asked = ask();
    // A failure is told to whoever awaits the answer, and to nobody where the look does not need it.
    asked.catch(() => undefined);
    this.#asked.set(key, asked);
    return asked;
  }

  all(): Promise<readonly Answer[]> {
    return Promise.all(this.#asked.values());
  }

  underWay(): Iterable<Promise<Answer>> {
    return this.#asked.values();
  }
}
