import { Agent, createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { insist, memberId } from '../../../infra/bench/insist.ts';
import { listen } from '../../../infra/local/listening.ts';

const agent = new Agent();
let server: Server | null = null;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** Answers one call after the other; the last answer stays. */
async function etcdThatSays(...answers: readonly (readonly [status: number, body: unknown])[]) {
  const asked: string[] = [];
  server = createServer((request, response) => {
    const [status, body] = answers[Math.min(asked.length, answers.length - 1)] ?? [500, {}];
    asked.push(String(request.url));
    response.writeHead(status).end(JSON.stringify(body));
  });
  const url = `http://127.0.0.1:${await listen(server, 0, false)}`;
  return { url, asked };
}

test('what etcd refuses at first is asked for again until it is done', async () => {
  const { url, asked } = await etcdThatSays(
    [503, { error: 'etcdserver: unhealthy cluster' }],
    [503, { error: 'etcdserver: no leader' }],
    [200, { member: { ID: '7' } }],
  );
  expect(await insist(agent, url, 'cluster/member/add', {})).toEqual({ member: { ID: '7' } });
  expect(asked).toHaveLength(3);
});

test('who is not there any more is removed', async () => {
  const { url, asked } = await etcdThatSays([404, { error: 'etcdserver: member not found' }]);
  await insist(agent, url, 'cluster/member/remove', { ID: '7' });
  expect(asked).toEqual(['/v3/cluster/member/remove']);
});

test('the id of a member is its text, and nobody else is taken in its place', async () => {
  const { url } = await etcdThatSays([200, { members: [{ ID: '17', name: 'a' }, { ID: '18' }] }]);
  expect(await memberId(agent, url, (member) => member['name'] === undefined)).toBe('18');
  await expect(memberId(agent, url, (member) => member['name'] === 'b')).rejects.toThrow('does not list');
});
