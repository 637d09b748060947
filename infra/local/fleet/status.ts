import type { Zone } from '../dns/zones.ts';
import { type Cluster, clusterOf, clustersOf, type ParameterPort, roleOf } from './clusters.ts';
import { type Faults, type FaultView, viewOf } from './faults/register.ts';
import type { Groups } from './groups.ts';
import type { EtcdState, Machines } from './machines.ts';
import type { Group, Instance, PendingAction } from './model.ts';
import { timeText } from './wire.ts';

/** What `/_fleet/instances` says of one instance. */
export interface InstanceView {
  readonly id: string;
  readonly group: string;
  readonly address: string;
  readonly zone: string;
  readonly state: string;
  readonly ec2State: string;
  readonly health: string;
  readonly templateVersion: string;
  /** Process group of the machine; null when it is off. */
  readonly pid: number | null;
  readonly root: string;
  readonly etcd: EtcdState;
  /** What EC2 has announced. */
  readonly notice: { readonly kind: string; readonly at: string } | null;
  readonly hooks: readonly HookView[];
}

export interface HookView {
  readonly name: string;
  readonly since: string;
  /** When the group goes on by itself, unless there is a heartbeat. */
  readonly deadline: string;
}

/** Where the zones are asked for, and what is served of them. */
export interface DnsView {
  readonly address: string;
  readonly ports: readonly number[];
  readonly zones: readonly {
    readonly id: string;
    readonly name: string;
    readonly isPrivate: boolean;
    readonly recordCount: number;
  }[];
}

export interface GroupView {
  readonly name: string;
  readonly cluster: string | null;
  readonly role: string | null;
  readonly desired: number;
  readonly suspended: readonly string[];
  readonly instances: readonly InstanceView[];
}

/** What `/_fleet/status` says of the whole region. */
export interface RegionStatus {
  readonly endpoint: string;
  readonly region: string;
  readonly groups: readonly GroupView[];
  readonly clusters: readonly Cluster[];
  readonly faults: readonly FaultView[];
  readonly dns: DnsView;
}

interface Region {
  readonly endpoint: string;
  readonly region: string;
  readonly groups: Groups;
  readonly machines: Machines;
  readonly faults: Faults;
  readonly stage: ParameterPort;
  readonly dns: NameService;
}

/** The name server of the region. */
export interface NameService {
  readonly address: string;
  readonly ports: readonly number[];
  readonly zones: () => Promise<readonly Zone[]>;
}

export async function statusOf(context: Region): Promise<RegionStatus> {
  const { endpoint, region, groups, stage, faults } = context;
  return {
    endpoint,
    region,
    groups: groups.all().map((group) => groupView(context, group)),
    clusters: await clustersOf(groups, stage),
    faults: faults.inForce().map(viewOf),
    dns: await dnsView(context.dns),
  };
}

async function dnsView({ address, ports, zones }: NameService): Promise<DnsView> {
  const served = (await zones()).map(({ id, name, isPrivate, records }) => ({
    id,
    name,
    isPrivate,
    recordCount: records.length,
  }));
  return { address, ports, zones: served };
}

export function instanceView({ machines }: Pick<Region, 'machines'>, instance: Instance): InstanceView {
  const { id, notice } = instance;
  return {
    id,
    group: instance.groupName,
    address: instance.address,
    zone: instance.place.zone,
    state: instance.state,
    ec2State: instance.ec2State,
    health: instance.health,
    templateVersion: instance.template.version,
    pid: machines.pidOf(id),
    root: machines.rootOf(id),
    etcd: machines.etcdOf(id),
    notice: notice === null ? null : { kind: notice.kind, at: timeText(notice.atMs) },
    hooks: instance.actions.map(hookView),
  };
}

function groupView(context: Region, group: Group): GroupView {
  return {
    name: group.name,
    cluster: clusterOf(group),
    role: roleOf(group),
    desired: group.desired,
    suspended: [...group.suspended].sort(),
    instances: group.instances.map((one) => instanceView(context, one)),
  };
}

function hookView({ hook, sinceMs, deadlineMs }: PendingAction): HookView {
  return { name: hook.name, since: timeText(sinceMs), deadline: timeText(deadlineMs) };
}
