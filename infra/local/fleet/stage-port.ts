import {
  DescribeLaunchTemplateVersionsCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { GetPolicyCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import type { ParameterPort } from './clusters.ts';
import { type BusEvent, EventLine } from './faults/event-line.ts';
import type { Faults } from './faults/register.ts';
import { FleetError, type LaunchTemplate, type Place, type TemplateRef } from './model.ts';
import type { StagePort } from './ports.ts';
import { list, record, text, textList } from './wire.ts';

const SERVICE_ROLE = ':role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';

export interface StageSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly faults: Faults;
  readonly log: (line: string) => void;
}

export interface StageConnection extends StagePort, ParameterPort {
  /** The way of all events to the bus. */
  readonly events: EventLine;
  readonly close: () => void;
}

/** Fleet's view of the stage, past the front server: templates, subnets, parameters, and the event bus. */
export function connectStage(settings: StageSettings): StageConnection {
  const options = {
    endpoint: settings.endpoint,
    region: settings.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const ec2 = new EC2Client(options);
  const ssm = new SSMClient(options);
  const lambda = new LambdaClient(options);
  const bus = new EventBridgeClient(options);
  const send = (event: BusEvent): Promise<unknown> =>
    bus
      .send(new PutEventsCommand({ Entries: [entryOf(event)] }))
      .catch((error: unknown) => settings.log(`event lost: ${event.detailType}: ${String(error)}`));
  const events = new EventLine(settings.faults, send);
  return {
    template: (ref) => readTemplate(ec2, ref),
    places: (subnetIds) => readPlaces(ec2, subnetIds),
    invoke: (functionArn, payload, timeoutMs) => invoke(lambda, functionArn, payload, timeoutMs),
    parameter: (name) => readParameter(ssm, name),
    events,
    publish: (detailType, groupArn, detail) => {
      const group = text(detail['AutoScalingGroupName']);
      events.put({ source: 'aws.autoscaling', detailType, resources: [groupArn], detail, group });
    },
    close: () => {
      events.close();
      for (const client of [ec2, ssm, lambda, bus]) client.destroy();
    },
  };
}

function entryOf({ source, detailType, resources, detail }: BusEvent): PutEventsRequestEntry {
  return {
    Source: source,
    DetailType: detailType,
    Resources: [...resources],
    Detail: JSON.stringify(detail),
  };
}

async function readParameter(ssm: SSMClient, name: string): Promise<string | null> {
  try {
    return (await ssm.send(new GetParameterCommand({ Name: name }))).Parameter?.Value ?? null;
  } catch (error) {
    if (error instanceof ParameterNotFound) return null;
    throw error;
  }
}

async function invoke(
  lambda: LambdaClient,
  functionArn: string,
  payload: object,
  timeoutMs: number,
): Promise<unknown> {
  const abortSignal = AbortSignal.timeout(timeoutMs);
  await requirePermission(lambda, functionArn, abortSignal);
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(payload) }),
    { abortSignal },
  );
  const text = answer.Payload?.transformToString() ?? '';
  if (answer.FunctionError !== undefined) throw new Error(`${functionArn} failed: ${text}`);
  return text === '' ? null : JSON.parse(text);
}

/** Auto Scaling calls with its service-linked role, and only where the function's own policy lets that role. */
async function requirePermission(
  lambda: LambdaClient,
  functionArn: string,
  abortSignal: AbortSignal,
): Promise<void> {
  const policy = await lambda
    .send(new GetPolicyCommand({ FunctionName: functionArn }), { abortSignal })
    .then(({ Policy }): unknown => JSON.parse(Policy ?? '{}'))
    .catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return {};
      throw error;
    });
  const allows = list(record(policy)['Statement'])
    .map(record)
    .some(({ Effect, Action, Principal }) => {
      // MiniStack takes whatever has amazonaws.com in it for a service.
      const principals = [...textList(Principal), ...Object.values(record(Principal)).flatMap(textList)];
      const actions = textList(Action);
      return (
        Effect === 'Allow' &&
        actions.some((action) => action === 'lambda:InvokeFunction' || action === 'lambda:*') &&
        principals.some((one) => one === '*' || one.includes(SERVICE_ROLE))
      );
    });
  if (!allows) {
    throw new Error(
      `${functionArn} may not be invoked by the service-linked role of Auto Scaling: AccessDenied`,
    );
  }
}

async function readTemplate(ec2: EC2Client, ref: TemplateRef): Promise<LaunchTemplate> {
  const which = ref.id === '' ? { LaunchTemplateName: ref.name } : { LaunchTemplateId: ref.id };
  const answer = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ ...which, Versions: [ref.version] }),
  );
  const found = answer.LaunchTemplateVersions?.[0];
  if (found === undefined) {
    throw new FleetError(
      'ValidationError',
      `You must use a valid fully-formed launch template. Version ${ref.version} of ${ref.id || ref.name} does not exist.`,
    );
  }
  const details = found.LaunchTemplateData ?? {};
  return {
    id: found.LaunchTemplateId ?? ref.id,
    name: found.LaunchTemplateName ?? ref.name,
    version: String(found.VersionNumber ?? ref.version),
    userDataText: Buffer.from(details.UserData ?? '', 'base64').toString('utf8'),
    imageId: details.ImageId ?? 'ami-local',
    instanceType: details.InstanceType ?? 't3.micro',
    profile: details.IamInstanceProfile?.Name ?? details.IamInstanceProfile?.Arn?.split('/').at(-1) ?? null,
    ...(details.InstanceMarketOptions?.MarketType === 'spot' ? { market: 'spot' } : {}),
    ...(details.PrivateDnsNameOptions?.EnableResourceNameDnsARecord === true ? { hasName: true } : {}),
  };
}

async function readPlaces(ec2: EC2Client, subnetIds: readonly string[]): Promise<readonly Place[]> {
  const answer = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...subnetIds] }));
  return (answer.Subnets ?? []).map((subnet) => ({
    zone: subnet.AvailabilityZone ?? '',
    subnetId: subnet.SubnetId ?? '',
    vpcId: subnet.VpcId ?? '',
    ...(subnet.MapPublicIpOnLaunch === true ? { givesPublicIp: true } : {}),
  }));
}
