import {
  DescribeLaunchTemplateVersionsCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { FleetError, type LaunchTemplate, type Place, type TemplateRef } from './model.ts';
import type { StagePort } from './ports.ts';

export interface StageSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly log: (line: string) => void;
}

/** Fleet's view of the stage: templates, subnets, and the event bus. */
export function connectStage(settings: StageSettings): StagePort & { readonly close: () => void } {
  const options = {
    endpoint: settings.endpoint,
    region: settings.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const ec2 = new EC2Client(options);
  const events = new EventBridgeClient(options);
  let queue: Promise<unknown> = Promise.resolve();
  const send = (detailType: string, groupArn: string, detail: object): Promise<unknown> =>
    events
      .send(
        new PutEventsCommand({
          Entries: [
            {
              Source: 'aws.autoscaling',
              DetailType: detailType,
              Resources: [groupArn],
              Detail: JSON.stringify(detail),
            },
          ],
        }),
      )
      .catch((error: unknown) => settings.log(`event lost: ${detailType}: ${String(error)}`));
  return {
    template: (ref) => readTemplate(ec2, ref),
    places: (subnetIds) => readPlaces(ec2, subnetIds),
    publish: (detailType, groupArn, detail) => {
      queue = queue.then(() => send(detailType, groupArn, detail));
    },
    close: () => {
      ec2.destroy();
      events.destroy();
    },
  };
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
  };
}

async function readPlaces(ec2: EC2Client, subnetIds: readonly string[]): Promise<readonly Place[]> {
  const answer = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...subnetIds] }));
  return (answer.Subnets ?? []).map((subnet) => ({
    zone: subnet.AvailabilityZone ?? '',
    subnetId: subnet.SubnetId ?? '',
    vpcId: subnet.VpcId ?? '',
  }));
}
