import { Agent } from 'node:http';
import { isRecord } from '../../functions/core/json.ts';
import { type Json, listOf, postJson } from './etcd-http.ts';
import type { Sample, SampledInstance, SampledMember } from './recording.ts';
import type { Stage } from './stage.ts';

/** Sees what is true, from outside: the platform, every etcd by itself, and what the autopilot publishes. */
export interface Looker {
  look(): Promise<Omit<Sample, 'atMs'>>;
  close(): void;
}

export interface LookerOptions {
  readonly endpoint: string;
  readonly group: string;
  readonly stage: Pick<Stage, 'see'>;
}

/** What a healthy etcd on this machine takes is 2 ms; a frozen one must not hold up the next look. */
const STATUS_DEADLINE_MS = 400;
const FLEET_DEADLINE_MS = 2_000;

/** The part of what fleet says of an instance that the recording keeps. */
export type View = Readonly<Record<'id' | 'group' | 'address' | 'zone' | 'state' | 'ec2State', string>>;

/** What an etcd says of itself; `null`: it does not answer. */
type Told = { readonly id: string; readonly leaderId: string; readonly hasErrors: boolean } | null;

export function openLooker({ endpoint, group, stage }: LookerOptions): Looker {
  const etcd = openEtcdLooker();
  return {
    look: async () => {
      const [views, sight] = await Promise.all([instancesOf(endpoint, group), stage.see().catch(() => null)]);
      return {
        desired: sight === null || sight.instances.length + sight.desired === 0 ? null : sight.desired,
        ...(await etcd.look(views)),
        waits: (sight?.status?.waits ?? []).map(({ kind, subject }) => ({ kind, subject })),
      };
    },
    close: etcd.close,
  };
}

/** Sees what the etcd of each of these instances says by itself, and the members. */
export interface EtcdLooker {
  look(views: readonly View[]): Promise<Pick<Sample, 'instances' | 'members'>>;
  close(): void;
}

export function openEtcdLooker(): EtcdLooker {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const ask = (address: string, path: string): Promise<Json> =>
    postJson(agent, `http://${address}:2379/v3/${path}`, {}, STATUS_DEADLINE_MS);
  return {
    look: async (views) => {
      const told = await Promise.all(views.map((view) => statusOf(view, ask)));
      const instances = views.map((view, index) => sampledInstance(view, told[index] ?? null));
      return { instances, members: await membersOf(instances, ask) };
    },
    close: () => agent.destroy(),
  };
}

async function instancesOf(endpoint: string, group: string): Promise<readonly View[]> {
  const answer = await fetch(`${endpoint}/_fleet/instances`, {
    signal: AbortSignal.timeout(FLEET_DEADLINE_MS),
  });
  const body: unknown = await answer.json();
  const views = isRecord(body) ? listOf(body['instances']) : [];
  return views.map(viewOf).filter((view) => view.group === group);
}

function viewOf(view: Json): View {
  const text = (name: string): string => (typeof view[name] === 'string' ? view[name] : '');
  return {
    id: text('id'),
    group: text('group'),
    address: text('address'),
    zone: text('zone'),
    state: text('state'),
    ec2State: text('ec2State'),
  };
}

type Ask = (address: string, path: string) => Promise<Json>;

async function statusOf(view: View, ask: Ask): Promise<Told> {
  if (view.ec2State !== 'running') return null;
  try {
    const answer = await ask(view.address, 'maintenance/status');
    const header = isRecord(answer['header']) ? answer['header'] : {};
    const leaderId = String(answer['leader'] ?? '0');
    return { id: String(header['member_id']), leaderId, hasErrors: listOf(answer['errors']).length > 0 };
  } catch {
    return null;
  }
}

function sampledInstance(view: View, told: Told): SampledInstance {
  const answers = told !== null && told.leaderId !== '0' && !told.hasErrors;
  const { id, address, zone, ec2State, state: lifecycle } = view;
  return { id, address, zone, lifecycle, ec2State, answers, leads: answers && told.leaderId === told.id };
}

/** The leader's word first: a follower may lag behind. A learner refuses, and the next is asked. */
async function membersOf(
  instances: readonly SampledInstance[],
  ask: Ask,
): Promise<readonly SampledMember[] | null> {
  const answering = instances.filter(({ answers }) => answers);
  const inOrder = [...answering].sort((a, b) => Number(b.leads) - Number(a.leads));
  for (const { address } of inOrder) {
    const answer = await ask(address, 'cluster/member/list').catch(() => null);
    if (answer !== null) return listOf(answer['members']).map((member) => sampledMember(member, instances));
  }
  return null;
}

function sampledMember(member: Json, instances: readonly SampledInstance[]): SampledMember {
  const name = String(member['name'] ?? '');
  const url = Array.isArray(member['peerURLs']) ? String(member['peerURLs'][0]) : '';
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  const running = instances.find(({ address, ec2State }) => address === host && ec2State !== 'terminated');
  const instanceId = name === '' ? (running?.id ?? '') : name;
  return { id: String(member['ID']), instanceId, isLearner: member['isLearner'] === true };
}
