import {
  isSpot,
  reservationXml,
  spotRequestId,
  spotRequestXml,
  spotStatusOf,
  stateXml,
  statusXml,
} from './ec2-shapes.ts';
import type { Groups } from './groups.ts';
import { FleetError, type Instance } from './model.ts';
import { type Fields, isTrue, list, number, page, record, text, textList, toXml, type Xml } from './wire.ts';

type Handler = (groups: Groups, input: Fields, reboot: (id: string) => Promise<void>) => Xml | Promise<Xml>;

/** What fleet answers of EC2: the instances. All else is the stage's. */
const ACTIONS: Readonly<Record<string, Handler>> = {
  DescribeInstances: (groups, input) => paged(chosen(groups, input), input, 'reservationSet', reservationXml),
  DescribeInstanceStatus: (groups, input) => {
    const all = isTrue(input['IncludeAllInstances']);
    const shown = chosen(groups, input).filter((one) => all || one.ec2State === 'running');
    return paged(shown, input, 'instanceStatusSet', statusXml);
  },
  DescribeSpotInstanceRequests: (groups, input) => {
    const ids = textList(input['SpotInstanceRequestId']);
    const all = groups.instances().filter(isSpot);
    const unknown = ids.find((id) => !all.some((one) => columnsOf(one)['spot-instance-request-id'] === id));
    if (unknown !== undefined) {
      throw new FleetError(
        'InvalidSpotInstanceRequestID.NotFound',
        `The spot instance request ID '${unknown}' does not exist`,
      );
    }
    const shown = all
      .filter((one) => ids.length === 0 || ids.includes(columnsOf(one)['spot-instance-request-id'] ?? ''))
      .filter((one) => passesAll(one, input));
    return paged(shown, input, 'spotInstanceRequestSet', spotRequestXml);
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
  return all.filter((one) => ids.length === 0 || ids.includes(one.id)).filter((one) => passesAll(one, input));
}

function paged<T>(items: readonly T[], input: Fields, name: string, show: (item: T) => Xml): Xml {
  const { items: some, next } = page(items, number(input['MaxResults'], 1000), text(input['NextToken']));
  return { [name]: some.map(show), nextToken: next };
}

function passesAll(instance: Instance, input: Fields): boolean {
  return list(input['Filter'])
    .map(record)
    .every((filter) => passes(instance, filter));
}

function passes(instance: Instance, filter: Readonly<Record<string, unknown>>): boolean {
  const name = text(filter['Name']);
  const values = textList(filter['Value']);
  if (name.startsWith('tag:')) {
    return instance.tags.some((tag) => `tag:${tag.key}` === name && values.includes(tag.value));
  }
  if (name === 'tag-key') return instance.tags.some((tag) => values.includes(tag.key));
  const column = columnsOf(instance)[name];
  if (column === undefined) throw new FleetError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return values.includes(column);
}

/** By the names that filters have. Those of a spot request stand here too: each request has one instance. */
function columnsOf(instance: Instance): Readonly<Record<string, string>> {
  const { code, state } = spotStatusOf(instance);
  return {
    'instance-id': instance.id,
    'instance-state-name': instance.ec2State,
    'instance-lifecycle': isSpot(instance) ? 'spot' : 'normal',
    'private-ip-address': instance.address,
    'availability-zone': instance.place.zone,
    'subnet-id': instance.place.subnetId,
    'vpc-id': instance.place.vpcId,
    'spot-instance-request-id': spotRequestId(instance),
    'status-code': code,
    state,
    'event.code': instance.notice?.kind === 'retirement' ? 'instance-retirement' : '',
  };
}
