import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { Instance } from '@aws-sdk/client-ec2';
import { DAWN_MS } from './virtual-time.ts';

export const CLUSTER = 'core';
export const ZONE_ID = 'Z0STORM0000000000000';
export const ZONE_NAME = 'example.com';
export const MEMBERS = 3;

/** One worker of the crowd, as Auto Scaling and EC2 tell of it. */
export interface Worker {
  readonly id: string;
  readonly group: string;
  readonly zone: string;
  readonly ip: string;
  lifecycle: 'Pending' | 'Pending:Wait' | 'InService' | 'Terminating:Wait' | 'Terminating:Proceed' | 'Gone';
  /** When Auto Scaling had it in service; `null`: not yet. */
  inServiceAtMs: number | null;
  /** When the group began to end it; `null`: it did not. */
  leavingAtMs: number | null;
  /** The terminate hooks that it waits in, and when each runs out. */
  readonly waits: Map<string, number>;
}

export interface Crowd {
  readonly workers: readonly Worker[];
  readonly members: readonly Worker[];
  readonly groups: readonly string[];
}

const ZONES = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'];
const MEMBER_GROUP = 'etcd-autopilot-core';

/** So many workers, in groups of at most a hundred: as many as one name in DNS may have addresses. */
export function crowdOf(count: number, perGroup: number): Crowd {
  const groupOf = (at: number): string => `workers-${Math.floor(at / perGroup)}`;
  const workers = Array.from({ length: count }, (_, at) => workerOf(at, groupOf(at), 'Pending', '10.1'));
  const members = Array.from({ length: MEMBERS }, (_, at) => {
    const member = workerOf(0xe7cd000 + at, MEMBER_GROUP, 'InService', '10.0');
    member.inServiceAtMs = DAWN_MS - 3_600_000;
    return member;
  });
  return { workers, members, groups: [...new Set(workers.map(({ group }) => group))] };
}

const workerOf = (at: number, group: string, lifecycle: Worker['lifecycle'], net: string): Worker => ({
  id: `i-${at.toString(16).padStart(17, '0')}`,
  group,
  zone: ZONES[at % ZONES.length] ?? '',
  ip: `${net}.${(at >> 8) & 255}.${at & 255}`,
  lifecycle,
  inServiceAtMs: null,
  leavingAtMs: null,
  waits: new Map(),
});

/** The name that the instances of a worker group answer under. */
export const nameOfGroup = (group: string): string => `${group}.${ZONE_NAME}`;

/** Every group of the cluster, or of the zone, as Auto Scaling describes it now. */
export function groupsOf({ workers, members, groups }: Crowd): readonly AutoScalingGroup[] {
  const describe = (name: string, list: readonly Worker[], tags: Readonly<Record<string, string>>) => ({
    AutoScalingGroupName: name,
    MinSize: 0,
    MaxSize: 1_000,
    DesiredCapacity: list.filter(({ leavingAtMs }) => leavingAtMs === null).length,
    DefaultCooldown: 300,
    AvailabilityZones: [...ZONES],
    HealthCheckType: 'EC2',
    CreatedTime: new Date(DAWN_MS),
    Tags: Object.entries({ cluster: CLUSTER, ...tags }).map(([key, Value]) => ({
      Key: `etcd-autopilot:${key}`,
      Value,
    })),
    Instances: list.map(({ id, lifecycle, zone }) => ({
      InstanceId: id,
      LifecycleState: lifecycle === 'Gone' ? ('Terminated' as const) : lifecycle,
      AvailabilityZone: zone,
      HealthStatus: 'Healthy',
      ProtectedFromScaleIn: false,
    })),
  });
  return [
    describe(MEMBER_GROUP, members, { role: 'member' }),
    ...groups.map((name) =>
      describe(
        name,
        workers.filter(({ group, lifecycle }) => group === name && lifecycle !== 'Gone'),
        {
          role: 'worker',
          metadata: 'instancetype=r3,role=worker',
          service: `${name}:80`,
          'dns-zone': ZONE_ID,
          'dns-name': nameOfGroup(name),
        },
      ),
    ),
  ];
}

/** What EC2 tells of one of them. */
export const hostOf = ({ id, ip, zone, lifecycle }: Worker): Instance => ({
  InstanceId: id,
  InstanceType: 'r3.large',
  State: { Name: lifecycle === 'Gone' ? 'terminated' : 'running' },
  PrivateIpAddress: ip,
  LaunchTime: new Date(DAWN_MS),
  Placement: { AvailabilityZone: zone },
});
