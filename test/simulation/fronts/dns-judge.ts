import type { RecordSet } from '../../../functions/core/dns/zone-port.ts';
import { INSTANCE_ID } from '../../../functions/core/names.ts';
import type { DnsScene } from './dns-scene.ts';

const HOLD_MAX_MS = 15 * 60_000;

/** Watches a scene, and throws at the very effect that breaks a rule. */
export class DnsJudge {
  readonly #scene: DnsScene;
  readonly #foreign: readonly RecordSet[];
  /** Names that led somewhere before the batch that is judged. */
  #answered: ReadonlySet<string> = new Set();
  /** How many effects it has judged, so that a test can tell that it did. */
  judgedCount = 0;

  constructor(scene: DnsScene, foreign: readonly RecordSet[] = []) {
    this.#scene = scene;
    this.#foreign = foreign;
    scene.zone.onBatch = () => {
      const answered = namesOf(scene.fleet).filter((name) => scene.zone.addresses(name).length > 0);
      this.#answered = new Set(answered);
    };
    scene.zone.onTaken = () => this.#judgeZone();
    scene.fleet.onComplete = ({ instanceId }) => this.#judgeRelease(instanceId);
  }

  #judgeZone(): void {
    this.judgedCount += 1;
    const { zone, fleet } = this.#scene;
    for (const record of this.#foreign) {
      const stands = zone.at(record.name).some((one) => JSON.stringify(one) === JSON.stringify(record));
      if (!stands) throw new Error(`${record.name} is not ours and was changed`);
    }
    for (const name of namesOf(fleet)) {
      const lives = fleet.instances.some(
        (one) => one.isAlive && one.lifecycle !== 'Terminated' && nameOf(fleet, one.group) === name,
      );
      const isWanted = [...fleet.groups.values()].some(
        (group) => group.tags.get('etcd-autopilot:dns-name') === name && group.desired > 0 && !group.deleting,
      );
      if (lives && this.#answered.has(name) && isWanted && zone.addresses(name).length === 0)
        throw new Error(`${name} was emptied while somebody lives (R6)`);
    }
  }

  #judgeRelease(id: string): void {
    this.judgedCount += 1;
    const { zone, fleet } = this.#scene;
    const sinceMs = fleet.instance(id).terminatingSinceMs ?? fleet.nowMs;
    if (fleet.nowMs - sinceMs >= HOLD_MAX_MS) return;
    if (zone.mayBeAnswered(id)) throw new Error(`${id} was let go while a resolver may know it`);
  }

  /** When all is calm: records are those of whoever is in service, and nobody waits in vain. */
  judgeCalm(): void {
    const { zone, fleet } = this.#scene;
    for (const name of namesOf(fleet)) {
      const groups = [...fleet.groups.keys()].filter((group) => nameOf(fleet, group) === name);
      const ids = groups.flatMap((group) => fleet.inService(group).map(({ id }) => id));
      const ours = zone.at(name).filter(({ setIdentifier }) => INSTANCE_ID.test(setIdentifier ?? ''));
      const published = ours.map(({ setIdentifier }) => setIdentifier ?? '').sort();
      if (published.join() !== [...ids].sort().join())
        throw new Error(`${name} leads to ${published.join()} instead of ${ids.join()}`);
    }
    const late = fleet.ends.filter(({ by }) => by === 'timeout');
    if (late.length > 0) throw new Error(`nobody answered the hook of ${late[0]?.hook.instanceId} (R7)`);
    const waiting = fleet.instances.filter(({ lifecycle }) => lifecycle === 'Terminating:Wait');
    if (waiting.length > 0) throw new Error(`${waiting[0]?.id} is held for ever`);
  }
}

type Fleet = DnsScene['fleet'];

const nameOf = (fleet: Fleet, group: string): string =>
  fleet.groups.get(group)?.tags.get('etcd-autopilot:dns-name') ?? '';

const namesOf = (fleet: Fleet): readonly string[] => [
  ...new Set([...fleet.groups.keys()].map((group) => nameOf(fleet, group)).filter((name) => name !== '')),
];
