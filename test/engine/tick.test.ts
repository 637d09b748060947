import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { parseJson } from '../../functions/core/json.ts';
import type { TickPorts, TickRequest } from '../../functions/core/tick.ts';
import { runTick } from '../../functions/engine/tick.ts';

const throttled = new OperationError('AWS_THROTTLED', 'nextLook', 'slow down');

interface Sent {
  readonly request: TickRequest;
  readonly cluster: string;
  readonly body: string;
}

/** Queues that take what is sent, but for those clusters of which `refuse` says otherwise. */
function queues(clusters: readonly string[], refuse: (cluster: string) => Error | null = () => null) {
  const sent: Sent[] = [];
  const to = (request: TickRequest) => async (cluster: string, body: string) => {
    const refusal = refuse(cluster);
    if (refusal !== null) throw refusal;
    sent.push({ request, cluster, body });
  };
  const ports: TickPorts = {
    clusters: { listClusters: async () => clusters },
    send: { check: to('check'), backup: to('backup') },
  };
  return { ports, sent };
}

describe('a tick', () => {
  test('asks for one check and one backup of every cluster, also of two hundred', async () => {
    const clusters = Array.from({ length: 200 }, (_, n) => `c${n}`);
    const { ports, sent } = queues(clusters);
    expect(await runTick(ports, 'n1')).toEqual({ clusterCount: 200, refused: [], leftCount: 0 });
    for (const request of ['check', 'backup'])
      expect(sent.filter((one) => one.request === request).map(({ cluster }) => cluster)).toEqual(clusters);
  });

  test('says in its messages what is asked, of whom, and which minute it is', async () => {
    const { ports, sent } = queues(['core']);
    await runTick(ports, 'n1');
    expect(sent.map(({ body }) => parseJson(body))).toEqual([
      { etcdAutopilot: 1, request: 'check', cluster: 'core', from: 'schedule', nonce: 'n1' },
      { etcdAutopilot: 1, request: 'backup', cluster: 'core', from: 'schedule', nonce: 'n1' },
    ]);
  });

  test('asks for all others when one cannot be asked for, and tells which', async () => {
    const { ports, sent } = queues(['a', 'b', 'c'], (cluster) => (cluster === 'b' ? throttled : null));
    const { refused } = await runTick(ports, 'n1');
    expect(sent.map(({ cluster }) => cluster)).toEqual(['a', 'a', 'c', 'c']);
    expect(refused).toEqual([
      { cluster: 'b', request: 'check', error: throttled },
      { cluster: 'b', request: 'backup', error: throttled },
    ]);
  });

  test('leaves what it has no time for to the next, and tells how much', async () => {
    const { ports, sent } = queues(Array.from({ length: 20 }, (_, n) => `c${n}`));
    let asked = 0;
    const report = await runTick(ports, 'n1', () => {
      asked += 1;
      return asked <= 2;
    });
    expect(report.leftCount).toBe(40 - sent.length);
    expect(sent.length).toBeGreaterThan(0);
    expect(report.leftCount).toBeGreaterThan(0);
  });

  test('asks for nobody when it cannot tell which clusters there are: a part is not all', async () => {
    const { ports, sent } = queues(['a']);
    const blind = { ...ports, clusters: { listClusters: () => Promise.reject(throttled) } };
    await expect(runTick(blind, 'n1')).rejects.toBe(throttled);
    expect(sent).toEqual([]);
  });

  test('hides no bug of ours behind a refusal', async () => {
    const { ports } = queues(['a'], () => new TypeError('ours'));
    await expect(runTick(ports, 'n1')).rejects.toThrow('ours');
  });
});
