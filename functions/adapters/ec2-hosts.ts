import type { EC2Client, Instance as Ec2Instance, InstanceNetworkInterface } from '@aws-sdk/client-ec2';
import type { Host, HostPort } from '../core/hosts.ts';
import type { InstanceId } from '../core/identity.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';
import { DESCRIBE, describeInstances, stateOf } from './ec2-instances.ts';

/**
 * Half of what EC2 recommends as most. A call that names ids has no pages: its answer, 5 KB an
 * instance, has to come and be read within one deadline, in the memory and processor of a small function.
 */
const IDS_PER_CALL = 500;

/** An id that cannot be one of EC2's is not asked for and not in the answer. */
export function createHostPort(client: EC2Client, onCall?: OnCall): HostPort {
  const call = createCall(onCall);
  return {
    describeHosts: async (ids) => {
      const answers = await describeInstances(client, call, ids, IDS_PER_CALL);
      const hosts = [...answers].map(([id, answer]): [InstanceId, Host | 'notFound'] => [
        id,
        answer === 'notFound' ? answer : toHost(id, answer),
      ]);
      return new Map(hosts);
    },
  };
}

const toHost = (id: InstanceId, instance: Ec2Instance): Host => ({
  id,
  state: stateOf(instance),
  privateIp: instance.PrivateIpAddress || null,
  // Empty text is what EC2 sends for an instance without one.
  publicIp: instance.PublicIpAddress || null,
  ipv6: firstIpv6(instance),
  instanceType: present(instance.InstanceType, DESCRIBE, 'the type of an instance'),
  zone: present(instance.Placement?.AvailabilityZone, DESCRIBE, 'the zone of an instance'),
  launchedAtMs: present(instance.LaunchTime, DESCRIBE, 'the launch time of an instance').getTime(),
});

/** Of the first interface: the address that EC2 keeps as the primary one, or its first. */
function firstIpv6({ NetworkInterfaces = [] }: Ec2Instance): string | null {
  const isFirst = ({ Attachment }: InstanceNetworkInterface): boolean => Attachment?.DeviceIndex === 0;
  const addresses = (NetworkInterfaces.find(isFirst) ?? NetworkInterfaces[0])?.Ipv6Addresses ?? [];
  const chosen = addresses.find(({ IsPrimaryIpv6 }) => IsPrimaryIpv6 === true) ?? addresses[0];
  return chosen?.Ipv6Address || null;
}
