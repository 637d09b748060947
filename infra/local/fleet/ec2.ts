import type { Groups } from './groups.ts';
import { FleetError, type Instance } from './model.ts';
import {
  type Fields,
  list,
  number,
  page,
  record,
  text,
  textList,
  timeText,
  toXml,
  type Xml,
} from './wire.ts';

type Handler = (groups: Groups, input: Fields, reboot: (id: string) => Promise<void>) => Xml | Promise<Xml>;

const STATE_CODES = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48 } as const;

/** What fleet answers of EC2: the instances. All else is the stage's. */
const ACTIONS: Readonly<Record<string, Handler>> = {
  DescribeInstances: (groups, input) => {
    const { items, next } = page(
      chosen(groups, input),
      number(input['MaxResults'], 1000),
      text(input['NextToken']),
    );
    return { reservationSet: items.map(reservationXml), nextToken: next };
  },
  DescribeInstanceStatus: (groups, input) => {
    const shown = chosen(groups, input).filter((one) => one.ec2State === 'running');
    const ok = { status: 'ok', details: [{ name: 'reachability', status: 'passed' }] };
    return {
      instanceStatusSet: shown.map((one) => ({
        instanceId: one.id,
        availabilityZone: one.place.zone,
        instanceState: stateXml(one),
        systemStatus: ok,
        instanceStatus: ok,
      })),
    };
  },
  TerminateInstances: (groups, input) => ({
    instancesSet: chosen(groups, input).map((one) => {
      const previousState = stateXml(one);
      void groups.lifecycle.endMachine(one, true);
      return { instanceId: one.id, previousState, currentState: stateXml(one) };
    }),
  }),
  RebootInstances: async (groups, input, reboot) => {
    await Promise.all(chosen(groups, input).map((one) => reboot(one.id)));
    return { return: true };
  },
};

export function isFleetsEc2Action(action: string): boolean {
  return ACTIONS[action] !== undefined;
}

export async function answerEc2(
  groups: Groups,
  input: Fields,
  reboot: (id: string) => Promise<void>,
): Promise<string> {
  const action = text(input['Action']);
  const handler = ACTIONS[action];
  if (handler === undefined)
    throw new FleetError('InvalidAction', `The action ${action} is not valid for this web service.`);
  const body = toXml(await handler(groups, input, reboot), 'item');
  return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>local</requestId>${body}</${action}Response>`;
}

/** The instances that ids and filters name. An unknown id fails the whole call, as on the platform. */
function chosen(groups: Groups, input: Fields): readonly Instance[] {
  const ids = textList(input['InstanceId']);
  const all = groups.instances();
  const unknown = ids.filter((id) => !all.some((one) => one.id === id));
  if (unknown.length > 0) {
    const words = unknown.length === 1 ? `ID '${unknown.join()}' does` : `IDs '${unknown.join(', ')}' do`;
    throw new FleetError('InvalidInstanceID.NotFound', `The instance ${words} not exist`);
  }
  const filters = list(input['Filter']).map(record);
  return all
    .filter((one) => ids.length === 0 || ids.includes(one.id))
    .filter((one) => filters.every((filter) => passes(one, filter)));
}

function passes(instance: Instance, filter: Readonly<Record<string, unknown>>): boolean {
  const name = text(filter['Name']);
  const values = textList(filter['Value']);
  const columns: Readonly<Record<string, string>> = {
    'instance-id': instance.id,
    'instance-state-name': instance.ec2State,
    'private-ip-address': instance.address,
    'availability-zone': instance.place.zone,
    'subnet-id': instance.place.subnetId,
    'vpc-id': instance.place.vpcId,
  };
  if (name.startsWith('tag:')) {
    return instance.tags.some((tag) => `tag:${tag.key}` === name && values.includes(tag.value));
  }
  if (name === 'tag-key') return instance.tags.some((tag) => values.includes(tag.key));
  const column = columns[name];
  if (column === undefined) throw new FleetError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return values.includes(column);
}

function stateXml(instance: Instance): Xml {
  return { code: STATE_CODES[instance.ec2State], name: instance.ec2State };
}

function reservationXml(instance: Instance): Xml {
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
  return {
    instanceId: instance.id,
    imageId: instance.template.imageId,
    instanceState: stateXml(instance),
    privateDnsName: gone ? '' : `${instance.id}.ec2.internal`,
    dnsName: '',
    reason: gone ? 'User initiated' : '',
    instanceType: instance.template.instanceType,
    launchTime: timeText(instance.launchedAtMs),
    placement: { availabilityZone: instance.place.zone, tenancy: 'default' },
    monitoring: { state: 'disabled' },
    subnetId: gone ? null : instance.place.subnetId || null,
    vpcId: gone ? null : instance.place.vpcId || null,
    privateIpAddress: gone ? null : instance.address,
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
          },
        ],
  };
}
