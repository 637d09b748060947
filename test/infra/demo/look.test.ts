import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { openLooker } from '../../../infra/demo/look.ts';
import type { Sighting } from '../../../infra/demo/stage.ts';
import { TOLD } from '../../support/samples.ts';

const GROUP = 'etcd-autopilot-demo';
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(host: string, port: number, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const address = server.address();
  return `http://${host}:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

/** An etcd: its own id, whom it takes for the leader, and the members it tells. */
const etcd =
  (id: string, leader: string, members: readonly object[]): RequestListener =>
  (request, response) => {
    const isList = request.url?.endsWith('member/list') === true;
    response.end(JSON.stringify(isList ? { members } : { header: { member_id: id }, leader }));
  };

const frozen: RequestListener = () => undefined;

const view = (id: string, host: string, own: object = {}) => ({
  ...{ id, group: GROUP, address: host, zone: 'us-east-1a', state: 'InService', ec2State: 'running' },
  ...own,
});

async function look(views: readonly object[], sight: () => Promise<Sighting>) {
  const endpoint = await serve('127.46.0.1', 0, (_, response) =>
    response.end(JSON.stringify({ instances: views })),
  );
  const looker = openLooker({ endpoint, group: GROUP, stage: { see: sight } });
  try {
    return await looker.look();
  } finally {
    looker.close();
  }
}

const sighting: Sighting = {
  desired: 3,
  instances: [{ id: 'i-a', lifecycle: 'InService' }],
  endpoints: [],
  status: {
    ...{ generation: 1, clusterId: '1', health: 'healthy', leader: 'i-a', voters: [], learners: [], at: '' },
    waits: [{ kind: 'joinQueued', subject: 'i-c' }],
    ...TOLD,
  },
};

test('every etcd is asked by itself: one that leads, one that follows, one that hangs, one without a leader', async () => {
  const members = [
    { ID: '1', name: 'i-a', peerURLs: ['http://127.46.0.11:2380'] },
    { ID: '2', name: 'i-b', peerURLs: ['http://127.46.0.12:2380'] },
    { ID: '3', name: '', peerURLs: ['http://127.46.0.13:2380'], isLearner: true },
    { ID: '9', name: 'stranger', peerURLs: ['http://127.46.0.99:2380'] },
  ];
  await serve('127.46.0.11', 2379, etcd('1', '1', members));
  await serve('127.46.0.12', 2379, etcd('2', '1', []));
  await serve('127.46.0.13', 2379, frozen);
  await serve('127.46.0.14', 2379, etcd('4', '0', []));
  const views = [
    view('i-a', '127.46.0.11'),
    view('i-b', '127.46.0.12'),
    view('i-c', '127.46.0.13', { state: 'Pending:Wait' }),
    view('i-d', '127.46.0.14'),
    view('i-other', '127.46.0.15', { group: 'another' }),
  ];
  const seen = await look(views, async () => sighting);
  expect(seen.instances.map(({ id, answers, leads }) => [id, answers, leads])).toEqual([
    ['i-a', true, true],
    ['i-b', true, false],
    ['i-c', false, false],
    ['i-d', false, false],
  ]);
  expect(seen.members).toEqual([
    { id: '1', instanceId: 'i-a', isLearner: false },
    { id: '2', instanceId: 'i-b', isLearner: false },
    { id: '3', instanceId: 'i-c', isLearner: true },
    { id: '9', instanceId: 'stranger', isLearner: false },
  ]);
  expect(seen).toMatchObject({ desired: 3, waits: [{ kind: 'joinQueued', subject: 'i-c' }] });
});

test('where no etcd answers and nothing is published, nobody is said to be a member', async () => {
  const seen = await look([view('i-a', '127.46.0.21', { ec2State: 'pending' })], async () =>
    Promise.reject(new Error('no group')),
  );
  expect(seen).toMatchObject({ desired: null, members: null, waits: [] });
  expect(seen.instances).toMatchObject([{ id: 'i-a', answers: false }]);
});
