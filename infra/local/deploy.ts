import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { record, text } from './fleet/wire.ts';
import { cloudFormation, type Place, putStack, stackExists } from './stacks.ts';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface AutopilotRequest {
  /** Where `npm run package` wrote the templates. Default `.serverless`. */
  readonly packageDir?: string;
  /** Where it wrote the archives; osls leaves them where they are. Default `.build` beside `packageDir`. */
  readonly archiveDir?: string;
  /** Default `etcd-autopilot`. */
  readonly stackName?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

export interface ClusterRequest {
  readonly stackName: string;
  readonly templateText: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly log?: (line: string) => void;
}

/** The network every account starts with. */
export interface Network {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

export async function defaultNetwork(place: Place): Promise<Network> {
  const client = new EC2Client({ ...place, credentials: CREDENTIALS });
  const subnets = (await client.send(new DescribeSubnetsCommand({}))).Subnets ?? [];
  return { vpcId: subnets[0]?.VpcId ?? '', subnetIds: subnets.map((subnet) => subnet.SubnetId ?? '') };
}

/**
 * Deploys the packaged autopilot the way osls does: a stack with the bucket, where there is none yet, the archives
 * into it, the whole stack. Resolves with the outputs.
 */
export async function deployAutopilot(
  place: Place,
  request: AutopilotRequest = {},
): Promise<Readonly<Record<string, string>>> {
  const dir = request.packageDir ?? '.serverless';
  const archiveDir = request.archiveDir ?? join(dir, '..', '.build');
  const name = request.stackName ?? 'etcd-autopilot';
  const first = readFileSync(join(dir, 'cloudformation-template-create-stack.json'), 'utf8');
  const whole = readFileSync(join(dir, 'cloudformation-template-update-stack.json'), 'utf8');
  const log = request.log ?? (() => undefined);
  if (!(await stackExists(place, name))) await putStack(place, { name, templateText: first, log });
  const codes = archivesOf(whole);
  for (const code of codes) {
    const bucket = code.bucket ?? (await physicalId(place, name, code.bucketResource));
    const file = join(archiveDir, basename(code.key));
    await upload(place, bucket, code.key, readFileSync(file));
    log(`uploaded ${basename(code.key)}`);
  }
  return putStack(place, { name, templateText: whole, parameters: request.parameters ?? {}, log });
}

/** Deploys one cluster's stack; resolves with its outputs when CloudFormation calls it complete. */
export function deployCluster(
  place: Place,
  request: ClusterRequest,
): Promise<Readonly<Record<string, string>>> {
  const { stackName, ...rest } = request;
  return putStack(place, { name: stackName, ...rest });
}

/** Puts a file into a bucket, which is made if need be. */
export async function upload(place: Place, bucket: string, key: string, body: Uint8Array): Promise<void> {
  const client = new S3Client({ ...place, credentials: CREDENTIALS, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket })).catch((error: unknown) => {
    const known = error instanceof Error && /BucketAlready/.test(error.name);
    if (!known) throw error;
  });
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  client.destroy();
}

interface Archive {
  /** Null when the template refers to a bucket of its own. */
  readonly bucket: string | null;
  readonly bucketResource: string;
  readonly key: string;
}

function archivesOf(templateText: string): readonly Archive[] {
  const template: unknown = JSON.parse(templateText);
  return Object.values(record(record(template)['Resources']))
    .map(record)
    .filter((resource) => resource['Type'] === 'AWS::Lambda::Function')
    .map((resource) => record(record(resource['Properties'])['Code']))
    .map((code) => ({
      bucket: text(code['S3Bucket']) || null,
      bucketResource: text(record(code['S3Bucket'])['Ref']),
      key: text(code['S3Key']),
    }));
}

async function physicalId(place: Place, stackName: string, logicalId: string): Promise<string> {
  const answer = await cloudFormation(place).send(
    new DescribeStackResourcesCommand({ StackName: stackName, LogicalResourceId: logicalId }),
  );
  return answer.StackResources?.[0]?.PhysicalResourceId ?? '';
}
