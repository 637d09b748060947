import type { EC2Client, Instance as Ec2Instance } from '@aws-sdk/client-ec2';
import type { InstanceId } from '../core/identity.ts';
import type { Machine, MachinePort } from '../core/ports.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';
import { present } from './aws-errors.ts';
import { listEndings } from './ec2-endings.ts';
import { DESCRIBE, describeInstances, stateOf } from './ec2-instances.ts';

/** A cluster has a handful: one answer stays one page. */
const IDS_PER_CALL = 100;

/**
 * An id that cannot be one of EC2's is not asked for and not in the answer: nothing
 * is known of it, and it must not spoil the answer about the others.
 */
export function createMachinePort(client: EC2Client, onCall?: OnCall): MachinePort {
  const call = createCall(onCall);
  return {
    describe: async (ids) => {
      const answers = await describeInstances(client, call, ids, IDS_PER_CALL);
      const machines = [...answers].map(([id, answer]): [InstanceId, Machine] => [
        id,
        answer === 'notFound' ? { kind: 'notFound' } : toMachine(answer),
      ]);
      return new Map(machines);
    },
    endings: (ids) => listEndings(client, call, ids),
  };
}

const toMachine = (instance: Ec2Instance): Machine => ({
  kind: 'known',
  state: stateOf(instance),
  privateIp: instance.PrivateIpAddress ?? null,
  launchedAtMs: present(instance.LaunchTime, DESCRIBE, 'the launch time of an instance').getTime(),
  zone: present(instance.Placement?.AvailabilityZone, DESCRIBE, 'the zone of an instance'),
});
