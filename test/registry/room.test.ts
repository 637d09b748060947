import { expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { parseMessage, toMessage } from '../../functions/registry/message.ts';
import { CLUSTER } from '../simulation/fronts/registry-world.ts';
import { look, RoomStage } from './room-stage.ts';

test('a message is a pass, with a line for each effect and one for the pass, and its figures', async () => {
  const stage = new RoomStage();
  const [first = ''] = stage.scene.serve('web', 2);
  expect(await stage.send({})).toEqual({ batchItemFailures: [] });
  stage.scene.fleet.terminate(stage.scene.fleet.instance(first));
  stage.scene.pass(2);
  await stage.send({});
  expect(stage.linesOf('step.applied')).toMatchObject([
    { cluster: CLUSTER, kind: 'commitKeys', changeCount: 7, because: '7 written, 0 deleted' },
    { kind: 'commitKeys', because: '1 written, 2 deleted' },
    { kind: 'commitKeys', because: '2 written, 0 deleted' },
    { kind: 'completeHook', instanceId: first },
    { kind: 'commitKeys', because: '0 written, 1 deleted' },
  ]);
  expect(stage.linesOf('pass.finished')).toMatchObject([
    { requestId: 'request', cluster: CLUSTER, trigger: 'look', outcome: 'settled', heldCount: 0 },
    { outcome: 'settled', heldCount: 0 },
  ]);
  expect(stage.figures).toMatchObject([
    [CLUSTER, { KeysCommitted: 1, HooksReleased: 0, PassFailed: 0 }],
    [CLUSTER, { KeysCommitted: 3, HooksReleased: 1, HooksHeld: 0, PassFailed: 0 }],
  ]);
});

test('a storm of a thousand messages is a handful of passes, and the last one saw everything', async () => {
  const stage = new RoomStage();
  for (let sent = 0; sent < 100; sent += 1) {
    const messages = Array.from({ length: 10 }, () => ({ sentAtMs: stage.scene.fleet.nowMs - 5_000 }));
    await stage.send(...messages);
  }
  const coalesced = stage.figures.filter(([, values]) => values['Coalesced'] === 1).length;
  expect(stage.linesOf('pass.finished')).toHaveLength(1);
  expect(coalesced).toBe(999);
  stage.scene.serve('web', 1);
  await stage.send({});
  expect(stage.scene.services('web')).toHaveLength(1);
});

test('a message that was sent after the last look began is never swallowed', async () => {
  const stage = new RoomStage();
  await stage.send({});
  const messages = [{ sentAtMs: stage.scene.fleet.nowMs - 500 }, { sentAtMs: stage.scene.fleet.nowMs }];
  await stage.send(...messages);
  expect(stage.linesOf('pass.finished')).toHaveLength(3);
});

test('what nobody can read is kept once with its reason, and is no pass', async () => {
  const stage = new RoomStage();
  await stage.send({ body: 'nonsense' }, { group: 'No Cluster' });
  expect(stage.unreadable).toEqual([
    'the message is not a JSON object: nonsense',
    `the message group is not a cluster name: ${look()}`,
  ]);
  expect(stage.linesOf('pass.finished')).toEqual([]);
  expect(stage.linesOf('message.unreadable')).toHaveLength(2);
});

test('a pass that failed answers no message, and a bug is told without blocking the cluster', async () => {
  const stage = new RoomStage();
  stage.scene.gate = () => Promise.reject(new OperationError('AWS_DENIED', 'never', 'ask an administrator'));
  await stage.send({});
  expect(stage.linesOf('pass.finished')).toMatchObject([{ outcome: 'failed', errorCode: 'AWS_DENIED' }]);
  await stage.send({ sentAtMs: 0 });
  expect(stage.linesOf('pass.finished')).toHaveLength(2);
  stage.scene.gate = () => Promise.reject(new Error('a bug'));
  expect(await stage.send({ sentAtMs: 0 })).toEqual({ batchItemFailures: [] });
  expect(stage.linesOf('room.failed')).toMatchObject([{ cluster: CLUSTER, errorCode: 'UNEXPECTED' }]);
  expect(stage.figures.at(-1)).toEqual([CLUSTER, { RoomFailed: 1 }]);
});

test('a finding has its own line once, while it lasts', async () => {
  const stage = new RoomStage();
  stage.scene.serve('web', 1);
  stage.scene.keys.put('/services/web/mine', 'x');
  await stage.send({});
  await stage.send({});
  stage.scene.keys.delete('/services/web/mine');
  await stage.send({});
  stage.scene.keys.put('/services/web/mine', 'x');
  await stage.send({});
  expect(stage.linesOf('finding.told')).toMatchObject([
    { kind: 'keysForeign', name: '/services/web/', because: 'the autopilot did not make mine' },
    { kind: 'keysForeign' },
  ]);
  expect(stage.figures[0]).toMatchObject([CLUSTER, { Finding_keysForeign: 1, Findings: 1 }]);
});

test('no pass is begun with too little time left', async () => {
  const stage = new RoomStage();
  stage.scene.gate = (call, given) => {
    if (call.name === 'joined.listByCluster') stage.scene.pass(19);
    return call.send(...given);
  };
  const late = { sentAtMs: stage.scene.fleet.nowMs + 50_000 };
  await stage.send({}, {}, late);
  expect(stage.linesOf('pass.finished').map(({ outcome }) => outcome)).toEqual([
    'settled',
    'settled',
    'outOfTime',
  ]);
  expect(stage.figures.at(-1)).toEqual([CLUSTER, { OutOfTime: 1 }]);
});

test('a record without attributes names no cluster', () => {
  expect(toMessage(null)).toEqual({ cluster: '', body: '', sentAtMs: null });
  expect(toMessage({ body: 1, attributes: { MessageGroupId: 2, SentTimestamp: 'now' } })).toEqual({
    cluster: '',
    body: '',
    sentAtMs: null,
  });
  expect(parseMessage({ cluster: CLUSTER, body: look(), sentAtMs: null })).toMatchObject({ ok: true });
});

test('a cluster whose calls are not answered takes no time from the others of its batch', async () => {
  const open = Promise.withResolvers<void>();
  const stage = new RoomStage();
  const { joined } = stage.scene.ports();
  const listByCluster: typeof joined.listByCluster = async (cluster) => {
    if (cluster === 'silent') await open.promise;
    else open.resolve();
    return joined.listByCluster(cluster);
  };
  const slow = new RoomStage({ joined: { ...joined, listByCluster } }, stage.scene);
  await slow.send({ group: 'silent' }, {});
  expect(slow.linesOf('pass.finished').map(({ cluster }) => cluster)).toContain(CLUSTER);
});
