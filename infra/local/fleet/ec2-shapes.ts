import { otherAddressesOf } from './addresses.ts';
import type { Instance } from './model.ts';
import { timeText, type Xml } from './wire.ts';

const STATE_CODES = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;
const OK = { status: 'ok', details: [{ name: 'reachability', status: 'passed' }] };

/** By its launch template, or because it was interrupted as only spot instances are. */
export function isSpot(instance: Instance): boolean {
  return instance.template.market === 'spot' || instance.notice?.kind === 'interruption';
}

export function spotRequestId(instance: Instance): string {
  return `sir-${instance.id.slice(-8)}`;
}

/** Where the request of a spot instance stands. */
export function spotStatusOf(instance: Instance): {
  readonly code: string;
  readonly state: 'active' | 'closed';
} {
  const isMarked = instance.notice?.kind === 'interruption';
  if (instance.ec2State === 'terminated' || instance.ec2State === 'shutting-down') {
    return {
      code: isMarked ? 'instance-terminated-no-capacity' : 'instance-terminated-by-user',
      state: 'closed',
    };
  }
  return { code: isMarked ? 'marked-for-termination' : 'fulfilled', state: 'active' };
}

export function spotRequestXml(instance: Instance): Xml {
  const { code, state } = spotStatusOf(instance);
  return {
    spotInstanceRequestId: spotRequestId(instance),
    instanceId: instance.id,
    type: 'one-time',
    state,
    status: { code, message: code, updateTime: timeText(instance.notice?.sinceMs ?? instance.launchedAtMs) },
    createTime: timeText(instance.launchedAtMs),
    launchedAvailabilityZone: instance.place.zone,
    productDescription: 'Linux/UNIX',
    instanceInterruptionBehavior: 'terminate',
  };
}

export function statusXml(instance: Instance): Xml {
  const { notice } = instance;
  const event = notice?.kind === 'retirement' ? [retirementXml(instance, notice.atMs)] : null;
  return {
    instanceId: instance.id,
    availabilityZone: instance.place.zone,
    eventsSet: event,
    instanceState: stateXml(instance),
    systemStatus: OK,
    instanceStatus: OK,
  };
}

function retirementXml(instance: Instance, atMs: number): Xml {
  return {
    instanceEventId: `instance-event-${instance.id.slice(2)}`,
    code: 'instance-retirement',
    description: 'The instance is running on degraded hardware',
    notBefore: timeText(atMs),
  };
}

export function stateXml(instance: Instance): Xml {
  return { code: STATE_CODES[instance.ec2State], name: instance.ec2State };
}

export function reservationXml(instance: Instance): Xml {
  return {
    reservationId: `r-${instance.id.slice(2)}`,
    ownerId: '000000000000',
    groupSet: [],
    instancesSet: [instanceXml(instance)],
  };
}

/** A terminated instance keeps id and tags and loses its addresses. */
function instanceXml(instance: Instance): Xml {
  const gone = instance.ec2State === 'terminated';
  const { publicIp, ipv6 } = otherAddressesOf(instance);
  return {
    instanceId: instance.id,
    imageId: instance.template.imageId,
    instanceState: stateXml(instance),
    privateDnsName: gone ? '' : `${instance.id}.ec2.internal`,
    dnsName: '',
    reason: gone ? 'User initiated' : '',
    instanceType: instance.template.instanceType,
    ...(isSpot(instance)
      ? { instanceLifecycle: 'spot', spotInstanceRequestId: spotRequestId(instance) }
      : {}),
    launchTime: timeText(instance.launchedAtMs),
    placement: { availabilityZone: instance.place.zone, tenancy: 'default' },
    monitoring: { state: 'disabled' },
    subnetId: gone ? null : instance.place.subnetId || null,
    vpcId: gone ? null : instance.place.vpcId || null,
    privateIpAddress: gone ? null : instance.address,
    ipAddress: gone ? null : publicIp,
    ipv6Address: gone ? null : ipv6,
    architecture: 'x86_64',
    rootDeviceType: 'ebs',
    virtualizationType: 'hvm',
    tagSet: instance.tags.map(({ key, value }) => ({ key, value })),
    hypervisor: 'xen',
    networkInterfaceSet: gone
      ? []
      : [
          {
            networkInterfaceId: `eni-${instance.id.slice(2)}`,
            status: 'in-use',
            privateIpAddress: instance.address,
            ipv6AddressesSet: [{ ipv6Address: ipv6, isPrimaryIpv6: false }],
            association: publicIp === null ? null : { publicIp, ipOwnerId: 'amazon' },
          },
        ],
  };
}
