import { setTimeout as sleep } from 'node:timers/promises';
import { CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { TAG } from '../../functions/core/names.ts';
import type { Clients } from './clients.ts';
import { inService } from './joined.ts';
import { STACK, type Theatre } from './stage.ts';

export const SECRET = 'a-secret-of-the-local-region';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** What a client got, and between when it asked and heard of it. */
export interface Answer {
  readonly status: number;
  readonly kind: string | null;
  readonly value: string;
  readonly askedAtMs: number;
  readonly heardAtMs: number;
}

/** Machines that hold a lock, as their clients know it: from a little after it was granted to a little before it went. */
export class Book {
  readonly #now = new Map<string, Set<string>>();
  readonly most = new Map<string, number>();
  readonly refusals = new Map<string, number>();
  /** Every reason that was given, with its kind. */
  readonly reasons = new Map<string, string>();
  grants = 0;

  enter(group: string, id: string): void {
    const held = this.#now.get(group) ?? new Set();
    held.add(id);
    this.#now.set(group, held);
    this.grants += 1;
    this.most.set(group, Math.max(this.most.get(group) ?? 0, held.size));
  }

  leave(group: string, id: string): void {
    this.#now.get(group)?.delete(id);
  }

  refuse({ kind, status, value }: Answer): void {
    const name = kind ?? `status ${status}`;
    this.refusals.set(name, (this.refusals.get(name) ?? 0) + 1);
    this.reasons.set(`${name}: ${value}`, name);
  }
}

/** The gate as machines reach it. */
export class GateClient {
  readonly #url: string;
  readonly #cluster: string;
  readonly #base: string;

  constructor(url: string, cluster: string, secret = SECRET) {
    this.#url = url;
    this.#cluster = cluster;
    this.#base = `${url.replace(/\/$/, '')}/${cluster}/${secret}`;
  }

  withSecret(secret: string): GateClient {
    return new GateClient(this.#url, this.#cluster, secret);
  }

  lock = (group: string, id: string): Promise<Answer> => this.post('v1/pre-reboot', group, id);
  unlock = (group: string, id: string): Promise<Answer> => this.post('v1/steady-state', group, id);

  async post(endpoint: string, group: string, id: string): Promise<Answer> {
    const askedAtMs = performance.now();
    const answer = await fetch(`${this.#base}/${endpoint}`, {
      method: 'POST',
      headers: { 'fleet-lock-protocol': 'true' },
      body: JSON.stringify({ client_params: { group, id } }),
      signal: AbortSignal.timeout(60_000),
    });
    const body = parseJson(await answer.text());
    const { kind, value } = isRecord(body) ? body : {};
    return {
      status: answer.status,
      kind: typeof kind === 'string' ? kind : null,
      value: typeof value === 'string' ? value : '',
      askedAtMs,
      heardAtMs: performance.now(),
    };
  }
}

/** Writes the secret, and tells where the gate is. */
export async function openGate({ region }: Theatre, clients: Clients, cluster: string): Promise<GateClient> {
  const Name = `/etcd-autopilot-secrets/${cluster}/reboot-secret`;
  await clients.parameters.send(new PutParameterCommand({ Name, Value: SECRET, Type: 'SecureString' }));
  const client = new CloudFormationClient({
    endpoint: region.endpoint,
    region: region.region,
    credentials: CREDENTIALS,
  });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: STACK }));
    const output = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'RebootGateUrl');
    return new GateClient(output?.OutputValue ?? '', cluster);
  } finally {
    client.destroy();
  }
}

/** Machines that do nothing but be there: who reboots is asked of the gate alone. */
export async function addWorkers(
  { region, network }: Theatre,
  clients: Clients,
  {
    cluster,
    group,
    count,
    max,
  }: Readonly<Record<'cluster' | 'group' | 'max', string>> & { readonly count: number },
): Promise<readonly string[]> {
  const ec2 = new EC2Client({ endpoint: region.endpoint, region: region.region, credentials: CREDENTIALS });
  const made = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: group,
      LaunchTemplateData: { ImageId: 'ami-00000000000000000', InstanceType: 't3.micro' },
    }),
  );
  ec2.destroy();
  const tags = { [TAG.cluster]: cluster, [TAG.role]: 'worker', [TAG.maxRebooting]: max };
  await clients.scaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: group,
      MinSize: count,
      MaxSize: count,
      DesiredCapacity: count,
      VPCZoneIdentifier: network.subnetIds.join(),
      LaunchTemplate: { LaunchTemplateId: made.LaunchTemplate?.LaunchTemplateId, Version: '$Latest' },
      Tags: Object.entries(tags).map(([Key, Value]) => ({
        Key,
        Value,
        PropagateAtLaunch: false,
        ResourceId: group,
        ResourceType: 'auto-scaling-group',
      })),
    }),
  );
  return inService(region, group, count, 60);
}

/** A machine, and how many of its clients ask or have their yes now: the lock is the machine's, and the last gives it back. */
export interface Machine {
  readonly group: string;
  readonly id: string;
  readonly reboot: () => Promise<void>;
  users: number;
  /** Nobody on it asks until the lock is back: the answer would be about the old one. */
  isGivingBack: boolean;
}

/** A client that wants its machine rebooted once, and asks until it may. */
export async function rebootOnce(
  gate: GateClient,
  book: Book,
  machine: Machine,
  seconds: number,
): Promise<void> {
  const { group, id } = machine;
  const limitMs = performance.now() + seconds * 1_000;
  while (performance.now() < limitMs) {
    if (machine.isGivingBack) {
      await sleep(50);
      continue;
    }
    machine.users += 1;
    const answer = await gate.lock(group, id);
    if (answer.status !== 200) {
      machine.users -= 1;
      book.refuse(answer);
      await sleep(200 + Math.random() * 600);
      continue;
    }
    book.enter(group, id);
    await machine.reboot();
    machine.users -= 1;
    if (machine.users > 0) return;
    machine.isGivingBack = true;
    book.leave(group, id);
    while ((await gate.unlock(group, id)).status !== 200) {
      if (performance.now() > limitMs) throw new Error(`${id} cannot give its lock back`);
      await sleep(300);
    }
    machine.isGivingBack = false;
    return;
  }
  throw new Error(`${id} of ${group} did not get its lock within ${seconds} s`);
}
