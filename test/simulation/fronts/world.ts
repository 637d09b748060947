import { encodeClaim } from '../../../functions/core/claim.ts';
import { configFromProperties, encodeConfig } from '../../../functions/core/config.ts';
import { clusterPath, PARAMETER, TAG, WORKER_HOOK } from '../../../functions/core/names.ts';
import type { Clock, ParameterPort } from '../../../functions/core/ports.ts';
import type { Random } from '../history/random.ts';
import { FakeZone } from './fake-zone.ts';
import { FrontsFleet, type GroupWish } from './fleet.ts';
import { Functions } from './functions.ts';
import { behind } from './gate.ts';
import { FrontsJudge } from './judge.ts';
import { FakeKeys } from './keys.ts';
import type { FunctionName, Life, Trouble } from './life.ts';
import { Mail, type MailFate } from './mail.ts';

export const CLUSTER = 'core';
export const ZONE = 'Z0123456789ABC';
export const ZONE_NAME = 'example.com';
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const MEMBERS = 'members';
const NO_TROUBLE: Trouble = { throttled: 0, unanswered: 0, killedAt: null };

/** A cluster, a hosted zone, groups of workers, and the two functions that publish them, behind their queues. */
export class FrontsWorld {
  readonly random: Random;
  readonly fleet = new FrontsFleet(START_MS);
  readonly zone = new FakeZone(ZONE, ZONE_NAME, () => this.fleet.nowMs);
  readonly keys: FakeKeys;
  readonly parameters = new Map<string, string>();
  readonly judge: FrontsJudge;
  readonly functions: Functions;
  readonly mail: Readonly<Record<FunctionName, Mail>>;
  /** What happens to events on their way. */
  mailFate: MailFate = { lost: 0, doubled: 0, lateSeconds: 0 };
  /** Draws what goes wrong with the next invocation. */
  drawTrouble: () => Trouble = () => NO_TROUBLE;
  /** Calls that are denied, and until when. */
  readonly denied = new Map<string, number>();
  /** How far the clocks of functions are ahead. */
  skewMs = 0;
  /** Until when no tick of the schedule comes. */
  scheduleRestsUntilMs = 0;
  /** Until when a group is left out of lists. */
  hiddenUntilMs = 0;
  effectCount = 0;
  readonly lines: string[] = [];
  tells = false;

  constructor(random: Random) {
    this.random = random;
    this.mail = { dns: new Mail(random), registry: new Mail(random) };
    this.fleet.addGroup({ name: MEMBERS, role: 'member', desired: 3 });
    this.fleet.tick(10);
    const members = this.fleet.of(MEMBERS);
    const founders = Object.fromEntries(members.map(({ id, n }) => [id, `http://10.0.0.${n}:2380`]));
    this.keys = new FakeKeys(founders);
    this.keys.members = Object.values(founders).map((url) => url.replace(':2380', ':2379'));
    this.configure({});
    const { token } = this.keys;
    const claim = { number: 1, token, members: founders, claimedAt: '2026-01-01T00:00:00Z', clusterId: null };
    this.parameters.set(this.path(PARAMETER.bootstrap), encodeClaim(claim));
    this.judge = new FrontsJudge(this);
    this.functions = new Functions(this);
    this.fleet.onEvent = (group) => this.#announce(group);
  }

  path = (name: string): string => `${clusterPath(CLUSTER)}${name}`;

  configure(config: object): void {
    const parsed = configFromProperties(config, 'stack');
    if (!parsed.ok) throw new Error(parsed.problems.join('; '));
    this.parameters.set(this.path(PARAMETER.config), encodeConfig(parsed.config));
  }

  addGroup(name: string, desired: number, tags: Readonly<Record<string, string>>): void {
    const hooks = [WORKER_HOOK.dns, WORKER_HOOK.registry];
    const wish: GroupWish = { name, desired, hooks, heartbeatSeconds: 600, tags };
    this.fleet.addGroup({ ...wish, tags: { [TAG.dnsZone]: ZONE, ...tags } });
  }

  tell(words: string): void {
    if (this.tells) this.lines.push(`${((this.fleet.nowMs - START_MS) / 1_000).toFixed(0)} s: ${words}`);
  }

  hide(group: string, seconds: number): void {
    this.fleet.hidden.add(group);
    this.hiddenUntilMs = this.fleet.nowMs + seconds * 1_000;
  }

  /** Time passes, and the functions work on what comes. */
  async pass(seconds: number, onSecond: () => void = () => undefined): Promise<void> {
    const untilMs = this.fleet.nowMs + seconds * 1_000;
    while (this.fleet.nowMs < untilMs) {
      await this.second();
      onSecond();
    }
  }

  /** One second, also while a function waits: the other one goes on. */
  async second(): Promise<void> {
    this.fleet.tick();
    this.judge.judgeHolds();
    if (this.fleet.nowMs >= this.hiddenUntilMs) this.fleet.hidden.clear();
    const second = Math.round((this.fleet.nowMs - START_MS) / 1_000);
    if (second % 10 === 0) this.judge.judgeDead();
    if (second % 60 === 0 && this.fleet.nowMs >= this.scheduleRestsUntilMs) this.#schedule(second);
    await this.functions.serve();
  }

  #schedule(second: number): void {
    const body = (from: string) =>
      JSON.stringify({
        etcdAutopilot: 1,
        request: 'look',
        cluster: CLUSTER,
        zone: ZONE,
        from,
        nonce: `${second}`,
      });
    for (const mail of Object.values(this.mail)) mail.send(body('schedule'), this.fleet.nowMs);
  }

  #announce(group: string): void {
    const detail = { AutoScalingGroupName: group };
    const body = JSON.stringify({
      source: 'aws.autoscaling',
      'detail-type': 'EC2 Instance-terminate Lifecycle Action',
      detail,
    });
    this.mail.registry.send(body, this.fleet.nowMs, this.mailFate);
    if (group !== MEMBERS) this.mail.dns.send(body, this.fleet.nowMs, this.mailFate);
  }

  /** The world as one invocation sees it. */
  portsFor(life: Life) {
    const through = <T extends object>(port: T, name: string): T =>
      behind(port, name, (call, given) => life.send(call, given));
    const clock: Clock = {
      nowMs: () => this.fleet.nowMs + this.skewMs,
      sleep: async (ms) => {
        for (let waited = 0; waited < ms; waited += 1_000) await this.second();
      },
    };
    return {
      joined: through(this.fleet.joined, 'joined'),
      hosts: through(this.fleet.hosts, 'hosts'),
      notices: this.fleet.notices,
      parameters: through(this.#parameters, 'parameters'),
      secrets: { read: async () => new Map() },
      zones: through(this.zone.port, 'zones'),
      openEtcd: () => through(this.keys.port, 'etcd'),
      clock,
    };
  }

  readonly #parameters: ParameterPort = {
    readAll: async (path) => {
      const under = [...this.parameters].filter(([name]) => name.startsWith(path));
      return new Map(under.map(([name, value]) => [name.slice(path.length), value]));
    },
    create: async () => {
      throw new Error('neither function creates parameters');
    },
    write: async (name, value) => {
      if (Buffer.byteLength(value) > 4_096) throw new Error(`${name} would not fit`);
      this.parameters.set(name, value);
    },
    remove: async (names) => {
      for (const name of names) this.parameters.delete(name);
    },
  };
}
