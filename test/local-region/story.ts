import { z } from 'zod';
import { decodeStatus } from '../../functions/core/status.ts';
import { decodeTicket } from '../../functions/core/ticket.ts';
import type { Clients } from './clients.ts';

/** Ids that do not fit into a number are cut by JSON.parse, all by the same measure: names tell them apart. */
const MEMBER_LIST = z.object({
  members: z.array(
    z.object({ name: z.string(), isLearner: z.boolean().optional(), clientURLs: z.array(z.string()) }),
  ),
});
const ENDPOINT_STATUS = z.array(
  z.object({
    Endpoint: z.string(),
    Status: z.object({
      header: z.object({ cluster_id: z.number(), member_id: z.number() }),
      leader: z.number(),
    }),
  }),
);

/** Who votes, as every source tells it: instance ids in order. */
export interface Story {
  readonly desired: number;
  readonly inService: readonly string[];
  readonly tickets: readonly string[];
  readonly peers: readonly string[];
  readonly statusVoters: readonly string[];
  readonly etcdctlVoters: readonly string[];
  /** Client URLs, from the parameter and from etcd. */
  readonly published: readonly string[];
  readonly answering: readonly string[];
  readonly learners: readonly string[];
  readonly waits: readonly string[];
  readonly health: string;
  readonly leaders: readonly string[];
  readonly clusterIds: number;
}

/** Asks group, Parameter Store and etcd of one cluster, each with its own stock client. */
export async function tellStory(clients: Clients, cluster: string): Promise<Story> {
  const group = await clients.group(`etcd-autopilot-${cluster}`);
  const texts = await clients.parametersOf(cluster);
  const text = (name: string): string => texts.get(name)?.value ?? '';
  const endpoints = text('endpoints');
  const status = decodeStatus(text('status'));
  const list = await clients.etcdctl(endpoints, 'member', 'list', '-w', 'json');
  const told = await clients.etcdctl(endpoints, 'endpoint', 'status', '-w', 'json');
  const { members } = MEMBER_LIST.parse(JSON.parse(list.out));
  const statuses = ENDPOINT_STATUS.parse(JSON.parse(told.out));
  const leaderUrls = statuses
    .filter(({ Status }) => Status.leader === Status.header.member_id)
    .map(({ Endpoint }) => Endpoint);
  const etcdLeaders = members.filter(({ clientURLs }) => clientURLs.some((url) => leaderUrls.includes(url)));
  const inService = (group?.Instances ?? []).filter((one) => one.LifecycleState === 'InService');
  return {
    desired: group?.DesiredCapacity ?? 0,
    inService: inService.map(({ InstanceId = '' }) => InstanceId).sort(),
    tickets: startedTickets(texts),
    peers: text('peers')
      .split(',')
      .map((peer) => peer.split('=')[0] ?? '')
      .sort(),
    statusVoters: (status?.voters ?? [])
      .filter(({ answers }) => answers)
      .map(({ name }) => name)
      .sort(),
    etcdctlVoters: members
      .filter(({ isLearner }) => isLearner !== true)
      .map(({ name }) => name)
      .sort(),
    published: endpoints.split(',').sort(),
    answering: members.flatMap(({ clientURLs }) => clientURLs).sort(),
    learners: [
      ...members.filter(({ isLearner }) => isLearner === true).map(({ name }) => name),
      ...(status?.learners ?? []).map(({ name }) => name),
    ],
    waits: (status?.waits ?? []).map(({ kind }) => kind),
    health: status?.health ?? 'unknown',
    leaders: [...new Set([status?.leader ?? 'nobody', ...etcdLeaders.map(({ name }) => name)])],
    clusterIds: new Set(statuses.map(({ Status }) => Status.header.cluster_id)).size,
  };
}

/** The instances with a ticket, each with the state where that is not `started`. */
const startedTickets = (texts: Awaited<ReturnType<Clients['parametersOf']>>): readonly string[] =>
  [...texts]
    .filter(([name]) => name.startsWith('members/'))
    .map(([name, { value }]) => {
      const state = decodeTicket(value)?.state ?? 'unreadable';
      return name.slice('members/'.length) + (state === 'started' ? '' : ` ${state}`);
    })
    .sort();

/** The one story that all sources must tell when `instanceIds` and nobody else vote. */
export const storyOf = (instanceIds: readonly string[], told: Story): Story => ({
  desired: instanceIds.length,
  inService: instanceIds,
  tickets: instanceIds,
  peers: instanceIds,
  statusVoters: instanceIds,
  etcdctlVoters: instanceIds,
  published: told.answering,
  answering: told.answering,
  learners: [],
  waits: [],
  health: 'healthy',
  leaders: told.leaders.slice(0, 1),
  clusterIds: 1,
});
