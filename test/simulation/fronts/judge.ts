import type { RecordSet } from '../../../functions/core/dns/zone-port.ts';
import { parseJoinedGroup } from '../../../functions/core/joined.ts';
import { INSTANCE_ID, KEY, TAG, WORKER_HOOK } from '../../../functions/core/names.ts';
import type { HookOfInstance } from '../../../functions/core/ports.ts';
import { nameIn } from '../../../functions/core/registry/keys.ts';
import type { FrontInstance } from './fleet.ts';
import type { Call } from './gate.ts';
import type { Commit } from './keys.ts';
import type { FunctionName } from './life.ts';
import type { FrontsWorld } from './world.ts';

const HOLD_MAX_MS = 15 * 60_000;
/** Beyond the longest hold: the schedule that comes by the minute, and outages on the way. */
const HELD_MS_MAX = HOLD_MAX_MS + 7 * 60_000;

/** One schedule, a rest and a pass that waits for a drain. */
const DEAD_MS_MAX = 110_000;

/** What one function was told last: it cannot know more. */
interface Sight {
  /** Names of services and of records that a group with instances wanted was listed with. */
  wanted: ReadonlySet<string>;
  alive: ReadonlySet<string>;
}

/** Holds every effect of both functions against the rules, as it happens. */
export class FrontsJudge {
  readonly violations: string[] = [];
  judgedCount = 0;
  /** Records and keys of somebody else. */
  readonly foreignRecords = new Map<string, RecordSet>();
  readonly foreignKeys = new Map<string, string>();
  /** How long the cluster was frozen until now, and since when it is. */
  frozenMs = 0;
  readonly #world: FrontsWorld;
  readonly #sights: Record<FunctionName, Sight> = {
    dns: { wanted: new Set(), alive: new Set() },
    registry: { wanted: new Set(), alive: new Set() },
  };
  readonly #removedAtMs = new Map<string, number>();
  readonly #held = new Set<string>();
  #answered: ReadonlySet<string> = new Set();

  constructor(world: FrontsWorld) {
    this.#world = world;
    world.keys.onCommit = (commit) => this.#judgeCommit(commit);
    world.zone.onBatch = (changes) => {
      for (const { action, record } of changes) if (action === 'DELETE') this.#judgeWithdrawal(record);
      this.#answered = new Set(this.names.filter((name) => this.#livesIn(name)));
    };
    world.zone.onTaken = () => this.#judgeZone();
    world.fleet.onComplete = (hook) => this.#judgeRelease(hook);
  }

  blame(words: string): void {
    this.violations.push(
      `${((this.#world.fleet.nowMs - Date.parse('2026-01-01T00:00:00Z')) / 1_000).toFixed(0)} s: ${words}`,
    );
    this.#world.tell(`VIOLATION ${words}`);
  }

  /** Before a call: who finishes what is his own. */
  hear(name: FunctionName, call: Call, given: readonly unknown[]): void {
    if (this.#world.tells && /complete|commit|change$|write|remove/.test(call.name))
      this.#world.tell(`${name} ${call.name} ${JSON.stringify(given)}`);
    if (call.name !== 'joined.complete' && call.name !== 'joined.heartbeat') return;
    if (!JSON.stringify(given[0]).includes(`"${WORKER_HOOK[name]}"`))
      this.blame(`${name} answers a hook that is not its own: ${JSON.stringify(given[0])}`);
  }

  /** After a call: what it was told. */
  note(name: FunctionName, call: Call, _answer: unknown): void {
    const { fleet } = this.#world;
    if (call.name === 'hosts.describeHosts')
      this.#sights[name].alive = new Set(fleet.instances.filter(isRunning).map(({ id }) => id));
    if (call.name === 'joined.listByCluster' || call.name === 'joined.listByZone')
      this.#sights[name].wanted = this.#wantedNow();
  }

  #wantedNow(): ReadonlySet<string> {
    const { groups, hidden } = this.#world.fleet;
    const wanted = new Set<string>();
    for (const [name, { tags, desired, deleting, wish }] of groups) {
      if (desired === 0 || deleting || hidden.has(name)) continue;
      const group = { name, desiredCapacity: desired, deleting, tags, hasWarmPool: false, instances: [] };
      const { services, front } = parseJoinedGroup(group);
      for (const service of services) wanted.add(service.name);
      if (front !== null && wish.role !== 'member') wanted.add(front.name);
    }
    return wanted;
  }

  #judgeCommit({ before, changes }: Commit): void {
    this.judgedCount += 1;
    const { fleet } = this.#world;
    const { alive, wanted } = this.#sights.registry;
    const after = new Map(before);
    for (const { key, value } of changes) {
      const named = nameIn(key);
      if (named.kind === 'other' || this.foreignKeys.has(key))
        this.blame(`${key} is not ours and was changed`);
      if (value === null) after.delete(key);
      else after.set(key, value);
      if (named.kind !== 'machine' || value !== null) continue;
      const instance = fleet.instances.find(({ id }) => id === named.id);
      if (instance?.lifecycle === 'InService' && isRunning(instance))
        this.blame(`${key} was deleted although it is in service`);
    }
    const living = (values: ReadonlyMap<string, string>) =>
      new Set(
        [...values.keys()].flatMap((key) => {
          const named = nameIn(key);
          return named.kind === 'service' && alive.has(named.id) && !this.foreignKeys.has(key)
            ? [named.service]
            : [];
        }),
      );
    const left = living(after);
    for (const service of living(before))
      if (wanted.has(service) && !left.has(service)) this.blame(`/services/${service}/ was emptied (R6)`);
    this.#noteRemovals(before, after);
  }

  #noteRemovals(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): void {
    for (const key of before.keys()) {
      const named = nameIn(key);
      if (named.kind === 'service' && !after.has(key))
        this.#removedAtMs.set(named.id, this.#world.fleet.nowMs);
    }
  }

  get names(): readonly string[] {
    const all = [...this.#world.fleet.groups.values()].map(({ tags }) => tags.get(TAG.dnsName));
    return [...new Set(all.flatMap((name) => name ?? []))];
  }

  /** Whether a name leads to an instance that runs, as far as dns knows. */
  #livesIn(name: string): boolean {
    const { alive } = this.#sights.dns;
    return this.#world.zone.at(name).some(({ setIdentifier }) => alive.has(setIdentifier ?? ''));
  }

  /** Whoever serves is not taken out, whatever a list leaves out. */
  #judgeWithdrawal({ setIdentifier, name }: RecordSet): void {
    const { fleet, parameters, path } = this.#world;
    const instance = fleet.instances.find(({ id }) => id === setIdentifier);
    if (instance === undefined || parameters.has(path('teardown'))) return;
    const { lifecycle, health, group } = instance;
    if (lifecycle !== 'InService' || health !== 'Healthy' || !isRunning(instance)) return;
    if (fleet.groups.get(group)?.deleting === false)
      this.blame(`${name} was taken from ${instance.id}, which serves`);
  }

  #judgeZone(): void {
    this.judgedCount += 1;
    for (const [key, record] of this.foreignRecords)
      if (this.#world.zone.records.get(key) !== record) this.blame(`${key} is not ours and was changed`);
    for (const name of this.#answered)
      if (this.#sights.dns.wanted.has(name) && !this.#livesIn(name)) this.blame(`${name} was emptied (R6)`);
  }

  #judgeRelease(hook: HookOfInstance): void {
    this.judgedCount += 1;
    const { fleet, zone, keys, skewMs, parameters, path } = this.#world;
    const instance = fleet.instance(hook.instanceId);
    const heldMs = fleet.nowMs + skewMs - (instance.terminatingSinceMs ?? fleet.nowMs);
    const isGone = parameters.has(path('teardown')) || !parameters.has(path('config'));
    if (heldMs >= HOLD_MAX_MS || isGone || this.hasSkew) return;
    if (hook.hookName === WORKER_HOOK.dns) {
      // A zone that is not there answers nobody.
      if (zone.zone !== 'unknown' && !this.edited.has(instance.id) && zone.mayBeAnswered(instance.id))
        this.blame(`${instance.id} was let go while a resolver may know it`);
      return;
    }
    if (!isRunning(instance)) return;
    for (const key of keys.values.keys()) {
      const named = nameIn(key);
      if ((named.kind === 'machine' || named.kind === 'service') && named.id === instance.id)
        this.blame(`${instance.id} was let go while ${key} stands`);
    }
    const removedAtMs = this.#removedAtMs.get(instance.id);
    const drainMs = Number(fleet.group(instance.group).tags.get(TAG.drainSeconds) ?? 15) * 1_000;
    if (removedAtMs !== undefined && fleet.nowMs - removedAtMs < drainMs && !this.excused.has(instance.id))
      this.blame(`${instance.id} was let go ${(fleet.nowMs - removedAtMs) / 1_000} s after its services`);
  }

  /** Instances whose drain nobody can count any more, for somebody edited what it is counted by. */
  readonly excused = new Set<string>();
  /** Instances whose records somebody edited by hand. */
  readonly edited = new Set<string>();
  /** Clocks of functions moved: what they count is not what passed. */
  hasSkew = false;

  /** Nothing keeps functions from their work but events that do not come. */
  isCalmWeather = false;

  /** Nobody is sent to the dead for longer than one schedule and its pass, while somebody else is there. */
  judgeDead(): void {
    if (!this.isCalmWeather) return;
    const { fleet, keys, zone } = this.#world;
    for (const { id, group, diedAtMs, lifecycle } of fleet.instances) {
      const isLong = diedAtMs !== null && fleet.nowMs - diedAtMs > DEAD_MS_MAX;
      if (!isLong || lifecycle === 'Terminated' || this.#held.has(id)) continue;
      const others = fleet.inService(group).filter((one) => isRunning(one) && one.health === 'Healthy');
      if (!others.some(({ sinceMs }) => fleet.nowMs - sinceMs > DEAD_MS_MAX)) continue;
      const key = [...keys.values.keys()].find((one) => one.includes(id) && !one.startsWith(KEY.leaving));
      const record = [...zone.records.values()].find(({ setIdentifier }) => setIdentifier === id);
      if (key === undefined && record === undefined) continue;
      this.#held.add(id);
      this.blame(`${id} is dead for ${DEAD_MS_MAX / 1_000} s and ${key ?? record?.name} still leads to it`);
    }
  }

  /** Nobody waits in a hook of ours for ever. */
  judgeHolds(): void {
    const { fleet } = this.#world;
    for (const { id, lifecycle, pending, terminatingSinceMs } of fleet.instances) {
      if (lifecycle !== 'Terminating:Wait' || pending.size === 0 || this.#held.has(id)) continue;
      if (fleet.nowMs - (terminatingSinceMs ?? fleet.nowMs) < HELD_MS_MAX + this.frozenMs) continue;
      this.#held.add(id);
      this.blame(`${id} is held for ever in ${[...pending.keys()].join(' and ')}`);
    }
  }
}

export const isRunning = ({ isAlive, lifecycle }: FrontInstance): boolean =>
  isAlive && lifecycle !== 'Terminated';

export const isOurs = ({ setIdentifier }: RecordSet): boolean => INSTANCE_ID.test(setIdentifier ?? '');
