import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { otherAddressesOf } from './addresses.ts';
import type { Instance } from './model.ts';
import { timeText } from './wire.ts';

export const METADATA_PORT = 1338;

/** The metadata service of one instance. Only the token flow (IMDSv2) is answered. */
export function openMetadata(instance: Instance, region: string, address: string): Promise<Server> {
  const tokens = new Set<string>();
  const server = createServer((request, response) => {
    const answer = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(body);
    };
    const path = (request.url ?? '').replace(/\/$/, '');
    if (path === '/latest/api/token') {
      const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (request.method !== 'PUT' || !(seconds >= 1 && seconds <= 21_600)) return answer(400, 'Bad Request');
      const token = randomUUID();
      tokens.add(token);
      return answer(200, token);
    }
    if (!tokens.has(String(request.headers['x-aws-ec2-metadata-token']))) return answer(401, 'Unauthorized');
    const value = metadataValue(instance, region, path.replace(/^\/latest\//, ''));
    return value === null ? answer(404, 'Not Found') : answer(200, value);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(METADATA_PORT, address, () => resolve(server));
  });
}

function metadataValue(instance: Instance, region: string, path: string): string | null {
  const { publicIp, ipv6 } = otherAddressesOf(instance);
  const values: Readonly<Record<string, string>> = {
    'meta-data/instance-id': instance.id,
    'meta-data/local-ipv4': instance.address,
    'meta-data/ipv6': ipv6,
    ...(publicIp === null ? {} : { 'meta-data/public-ipv4': publicIp }),
    'meta-data/local-hostname': instance.id,
    'meta-data/instance-type': instance.template.instanceType,
    'meta-data/ami-id': instance.template.imageId,
    'meta-data/placement/availability-zone': instance.place.zone,
    'meta-data/placement/region': region,
    'meta-data/autoscaling/target-lifecycle-state': instance.state.startsWith('Terminat')
      ? 'Terminated'
      : 'InService',
    'meta-data/tags/instance': instance.tags.map((tag) => tag.key).join('\n'),
    'meta-data/iam/security-credentials': roleOf(instance),
    'user-data': instance.template.userDataText,
    'dynamic/instance-identity/document': JSON.stringify({
      instanceId: instance.id,
      region,
      availabilityZone: instance.place.zone,
      privateIp: instance.address,
      instanceType: instance.template.instanceType,
    }),
  };
  if (path.startsWith('meta-data/spot/')) return spotValue(instance, path);
  if (path === `meta-data/iam/security-credentials/${roleOf(instance)}`) return credentials();
  const key = path.startsWith('meta-data/tags/instance/')
    ? decodeURIComponent(path.slice('meta-data/tags/instance/'.length))
    : null;
  if (key !== null) return instance.tags.find((tag) => tag.key === key)?.value ?? null;
  return values[path] ?? null;
}

/** There only when an interruption is announced, as on the platform. */
function spotValue(instance: Instance, path: string): string | null {
  if (instance.notice?.kind !== 'interruption') return null;
  const time = `${timeText(instance.notice.atMs).slice(0, 19)}Z`;
  if (path === 'meta-data/spot/termination-time') return time;
  return path === 'meta-data/spot/instance-action' ? JSON.stringify({ action: 'terminate', time }) : null;
}

function roleOf(instance: Instance): string {
  return instance.template.profile ?? 'local-role';
}

function credentials(): string {
  return JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: 'ASIALOCAL',
    SecretAccessKey: 'local',
    Token: 'local',
    Expiration: new Date(Date.now() + 6 * 3600_000).toISOString(),
  });
}
