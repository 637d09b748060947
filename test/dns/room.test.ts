import type { Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { TAG } from '../../functions/core/names.ts';
import { type DnsRoom, workOnBatch } from '../../functions/dns/room.ts';
import { Told } from '../../functions/dns/telling.ts';
import { Coalescer } from '../../functions/edge/coalesce.ts';
import { createLogger } from '../../functions/edge/logger.ts';
import { CLUSTER, DnsScene, OWNER, ZONE } from '../simulation/fronts/dns-scene.ts';

interface Sent {
  readonly body: string;
  readonly group: string;
  readonly sentAtMs: number;
}

const look = (cluster: string = CLUSTER): string =>
  JSON.stringify({ etcdAutopilot: 1, request: 'look', cluster, zone: ZONE, from: 'test', nonce: 'n' });

/** The room of dns over a scene, with everything that it told. */
class Stage {
  readonly scene = new DnsScene();
  readonly unreadable: string[] = [];
  readonly figures: (readonly [cluster: string, values: Readonly<Record<string, number>>])[] = [];
  readonly #lines: string[] = [];
  readonly #room: DnsRoom;

  constructor(over: Partial<DnsRoom> = {}) {
    const ports = this.scene.ports();
    this.#room = {
      ports,
      queue: {
        keepUnreadable: async (zone, body, reason) => void this.unreadable.push(`${zone} ${reason}: ${body}`),
      },
      owner: OWNER,
      dryRun: false,
      logger: createLogger('info', ports.clock.nowMs, (line) => this.#lines.push(line)),
      metrics: { emit: (cluster, values) => void this.figures.push([cluster, values]) },
      takeCalls: () => ({}),
      coalescer: new Coalescer(ports.clock),
      told: new Told(),
      seen: new Map(),
      ...over,
    };
  }

  linesOf(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#lines.map((line) => JSON.parse(line)).filter((line) => line['event'] === event);
  }

  /** One batch of the queue; messages are sent now, unless they say when. */
  send(...messages: readonly Partial<Sent>[]) {
    const records = messages.map(({ body = look(), group = ZONE, sentAtMs = this.scene.fleet.nowMs }) => ({
      body,
      attributes: { MessageGroupId: group, SentTimestamp: `${sentAtMs}` },
    }));
    const endMs = this.scene.fleet.nowMs + 60_000;
    const context: Partial<Context> = {
      awsRequestId: 'request',
      getRemainingTimeInMillis: () => endMs - this.scene.fleet.nowMs,
    };
    return workOnBatch(this.#room, records, context as Context);
  }
}

describe('a message is a pass', () => {
  test('with a line for each name and each hook, one for the pass, and figures of each cluster', async () => {
    const stage = new Stage();
    const [first = ''] = stage.scene.serve('web', 2, { tags: { [TAG.dnsTtl]: '5' } });
    expect(await stage.send({})).toEqual({ batchItemFailures: [] });
    stage.scene.fleet.terminate(stage.scene.fleet.instance(first));
    stage.scene.pass(2);
    await stage.send({});
    expect(stage.linesOf('step.applied')).toMatchObject([
      { zone: ZONE, cluster: CLUSTER, kind: 'changeRecords', name: 'web.example.com', because: '3 CREATE' },
      { kind: 'changeRecords', changeCount: 1, because: '1 DELETE' },
      { kind: 'completeHook', cluster: CLUSTER, instanceId: first, because: 'withdrawn' },
    ]);
    expect(stage.linesOf('pass.finished')).toMatchObject([
      { requestId: 'request', zone: ZONE, trigger: 'look', outcome: 'settled', changeCount: 3, heldCount: 0 },
      { outcome: 'settled', changeCount: 1, findingKinds: [] },
    ]);
    expect(stage.figures).toMatchObject([
      [CLUSTER, { RecordsChanged: 3, HooksReleased: 0, HooksHeld: 0, PassFailed: 0 }],
      [CLUSTER, { RecordsChanged: 1, HooksReleased: 1, HooksHeld: 0, PassFailed: 0 }],
    ]);
  });

  test('a finding has its own line once, and its figure in every pass', async () => {
    const stage = new Stage();
    stage.scene.serve('web', 1, { tags: { [TAG.dnsName]: 'web.example.org' } });
    await stage.send({});
    await stage.send({});
    expect(stage.linesOf('finding.told')).toMatchObject([
      { cluster: CLUSTER, zone: ZONE, kind: 'nameOutsideZone', name: 'web.example.org' },
    ]);
    expect(stage.figures.map(([, values]) => values['Finding_nameOutsideZone'])).toEqual([1, 1]);
  });

  test('whoever is held is counted by why', async () => {
    const stage = new Stage();
    const ids = stage.scene.serve('web', 1);
    await stage.send({});
    for (const id of ids) stage.scene.fleet.terminate(stage.scene.fleet.instance(id));
    stage.scene.pass(2);
    await stage.send({});
    expect(stage.linesOf('pass.finished').at(-1)).toMatchObject({ outcome: 'waiting', heldCount: 1 });
    expect(stage.figures.at(-1)).toMatchObject([CLUSTER, { HooksHeld: 1, Held_published: 1 }]);
  });

  test('a refusal of Route 53 has its reason', async () => {
    const stage = new Stage();
    stage.scene.serve('web', 1);
    stage.scene.zone.protected.add('_etcd-autopilot.web.example.com|TXT|');
    await stage.send({});
    expect(stage.linesOf('step.refused')).toMatchObject([
      {
        kind: 'changeRecords',
        name: 'web.example.com',
        because: '_etcd-autopilot.web.example.com|TXT| is protected',
      },
    ]);
  });

  test('a dry run changes nothing', async () => {
    const stage = new Stage({ dryRun: true });
    stage.scene.serve('web', 1);
    await stage.send({});
    expect(stage.linesOf('pass.finished')).toMatchObject([{ outcome: 'dryRun' }]);
    expect(stage.scene.zone.batches).toEqual([]);
  });
});

describe('many messages are few passes', () => {
  test('a storm of a thousand is one, and what it found is true', async () => {
    const stage = new Stage();
    stage.scene.serve('web', 3);
    for (let batch = 0; batch < 100; batch += 1) {
      const sentAtMs = stage.scene.fleet.nowMs - 30_000;
      await stage.send(...Array.from({ length: 10 }, () => ({ sentAtMs })));
    }
    expect(stage.linesOf('pass.finished')).toHaveLength(1);
    expect(stage.figures.filter(([, values]) => values['Coalesced'] === 1)).toHaveLength(999);
    expect(stage.scene.web).toHaveLength(3);
  });

  test('none that was sent after the last look began is swallowed, and there is a rest before it', async () => {
    const stage = new Stage();
    await stage.send({});
    const startedAtMs = stage.scene.fleet.nowMs;
    await stage.send({ sentAtMs: startedAtMs - 500 });
    expect(stage.linesOf('pass.finished')).toHaveLength(2);
    expect(stage.scene.fleet.nowMs - startedAtMs).toBeGreaterThanOrEqual(1_000);
  });

  test('one that names a cluster which was not looked at has its own pass', async () => {
    const stage = new Stage();
    await stage.send({}, { body: look('other'), sentAtMs: 0 });
    expect(stage.linesOf('pass.finished')).toHaveLength(2);
  });
});

describe('nothing blocks the zone', () => {
  test('what nobody can read is kept once with its reason, and is no pass', async () => {
    const stage = new Stage();
    expect(await stage.send({ body: 'nonsense' }, { group: 'no-zone' })).toEqual({ batchItemFailures: [] });
    expect(stage.unreadable).toEqual([
      `${ZONE} the message is not a JSON object: nonsense`,
      `no-zone the message group is no id of a hosted zone: ${look()}`,
    ]);
    expect(stage.linesOf('message.unreadable')).toHaveLength(2);
    expect(stage.linesOf('pass.finished')).toEqual([]);
    expect(stage.figures).toEqual([
      ['unknown', { MessageUnreadable: 1 }],
      ['unknown', { MessageUnreadable: 1 }],
    ]);
  });

  test('a zone whose groups cannot be listed is told, and the next message tries again', async () => {
    const stage = new Stage();
    const denied = new OperationError('AWS_DENIED', 'never', 'ask an administrator');
    stage.scene.gate = async () => {
      throw denied;
    };
    await stage.send({}, { sentAtMs: 0 });
    expect(stage.linesOf('pass.finished')).toMatchObject([
      { outcome: 'failed', errorCode: 'AWS_DENIED' },
      { outcome: 'failed' },
    ]);
    expect(stage.figures.at(-1)).toEqual([CLUSTER, { PassFailed: 1 }]);
  });

  test('a bug is told, and the message is done with', async () => {
    const stage = new Stage();
    stage.scene.gate = async () => {
      throw new Error('a bug');
    };
    expect(await stage.send({})).toEqual({ batchItemFailures: [] });
    expect(stage.linesOf('room.failed')).toMatchObject([{ zone: ZONE, errorCode: 'UNEXPECTED' }]);
  });

  test('without time for a pass none is begun', async () => {
    const stage = new Stage();
    await stage.send({});
    stage.scene.gate = async (call, given) => {
      stage.scene.pass(9);
      return call.send(...given);
    };
    const many = Array.from({ length: 4 }, () => ({ sentAtMs: stage.scene.fleet.nowMs + 600_000 }));
    await stage.send(...many);
    const outcomes = stage.linesOf('pass.finished').map(({ outcome }) => outcome);
    expect(outcomes).toContain('outOfTime');
    expect(stage.figures.some(([, values]) => values['OutOfTime'] === 1)).toBe(true);
  });
});
