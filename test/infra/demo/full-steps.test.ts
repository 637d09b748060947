import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fullSteps } from '../../../infra/demo/full-steps.ts';
import type { Sighting } from '../../../infra/demo/stage.ts';
import type { Scene } from '../../../infra/demo/steps.ts';
import { TOLD } from '../../support/samples.ts';

/** What the steps ask of the platform. */
const asked: { readonly at: number; readonly what: string }[] = [];
const said: string[] = [];
const note = (what: string): void => void asked.push({ at: performance.now(), what });
const refreshes = ['Pending', 'InProgress', 'InProgress', 'Successful'];

let server: Server;
let scene: Pick<Scene, 'stage' | 'tell'> & { readonly region: { readonly endpoint: string } };

const sight: Sighting = {
  desired: 3,
  instances: ['i-a', 'i-b', 'i-c'].map((id) => ({ id, lifecycle: 'InService' })),
  endpoints: [],
  status: {
    ...{ generation: 1, clusterId: '1', health: 'healthy', leader: 'i-b' },
    ...{ voters: [], learners: [], waits: [], at: '', ...TOLD },
  },
};

beforeAll(async () => {
  server = createServer((request, response) => {
    note(`${request.method} ${request.url}`);
    response.writeHead(request.url?.includes('i-b') === true ? 200 : 400).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.46.0.2', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  scene = {
    region: { endpoint: `http://127.46.0.2:${port}` },
    tell: (line) => void said.push(line),
    stage: {
      see: async () => sight,
      setDesired: async () => undefined,
      terminate: async (id) => note(`terminate ${id}`),
      startRefresh: async () => 'refresh-1',
      refreshStatus: async (id) => (id === 'refresh-1' ? (refreshes.shift() ?? 'Successful') : 'unknown'),
      close: () => undefined,
    },
  };
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

// Of the region the steps of --full use nothing but its endpoint.
const stepNamed = (words: RegExp) => fullSteps(scene as Scene).find(({ name }) => words.test(name));

test('the leader is terminated and another a second later, and both must be gone', async () => {
  asked.length = 0;
  const step = stepNamed(/two terminated/);
  expect(await step?.act(sight)).toEqual(['i-b', 'i-a']);
  expect(asked.map(({ what }) => what)).toEqual(['terminate i-b', 'terminate i-a']);
  expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeGreaterThanOrEqual(990);
  expect(step?.limits).toEqual({ gapMsMax: 1_000, keepsQuorum: true, votersMin: 3 });
});

test('a refresh replaces every instance, and is over when the platform says that it succeeded', async () => {
  const step = stepNamed(/refresh/);
  expect(await step?.act(sight)).toEqual(['i-a', 'i-b', 'i-c']);
  const answers = [];
  for (let count = 0; count < 4; count += 1) answers.push(await step?.isOver?.());
  expect(answers).toEqual([false, false, false, true]);
  expect(said.filter((line) => line.startsWith('the refresh'))).toEqual([
    'the refresh is Pending',
    'the refresh is InProgress',
    'the refresh is Successful',
  ]);
  expect(step?.limits).toEqual({ gapMsMax: 1_000, keepsQuorum: true, votersMin: 3 });
});

test('the etcd of the leader is frozen, and its instance must be gone at the end', async () => {
  asked.length = 0;
  const step = stepNamed(/hangs/);
  expect(await step?.act(sight)).toEqual(['i-b']);
  expect(asked.map(({ what }) => what)).toEqual(['POST /_fleet/instances/i-b/pause-etcd']);
});

test('a fault that the region refuses ends the step with the reason', async () => {
  const other = {
    ...sight,
    status: sight.status === null ? null : { ...sight.status, leader: 'i-c' },
  };
  await expect(stepNamed(/hangs/)?.act(other)).rejects.toThrow(/etcd of i-c could not be frozen/);
});

test('every step tells somebody who was not there what it is about', () => {
  const steps = fullSteps(scene as Scene);
  expect(steps).toHaveLength(3);
  for (const { about, desired } of steps) {
    expect(about.length).toBeGreaterThan(80);
    expect(desired).toBe(3);
  }
});
