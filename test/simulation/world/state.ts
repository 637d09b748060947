import type { Secret } from '../../../functions/core/access.ts';
import { isRecord } from '../../../functions/core/json.ts';
import type { OutgoingEvent } from '../../../functions/core/outgoing-event.ts';
import type { Machine, ScalingGroup } from '../../../functions/core/ports.ts';
import type { StackSignal } from '../../../functions/core/stack-port.ts';
import { type FakeEtcd, FakeEtcdWorld } from '../etcd/fake-etcd.ts';
import { Backups } from './backups.ts';
import { Bucket } from './bucket.ts';
import type { GroupProcess, TerminationPolicy } from './group.ts';
import { Hooks } from './hooks.ts';
import type { FakeInstance } from './instance.ts';
import { Mail } from './mail.ts';
import { CLUSTER, PATH } from './place.ts';
import { Refresh } from './refresh.ts';
import { Replicas } from './replica.ts';
import { Shelf } from './shelf.ts';
import { Swaps } from './swaps.ts';
import { Termination } from './termination.ts';
import { noTimes, type Times } from './times.ts';
import { Zones } from './zones.ts';

export { CLUSTER, PATH } from './place.ts';

/** What becomes of a call; `null`: nothing happens to this one. */
export type Trouble = (call: string) => Error | null;

const GRACE_SECONDS = {
  bootstrap: 300,
  unstarted: 300,
  silent: 300,
  restarting: 900,
  catchingUp: 3_600,
  replacement: 90,
};

/** What a world of one cluster holds, and how it is looked up. What happens in it is elsewhere. */
export abstract class WorldState {
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  desired: number;
  readonly instances: FakeInstance[] = [];
  readonly parameters = new Shelf();
  /** Parameters outside the cluster's path. */
  readonly secrets = new Map<string, Secret>();
  readonly tags = new Map([
    ['etcd-autopilot:cluster', CLUSTER],
    ['etcd-autopilot:role', 'member'],
  ]);
  readonly etcd = new FakeEtcdWorld(() => this.nowMs);
  readonly events: OutgoingEvent[] = [];
  readonly heartbeats: string[] = [];
  readonly effects: string[] = [];
  readonly looks: string[] = [];
  groupName = 'etcd-autopilot-core';
  groupCount = 1;
  /** The group is being deleted, and says so. */
  deleting = false;
  /** Further groups with the cluster's tag, for example of workers. */
  readonly otherGroups: ScalingGroup[] = [];
  /** CloudFormation is deleting the group. */
  stackDeletes = false;
  /** Its stack waits for a signal of every instance that it has the group launch. */
  stackWaits = false;
  /** What the stack was told of instances, in this order. */
  readonly signals: StackSignal[] = [];
  /** Instances that Auto Scaling can give at all. */
  capacity = Number.POSITIVE_INFINITY;
  /** Instances that the group's list leaves out, that EC2 does not know, or gives no address of. */
  readonly hidden = new Set<string>();
  readonly forgotten = new Set<string>();
  readonly addressless = new Set<string>();
  /** The group's maintenance policy: an unhealthy instance stays until its replacement is in service. */
  launchesFirst = false;
  /** Addresses of the next instances, for example those of dead ones. */
  readonly addresses: string[] = [];
  /** Whether the next instances are able to start etcd. */
  imageBoots = true;
  /** Tickets that were given to found a cluster, by name. */
  readonly foundingTickets = new Set<string>();
  /** Told to the rules: leadership cannot be moved; members of nobody may be removed. */
  transfersFail = false;
  mayRemoveStrangers = false;
  /** The function dies right after this many effects. */
  killAfter = Number.POSITIVE_INFINITY;
  /** The function dies right after the next effect of such a name. */
  killOn: RegExp | null = null;
  /** The reply to the effect of this number is lost. */
  loseAfter = Number.POSITIVE_INFINITY;
  /** Makes a call fail: by `port.method`, by method or by port; `null`: this one does not fail. */
  readonly failing = new Map<string, () => Error | null>();
  /** As `failing`, of whatever calls they choose: several may last at a time. */
  readonly troubles = new Set<Trouble>();
  /** Called before every call of a port, as `port.method`. */
  interfere: (call: string) => void = () => undefined;
  /** The platform's own ways: all at once and in order, unless a story or a fault says otherwise. */
  times: Times = noTimes();
  readonly hooks = new Hooks();
  readonly zones = new Zones();
  readonly swaps = new Swaps();
  readonly refresh = new Refresh();
  readonly mail = new Mail();
  readonly bucket = new Bucket();
  readonly backups = new Backups();
  readonly replicas = new Replicas<
    readonly ScalingGroup[],
    ReadonlyMap<string, Machine>,
    ReadonlyMap<string, string>
  >();
  readonly suspended = new Set<GroupProcess>();
  policy: TerminationPolicy = 'OldestInstance';
  /** The autopilot's own policy, where the group names it first. */
  readonly termination = new Termination();
  /** Instances that the warm pool holds, and whether scale-in gives some back to it. */
  poolSize = 0;
  poolTakesBack = false;
  /** The cluster may lose its majority for good: faults do not ask whether it gets over them. */
  mayLoseQuorum = false;
  /** An operator asked for the cluster to be recovered, and chose how. */
  operatorRecovers = false;
  /** Machines that somebody ends as soon as the cluster gets over it. */
  readonly doomed = new Set<string>();
  /** The clock of the function is off by so much. */
  skewMs = 0;
  /** How long a function may run before it is ended. */
  lifeSeconds = Number.POSITIVE_INFINITY;
  /** Before so many calls from now, another function comes in between; 0: none does. */
  rivalInCalls = 0;
  /** The reply to the next effect of such a name is lost. */
  loseOn: RegExp | null = null;
  /** `null`: the cluster was given no TLS. */
  readonly domain: string | null;

  constructor(desired: number, config: Readonly<Record<string, unknown>> = {}) {
    this.desired = desired;
    const dns = config['dns'];
    this.domain = isRecord(dns) ? String(dns['domain']) : null;
    const size = [1, 3, 5, 7].includes(desired) ? desired : 3;
    const scheme = this.domain === null ? 'http' : 'https';
    const base = { version: 1, size, scheme, clientPort: 2379, peerPort: 2380, graceSeconds: GRACE_SECONDS };
    const rest = { removeForeign: false, frozen: false, recovery: 'manual', stackId: 'stack' };
    this.parameters.set(`${PATH}config`, JSON.stringify({ ...base, ...rest, ...config }));
  }

  instance(id: string): FakeInstance {
    const found = this.instances.find((instance) => instance.id === id);
    if (found === undefined) throw new Error(`no instance ${id}`);
    return found;
  }

  clientUrl(instance: FakeInstance): string {
    const { domain } = this;
    instance.clientUrl ??=
      domain === null ? `http://${instance.address}:2379` : `https://${instance.id}.${domain}:2379`;
    return instance.clientUrl;
  }

  processOf(id: string): FakeEtcd {
    const found = this.etcd.processes.get(this.clientUrl(this.instance(id)));
    if (found === undefined) throw new Error(`no etcd on ${id}`);
    return found;
  }

  isLeaving(id: string): boolean {
    const found = this.instances.find((instance) => instance.id === id);
    return found === undefined || !found.listed || found.lifecycle.startsWith('Terminating');
  }

  isTearingDown(): boolean {
    return this.deleting || this.parameters.has(`${PATH}teardown`);
  }

  get leaderName(): string {
    return this.etcd.members.find(({ id }) => id === this.etcd.leaderId)?.name ?? '';
  }

  voters(): readonly string[] {
    return this.etcd.members
      .filter((member) => !member.isLearner)
      .map((member) => member.name)
      .sort();
  }

  /** What must be equal after the same story, whatever happened on the way. */
  endState(): unknown {
    const listed = this.instances.filter((instance) => instance.listed);
    return {
      voterCount: this.voters().length,
      learnerCount: this.etcd.members.length - this.voters().length,
      lifecycles: listed.map(({ lifecycle }) => lifecycle),
      names: [...this.parameters.keys()].filter((name) => !name.includes('/members/')).sort(),
      tickets: [...this.parameters.keys()].filter((name) => name.includes('/members/')).length,
      formed: this.etcd.formed.size,
      published: ['endpoints', 'peers'].map((name) => this.parameters.get(PATH + name)?.split(',').length),
      health: JSON.parse(this.parameters.get(`${PATH}status`) ?? '{}').health,
      claim: JSON.parse(this.parameters.get(`${PATH}bootstrap`) ?? '{}').number,
    };
  }
}
